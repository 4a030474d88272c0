#include "engine/submitted_request.h"

#include <iterator>
#include <utility>

#include "base/clock.h"
#include "engine/reference_runner.h"
#include "engine/worker.h"

namespace vayu {

SubmittedRequest::SubmittedRequest(Worker& worker, std::uint64_t id, std::shared_ptr<const Submission> submission)
    : worker_(worker), id_(id), submission_(std::move(submission)), result_(std::make_unique<ExchangeResult>()) {
  result_->id = id;
}

SubmittedRequest::~SubmittedRequest() {
  if (setting_.scripts != nullptr) setting_.scripts->release(setting_.program);
}

void SubmittedRequest::begin(Transport& transport, ScriptHost* scripts, ScriptRequestCarrier* carrier) {
  setting_.submission = submission_.get();
  setting_.transport = &transport;
  setting_.carrier = carrier;
  setting_.scripts = scripts;
  if (scripts != nullptr) setting_.program = scripts->prepare(submission_->scripts);
  if (submission_->references != nullptr) setting_.references = std::make_shared<PreparedReferences>();
  if (submission_->isStatic()) {
    setting_.prepared = submission_->prepare();
  } else {
    setting_.request = std::make_shared<const RequestTemplate>(submission_->request, submission_->templates);
  }
  result_->startedAtMs = wallClockMs();
  ExecutionOwner& self = *this;
  execution_ = std::make_unique<Execution>(self, setting_);
  execution_->begin(nowNs());
}

void SubmittedRequest::abort() {
  if (execution_ != nullptr) execution_->abort();
}

void SubmittedRequest::abandon() {
  result_->error = ErrorCode::kAborted;
  result_->errorMessage = "aborted before the request was sent";
  result_->startedAtMs = wallClockMs();
}

void SubmittedRequest::onSending(Execution& execution) {
  execution.exchange().captureHeaders = true;
  execution.exchange().bodyCaptureLimit = submission_->options->maxResponseBytes;
}

void SubmittedRequest::onScripts(Execution&, ScriptPhase phase, ScriptOutcome& outcome) {
  std::move(outcome.tests.begin(), outcome.tests.end(), std::back_inserter(result_->tests));
  std::move(outcome.console.begin(), outcome.console.end(), std::back_inserter(result_->console));
  if (outcome.error.has_value() && !result_->scriptError.has_value()) {
    result_->scriptError = std::move(outcome.error);
    result_->scriptErrorPhase = phase;
    outcome.error = result_->scriptError;
  }
  if (outcome.visualizer.has_value()) result_->visualizer = std::move(outcome.visualizer);
  if (outcome.nextRequestSet) {
    result_->nextRequestSet = true;
    result_->nextRequest = outcome.nextRequest;
  }
}

void SubmittedRequest::onExecutionDone(Execution& execution) {
  Exchange& exchange = execution.exchange();
  if (execution.sent()) result_->request = exchange.request;
  result_->clocks = exchange.clocks;
  result_->phases = exchange.phases;
  result_->response = std::move(exchange.response);
  result_->error = exchange.error;
  result_->errorMessage = std::move(exchange.errorMessage);
  result_->variables = std::move(execution.variables());
  result_->unresolved = execution.unresolved();
  result_->secrets = execution.secrets();
  result_->skipped = execution.skipped();
  worker_.finish(*this);
}

}  // namespace vayu
