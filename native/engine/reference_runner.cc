#include "engine/reference_runner.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "engine/response_view.h"
#include "script/variables.h"

namespace vayu {

class PreparedReference {
 public:
  PreparedReference(const ReferencedRequest& request, Transport& transport, ScriptHost& scripts,
                    ScriptRequestCarrier& carrier)
      : submission_(request.submission), collection(request.collection) {
    setting.submission = submission_.get();
    setting.transport = &transport;
    setting.scripts = &scripts;
    setting.carrier = &carrier;
    if (submission_->hasScripts()) setting.program = scripts.prepare(submission_->scripts);
    if (submission_->isStatic()) {
      setting.prepared = submission_->prepare();
    } else {
      setting.request = std::make_shared<const RequestTemplate>(submission_->request, submission_->templates);
    }
  }
  ~PreparedReference() { setting.scripts->release(setting.program); }
  PreparedReference(const PreparedReference&) = delete;
  PreparedReference& operator=(const PreparedReference&) = delete;

 private:
  std::shared_ptr<const Submission> submission_;

 public:
  ExecutionSetting setting;
  const std::string collection;
};

struct ReferenceRunner::Run {
  Run(Execution& from, ReferenceCall made, const ReferencedRequest& what)
      : caller(&from), call(std::move(made)), request(what) {}

