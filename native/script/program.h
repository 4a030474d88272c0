// One compiled ScriptSet: bytecode that every realm of the same QuickJS build can load. Worker thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "script/script_host.h"

namespace vayu {

struct CompiledScript {
  const ScriptSource* source = nullptr;
  std::vector<std::uint8_t> bytecode;  // evaluates to the function that is the script
  std::optional<ScriptError> syntaxError;
  bool patchesBuiltins = false;  // assigns to a prototype: needs a realm of its own
};

struct Program {
  ScriptHost::ProgramId id = 0;
  std::shared_ptr<const ScriptSet> set;
  std::vector<CompiledScript> preRequest;
  std::vector<CompiledScript> test;
  std::uint32_t executions = 0;  // under way; a released program stays until it is 0
  bool released = false;

  std::vector<CompiledScript>& scripts(ScriptPhase phase) {
    return phase == ScriptPhase::kPreRequest ? preRequest : test;
  }
};

}  // namespace vayu
