// One compiled ScriptSet: bytecode that every realm of the same QuickJS build can load. Worker thread only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "script/script_host.h"

namespace vayu {

class Realm;

struct CompiledScript {
  const ScriptSource* source = nullptr;
  std::vector<std::uint8_t> bytecode;  // evaluates to the function that is the script
  std::optional<ScriptError> syntaxError;
};

struct Program {
  ScriptHost::ProgramId id = 0;
  std::shared_ptr<const ScriptSet> set;
  std::vector<CompiledScript> preRequest;
  std::vector<CompiledScript> test;
  std::uint32_t executions = 0;  // under way; a released program stays until it is 0
  bool released = false;
  bool patchesBuiltins = false;  // one of its scripts assigns to a prototype: its realms are not hardened
  // What its scripts were seen to load: libraries by their name, and with a `*` before it what the pm library itself loaded for them.
  std::vector<std::string> bundles;
  // Whether a script asked for a library. A library's own state (`moment.locale`, `_.uniqueId`) must not outlive a script, and loading
  // one takes milliseconds: such a program has realms of its own that hold the bundles and are rewound after each execution.
  bool usesLibraries = false;
  std::vector<std::unique_ptr<Realm>> realms;

  bool needsOwnRealm() const { return patchesBuiltins || usesLibraries; }
  void noteBundle(std::string name) {
    if (std::find(bundles.begin(), bundles.end(), name) == bundles.end()) bundles.push_back(std::move(name));
  }
  std::vector<CompiledScript>& scripts(ScriptPhase phase) {
    return phase == ScriptPhase::kPreRequest ? preRequest : test;
  }
};

}  // namespace vayu
