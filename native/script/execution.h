// The state of one ScriptHost::run(): what its scripts read and write, what they wait for, what came of them.
// Worker thread only. Lives from run() to the call of onDone. Holds JavaScript values of its realm, which the realm releases.
#pragma once

#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "script/program.h"
#include "script/quickjs_compat.h"
#include "script/script_host.h"

namespace vayu {

inline constexpr const char* kUnfinishedTest = "the test did not finish: its promise or done() was never settled";
inline constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
inline constexpr std::size_t kMaxConsoleBytes = 1u << 20;
inline constexpr std::size_t kMaxTests = 10'000;

struct ScriptTimer {
  std::uint32_t id = 0;
  std::int64_t dueNs = 0;
  std::int64_t repeatNs = -1;  // < 0: fires once
  JSValue callback = JS_UNDEFINED;
};

struct PendingRequest {
  std::uint64_t token = 0;
  JSValue callback = JS_UNDEFINED;
};

struct ScriptExecution {
  ScriptHost::ExecutionId id = 0;
  Program* program = nullptr;
  ScriptPhase phase = ScriptPhase::kTest;
  ScriptContext context;
  ScriptOutcome outcome;
  std::size_t scriptIndex = 0;
  std::int64_t deadlineNs = kNever;
  std::int64_t cpuNs = 0;

  std::vector<ScriptTimer> timers;
  std::vector<PendingRequest> requests;
  std::uint32_t nextTimerId = 1;
  std::uint32_t pendingTests = 0;
  JSValue main = JS_UNDEFINED;  // the promise of a script that awaits
  bool skipped = false;         // pm.execution.skipRequest() ended the script
  bool ownRealm = false;        // runs in a realm that only its program uses
  bool needsEnd = false;        // the library has something to write back when the script is done
  std::size_t consoleBytes = 0;

  // Beyond the limit nothing is kept but a last line that says so.
  void log(ConsoleEntry entry) {
    if (consoleBytes > kMaxConsoleBytes) return;
    consoleBytes += entry.message.size() + 32;
    if (consoleBytes > kMaxConsoleBytes) {
      entry.level = "warn";
      entry.message = "console output of this script is cut after 1 MiB";
    }
    outcome.console.push_back(std::move(entry));
  }

  // Makes a used execution like new while its vectors keep their storage.
  void reset() {
    outcome.error.reset();
    outcome.tests.clear();
    outcome.console.clear();
    outcome.skipRequest = false;
    outcome.nextRequestSet = false;
    outcome.nextRequest.reset();
    outcome.visualizer.reset();
    outcome.secrets.clear();
    outcome.durationNs = 0;
    scriptIndex = 0;
    deadlineNs = kNever;
    cpuNs = 0;
    nextTimerId = 1;
    pendingTests = 0;
    skipped = false;
    needsEnd = false;
    consoleBytes = 0;
  }
};

}  // namespace vayu
