// What a submitted request came to, as handed to the client. Built on the worker, then owned by whoever receives it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/exchange.h"
#include "script/script_host.h"

namespace vayu {

struct ExchangeResult {
  std::uint64_t id = 0;
  std::shared_ptr<const PreparedRequest> request;  // null when a pre-request script kept it from being sent
  Clocks clocks;
  Phases phases;
  Response response;
  ErrorCode error = ErrorCode::kNone;
  std::string errorMessage;
  std::int64_t startedAtMs = 0;  // wall clock
  std::vector<TestOutcome> tests;
  std::vector<ConsoleEntry> console;
  std::optional<ScriptError> scriptError;
  ScriptPhase scriptErrorPhase = ScriptPhase::kPreRequest;
  VariableScopes variables;  // meaningful where `changed`
  std::vector<std::string> unresolved;
  std::vector<std::string> secrets;  // what scripts put into the vault
  bool skipped = false;
  bool nextRequestSet = false;
  std::optional<std::string> nextRequest;
  std::optional<std::string> visualizer;  // see ScriptOutcome
};

}  // namespace vayu
