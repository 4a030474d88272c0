// A request submitted on its own (design mode): one execution and the collection of its result. Worker thread only; owned by the worker.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/exchange_result.h"
#include "engine/execution.h"

namespace vayu {

class Worker;

class SubmittedRequest final : private ExecutionOwner {
 public:
  SubmittedRequest(Worker& worker, std::uint64_t id, std::shared_ptr<const Submission> submission);
  ~SubmittedRequest();

  std::uint64_t id() const { return id_; }
  bool needsScripts() const { return submission_->needsScriptHost(); }
  void begin(Transport& transport, ScriptHost* scripts, ScriptRequestCarrier* carrier);
  void abort();
  // Ends a request that was never begun.
  void abandon();
  std::unique_ptr<ExchangeResult> takeResult() { return std::move(result_); }

 private:
  void onSending(Execution& execution) override;
  void onScripts(Execution& execution, ScriptPhase phase, ScriptOutcome& outcome) override;
  void onResponse(Execution&) override {}
  void onExecutionDone(Execution& execution) override;

  Worker& worker_;
  const std::uint64_t id_;
  std::shared_ptr<const Submission> submission_;
  ExecutionSetting setting_;
  std::unique_ptr<ExchangeResult> result_;
  std::unique_ptr<Execution> execution_;
};

}  // namespace vayu
