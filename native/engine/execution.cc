#include "engine/execution.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/clock.h"
#include "engine/response_view.h"
#include "script/variables.h"

namespace vayu {

namespace {

// By one script and all that it leads to, which also bounds how deep references go.
constexpr std::size_t kMaxReferenceCalls = 10;

// One may be part of another.
void longestFirst(std::vector<std::string>& secrets) {
  std::sort(secrets.begin(), secrets.end(),
            [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
}

}  // namespace

Execution::Execution(ExecutionOwner& owner, const ExecutionSetting& setting)
    : owner_(owner), setting_(setting), info_(setting.submission->info) {
  exchange_.sink = this;
  variables_ = setting.submission->variables;
  if (setting.scripts == nullptr) return;
  context_.request = &draft_;
  context_.variables = &variables_;
  context_.info = &info_;
  if (variables_.hasVault) exchange_.secrets = &secrets_;
  if (setting.submission->hasScripts()) {
    cookies_ = std::make_shared<CookieJar>();
    context_.cookies = cookies_.get();
    exchange_.cookieJar = cookies_.get();
  }
  if (setting.carrier != nullptr) {
    context_.sendRequest = [this](ScriptRequest request) {
      setting_.carrier->carry(std::move(request), setting_.submission->options, cookies_);
    };
    if (setting.submission->references != nullptr) allowReferences();
  }
}

void Execution::serve(Execution& caller, VariableScopes variables) {
  root_ = caller.root_ == nullptr ? &caller : caller.root_;
  variables_ = std::move(variables);
  cookies_ = caller.cookies_;
  context_.cookies = cookies_.get();
  exchange_.cookieJar = cookies_.get();
  context_.awaited = true;
  info_.iteration = caller.info_.iteration;
  info_.iterationCount = caller.info_.iterationCount;
  allowReferences();
}

void Execution::allowReferences() {
  runReference_ = [this](ReferenceCall call) { return runReference(std::move(call)); };
  context_.runReference = &runReference_;
}

std::string Execution::runReference(ReferenceCall call) {
  Execution& root = root_ == nullptr ? *this : *root_;
  if (root_ == nullptr && call.script != callingScript_) {
    callingScript_ = call.script;
    referenceCalls_ = 0;
  }
  if (root.referenceCalls_ >= kMaxReferenceCalls) {
    return "runRequest: one script, and those of the requests that it runs, can run " +
           std::to_string(kMaxReferenceCalls) + " requests together, and has";
  }
  ++root.referenceCalls_;
  hasReferences_ = true;
  return setting_.carrier->run(*this, std::move(call));
}

void Execution::begin(std::int64_t intendedNs) {
  exchange_.reset();
  exchange_.clocks.intendedNs = intendedNs;
  preRequestNs_ = 0;
  sent_ = false;
  skipped_ = false;
  aborting_ = false;
  unresolved_.clear();
  if (setting_.submission->hasScripts()) {
    draft_ = setting_.submission->request;
    draft_.changed = false;
  }
  if (setting_.scripts != nullptr && variables_.local.changed) variables_.local = setting_.submission->variables.local;
  if (variables_.vault.changed) {
    secrets_.clear();
    for (const Variable& secret : variables_.vault.variables) secrets_.push_back(secret.value.text);
    longestFirst(secrets_);
  }
  if (setting_.submission->hasPreRequestScripts()) {
    stage_ = Stage::kPreRequest;
    runScripts(ScriptPhase::kPreRequest);
  } else {
    send();
  }
}

void Execution::refuse(std::int64_t intendedNs, std::string_view why) {
  exchange_.reset();
  exchange_.clocks.intendedNs = intendedNs;
  preRequestNs_ = 0;
  sent_ = false;
  skipped_ = false;
  exchange_.fail(ErrorCode::kScriptError, why);
  finish();
}

void Execution::runScripts(ScriptPhase phase) {
  if (phase == ScriptPhase::kTest) {
    view_ = viewOf(exchange_);
    context_.response = &view_;
  } else {
    context_.response = nullptr;
  }
  referenceCalls_ = 0;
  const ScriptHost::ExecutionId suspended = setting_.scripts->run(
      setting_.program, phase, context_, [this, phase](ScriptOutcome& outcome) { onScriptsDone(phase, outcome); });
  // Not when it has ended: this execution may have been begun anew by then.
  if (suspended != 0) scriptExecution_ = suspended;
}

void Execution::onScriptsDone(ScriptPhase phase, ScriptOutcome& outcome) {
  scriptExecution_ = 0;
  if (hasReferences_) {
    hasReferences_ = false;
    setting_.carrier->abandon(*this);
  }
  if (!outcome.secrets.empty()) {
    secrets_.insert(secrets_.end(), outcome.secrets.begin(), outcome.secrets.end());
    longestFirst(secrets_);
  }
  owner_.onScripts(*this, phase, outcome);
  if (phase == ScriptPhase::kTest) {
    finish();
    return;
  }
  preRequestNs_ = outcome.durationNs;
  if (aborting_) {
    exchange_.fail(ErrorCode::kAborted, "aborted before the request was sent");
    finish();
  } else if (outcome.error.has_value()) {
    exchange_.fail(ErrorCode::kScriptError,
                   "the pre-request script failed, so the request was not sent: " + outcome.error->message);
    finish();
  } else if (outcome.skipRequest) {
    skipped_ = true;
    finish();
  } else {
    send();
  }
}

bool Execution::resolveName(std::string_view name, std::string& out) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = name.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return false;
  name = name.substr(first, name.find_last_not_of(kBlanks) + 1 - first);
  if (appendVariable(resolveTemplateName(variables_, name), out)) return true;
  return setting_.scripts != nullptr && setting_.scripts->dynamicValue(name, out);
}

void Execution::render() {
  exchange_.request.reset();
  if (rendered_ == nullptr || rendered_.use_count() > 1) {
    rendered_ = std::make_shared<PreparedRequest>();
  } else {
    rendered_->renew();
  }
  rendered_->options = setting_.submission->options;
  const ResolveName resolve = [this](std::string_view name, std::string& out) { return resolveName(name, out); };
  if (draft_.changed) {
    RequestTemplate(draft_, setting_.submission->templates).render(resolve, *rendered_, unresolved_);
  } else {
    setting_.request->render(resolve, *rendered_, unresolved_);
  }
  if (sendsCookies()) rendered_->cookies = cookies_->header(rendered_->url);
  renderedFrom_.reset();
  exchange_.request = rendered_;
}

bool Execution::sendsCookies() const {
  // Through the exchange, which is in the cache anyway.
  const CookieJar* jar = exchange_.cookieJar;
  return jar != nullptr && !jar->empty() && setting_.submission->options->cookies;
}

std::shared_ptr<const PreparedRequest> Execution::preparedWithCookies() {
  const std::uint64_t version = cookies_->version();
  if (renderedFrom_ != nullptr && renderedFrom_ == setting_.prepared && renderedCookies_ == version) return rendered_;
  exchange_.request.reset();
  if (rendered_ == nullptr || rendered_.use_count() > 1) rendered_ = std::make_shared<PreparedRequest>();
  *rendered_ = *setting_.prepared;
  rendered_->renew();
  rendered_->cookies = cookies_->header(rendered_->url);
  renderedFrom_ = setting_.prepared;
  renderedCookies_ = version;
  return rendered_;
}

void Execution::send() {
  stage_ = Stage::kInTransport;
  if (setting_.prepared != nullptr) {
    exchange_.request = sendsCookies() ? preparedWithCookies() : setting_.prepared;
  } else {
    render();
    if (setting_.submission->hasTestScripts()) {
      // They see the request as it was sent.
      draft_.method = exchange_.request->method;
      draft_.url = exchange_.request->url;
      draft_.headers = exchange_.request->headers;
      draft_.body = exchange_.request->body;
    }
  }
  sent_ = true;
  owner_.onSending(*this);
  setting_.transport->start(exchange_);
}

void Execution::onExchangeDone(Exchange&) {
  owner_.onResponse(*this);
  const bool hasResponse = exchange_.error == ErrorCode::kNone && exchange_.response.status != 0;
  if (hasResponse && !aborting_ && setting_.submission->hasTestScripts()) {
    stage_ = Stage::kTests;
    runScripts(ScriptPhase::kTest);
  } else {
    finish();
  }
}

void Execution::abort() {
  aborting_ = true;
  switch (stage_) {
    case Stage::kIdle: break;
    case Stage::kInTransport: setting_.transport->abort(exchange_); break;
    case Stage::kPreRequest:
    case Stage::kTests:
      if (scriptExecution_ != 0) setting_.scripts->cancel(scriptExecution_);
      break;
  }
}

void Execution::finish() {
  stage_ = Stage::kIdle;
  owner_.onExecutionDone(*this);
}

}  // namespace vayu
