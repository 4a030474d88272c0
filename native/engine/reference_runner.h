// pm.execution.runRequest: executes saved requests for the scripts that wait for them, over the worker's own transport. Worker thread
// only; owned by the worker.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/execution.h"

namespace vayu {

class PreparedReference;

// Of one submission, by id: what has been run once is ready to be run again.
struct PreparedReferences {
  std::unordered_map<std::string, std::shared_ptr<PreparedReference>> byId;
};

class ReferenceRunner final : private ExecutionOwner {
 public:
  ReferenceRunner(Transport& transport, ScriptHost& scripts, ScriptRequestCarrier& carrier);
  ~ReferenceRunner();
  ReferenceRunner(const ReferenceRunner&) = delete;
  ReferenceRunner& operator=(const ReferenceRunner&) = delete;

  // Says why not. Otherwise it begins with the next beginWaiting(), and the script gets its answer.
  std::string run(Execution& caller, ReferenceCall call);
  // Ends what the caller's script has run; nobody waits for it any more.
  void abandon(Execution& caller);
  // Begins what scripts asked for. From the worker's loop only: a request must not begin, nor end, within the script that runs it.
  void beginWaiting();
  bool hasWaiting() const { return waiting_ > 0; }
  void abortAll();

 private:
  struct Run;
  void onSending(Execution& execution) override;
  void onScripts(Execution& execution, ScriptPhase phase, ScriptOutcome& outcome) override;
  void onResponse(Execution&) override {}
  void onExecutionDone(Execution& execution) override;

  void begin(Run& run);
  void end(Run& run);
  void abandon(Run& run);
  Run& runOf(const Execution& execution);

  Transport& transport_;
  ScriptHost& scripts_;
  ScriptRequestCarrier& carrier_;
  std::vector<std::unique_ptr<Run>> runs_;   // in the order of their calls
  std::vector<std::unique_ptr<Run>> ended_;  // destroyed once the loop is out of their calls
  std::size_t waiting_ = 0;                  // of runs_, not begun yet
};

}  // namespace vayu