  Execution* caller;  // null: nobody waits any more
  ReferenceCall call;
  const ReferencedRequest& request;  // of the root's submission
  std::shared_ptr<PreparedReference> prepared;
  VariableScopes before;                 // as they were when it began
  std::unique_ptr<Execution> execution;  // null: not begun
  std::string scriptError;
};

namespace {

void overlay(VariableScope& scope, const std::vector<Variable>& over) {
  for (const Variable& variable : over) setVariable(scope, variable.name, variable.value.kind, variable.value.text);
}

// What a request sees whose script's caller sees `from`.
VariableScopes scopesFor(const VariableScopes& from, const Submission& submission, bool sameCollection,
                         const std::vector<Variable>& overrides) {
  VariableScopes scopes = from;
  if (!sameCollection) overlay(scopes.collection, submission.variables.collection.variables);
  scopes.local = submission.variables.local;
  overlay(scopes.local, from.local.variables);
  overlay(scopes.local, overrides);
  for (VariableScope* scope :
       {&scopes.local, &scopes.data, &scopes.environment, &scopes.collection, &scopes.globals, &scopes.vault})
    scope->changed = false;
  return scopes;
}

// Does to `target` what was done to `before` to make it `after`.
void repeatChanges(const VariableScope& before, const VariableScope& after, VariableScope& target) {
  if (!after.changed) return;
  for (const Variable& variable : after.variables) {
    const Variable* const old = findVariable(before, variable.name);
    if (old != nullptr && old->value.kind == variable.value.kind && old->value.text == variable.value.text) continue;
    setVariable(target, variable.name, variable.value.kind, variable.value.text);
  }
  for (const Variable& variable : before.variables) {
    if (findVariable(after, variable.name) == nullptr) unsetVariable(target, variable.name);
  }
}

void repeatChanges(const VariableScopes& before, const VariableScopes& after, VariableScopes& target) {
  repeatChanges(before.local, after.local, target.local);
  repeatChanges(before.environment, after.environment, target.environment);
  repeatChanges(before.collection, after.collection, target.collection);
  repeatChanges(before.globals, after.globals, target.globals);
  repeatChanges(before.vault, after.vault, target.vault);
}

}  // namespace

ReferenceRunner::ReferenceRunner(Transport& transport, ScriptHost& scripts, ScriptRequestCarrier& carrier)
    : transport_(transport), scripts_(scripts), carrier_(carrier) {}

ReferenceRunner::~ReferenceRunner() = default;

std::string ReferenceRunner::run(Execution& caller, ReferenceCall call) {
  const ReferencedRequests& requests = *caller.rootSetting().submission->references;
  const auto found = requests.find(call.id);
  if (found == requests.end()) return "runRequest: there is no saved request \"" + call.id + "\"";
  const ReferencedRequest& request = found->second;
  if (request.submission == nullptr) return "runRequest: " + request.error;
  runs_.push_back(std::make_unique<Run>(caller, std::move(call), request));
  ++waiting_;
  return {};
}

void ReferenceRunner::beginWaiting() {
  if (waiting_ > 0) {
    // Those that are asked for meanwhile are begun in the next pass of the loop.
    std::vector<Run*> waiting;
    for (const auto& run : runs_) {
      if (run->execution == nullptr) waiting.push_back(run.get());
    }
    for (Run* const run : waiting) {
      // It may have been abandoned since, and is among ended_ then.
      if (run->caller != nullptr) begin(*run);
    }
  }
  ended_.clear();
}

void ReferenceRunner::begin(Run& run) {
  --waiting_;
  std::shared_ptr<PreparedReference>& known = run.caller->rootSetting().references->byId[run.call.id];
  if (known == nullptr) known = std::make_shared<PreparedReference>(run.request, transport_, scripts_, carrier_);
  run.prepared = known;
  // Whose caller is a saved request itself has the variables of that one's collection, maybe changed.
  const bool sameCollection = std::any_of(runs_.begin(), runs_.end(), [&run](const auto& other) {
    return other->execution.get() == run.caller && other->prepared->collection == run.prepared->collection;
  });
  ExecutionOwner& self = *this;
  run.execution = std::make_unique<Execution>(self, run.prepared->setting);
  run.before =
      scopesFor(run.caller->variables(), *run.prepared->setting.submission, sameCollection, run.call.overrides);
  run.execution->serve(*run.caller, run.before);
  run.execution->begin(nowNs());
}

ReferenceRunner::Run& ReferenceRunner::runOf(const Execution& execution) {
  return **std::find_if(runs_.begin(), runs_.end(),
                        [&execution](const auto& run) { return run->execution.get() == &execution; });
}

void ReferenceRunner::onSending(Execution& execution) {
  execution.exchange().captureHeaders = true;
  execution.exchange().bodyCaptureLimit = runOf(execution).prepared->setting.submission->options->maxResponseBytes;
}

void ReferenceRunner::onScripts(Execution& execution, ScriptPhase phase, ScriptOutcome& outcome) {
  Run& run = runOf(execution);
  if (run.caller == nullptr) return;
  scripts_.addOutcome(run.call.token, outcome);
  if (phase == ScriptPhase::kTest && outcome.error.has_value())
    run.scriptError = "its test script failed: " + outcome.error->message;
}

void ReferenceRunner::onExecutionDone(Execution& execution) {
  Run& run = runOf(execution);
  Execution* const caller = std::exchange(run.caller, nullptr);
  // Out of the list first: the script may end within its answer, and run the next one.
  end(run);
  if (caller == nullptr) return;
  repeatChanges(run.before, execution.variables(), caller->variables());
  const Exchange& exchange = execution.exchange();
  if (exchange.error != ErrorCode::kNone) {
    scripts_.rejectRequest(run.call.token, exchange.errorMessage);
  } else if (!run.scriptError.empty()) {
    scripts_.rejectRequest(run.call.token, run.scriptError);
  } else if (execution.skipped()) {
    scripts_.resolveSkipped(run.call.token);
  } else {
    scripts_.resolveRequest(run.call.token, viewOf(exchange));
  }
}

void ReferenceRunner::end(Run& run) {
  const auto found =
      std::find_if(runs_.begin(), runs_.end(), [&run](const auto& other) { return other.get() == &run; });
  ended_.push_back(std::move(*found));
  runs_.erase(found);
}

void ReferenceRunner::abandon(Run& run) {
  run.caller = nullptr;
  if (run.execution != nullptr) {
    run.execution->abort();
  } else {
    --waiting_;
    end(run);
  }
}

void ReferenceRunner::abandon(Execution& caller) {
  // One at a time: each takes what it has run itself out of the list.
  for (;;) {
    const auto found =
        std::find_if(runs_.begin(), runs_.end(), [&caller](const auto& run) { return run->caller == &caller; });
    if (found == runs_.end()) return;
    abandon(**found);
  }
}

void ReferenceRunner::abortAll() {
  while (!runs_.empty()) {
    const std::size_t before = runs_.size();
    abandon(*runs_.back());
    if (runs_.size() >= before) break;
  }
}

}  // namespace vayu
