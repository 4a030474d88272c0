// One run of a submission: pre-request scripts → templates → transport → test scripts. Pooled in a load run, where it is also the
// virtual user that keeps the variables its scripts wrote. Worker thread only; owned by whoever is its ExecutionOwner.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/cookie_jar.h"
#include "base/prefetch.h"
#include "engine/exchange.h"
#include "engine/request_template.h"
#include "engine/submission.h"
#include "engine/transport.h"
#include "script/script_host.h"

namespace vayu {

class Execution;

class ExecutionOwner {
 public:
  // About to be handed to the transport; the sent clock is not set yet.
  virtual void onSending(Execution& execution) = 0;
  // The scripts of one phase have ended. The outcome is valid during the call only.
  virtual void onScripts(Execution& execution, ScriptPhase phase, ScriptOutcome& outcome) = 0;
  // The exchange has ended and its test scripts have not run yet.
  virtual void onResponse(Execution& execution) = 0;
  // Everything has ended; the execution may be started anew or destroyed after the owner has returned to the loop.
  virtual void onExecutionDone(Execution& execution) = 0;

 protected:
  ~ExecutionOwner() = default;
};

// Carries requests that scripts make.
class ScriptRequestCarrier {
 public:
  // pm.sendRequest.
  // `cookies` may be null; it is held until the answer is there.
  virtual void carry(ScriptRequest request, const std::shared_ptr<const RequestOptions>& options,
                     std::shared_ptr<CookieJar> cookies) = 0;
  // pm.execution.runRequest; see RunReference.
  virtual std::string run(Execution& caller, ReferenceCall call) = 0;
  // The script of the caller has ended: what it has run is not to go on.
  virtual void abandon(Execution& caller) = 0;

 protected:
  ~ScriptRequestCarrier() = default;
};

struct PreparedReferences;

// What the executions of one submission share on one worker.
struct ExecutionSetting {
  const Submission* submission = nullptr;
  std::shared_ptr<const PreparedRequest> prepared;  // set when the submission is static
  std::shared_ptr<const RequestTemplate> request;   // set when it is not
  Transport* transport = nullptr;
  ScriptHost* scripts = nullptr;  // null when the submission has neither scripts nor templates
  ScriptHost::ProgramId program = 0;
  ScriptRequestCarrier* carrier = nullptr;
  std::shared_ptr<PreparedReferences> references;  // kept by the carrier
};

class alignas(kCacheLine) Execution final : private ExchangeSink {
 public:
  enum class Stage : std::uint8_t { kIdle, kPreRequest, kInTransport, kTests };

  Execution(ExecutionOwner& owner, const ExecutionSetting& setting);
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;

  // Before begin(): makes it part of what the caller's script does, with the caller's cookies and these variables.
  void serve(Execution& caller, VariableScopes variables);
  void begin(std::int64_t intendedNs);
  // Ends it instead of begin(): what it needs is not to be had.
  void refuse(std::int64_t intendedNs, std::string_view why);
  // Ends it from any stage; the owner hears of it before this returns.
  void abort();

  Stage stage() const { return stage_; }
  Exchange& exchange() { return exchange_; }
  const Exchange& exchange() const { return exchange_; }
  VariableScopes& variables() { return variables_; }
  ExecutionInfo& info() { return info_; }
  const std::vector<std::string>& unresolved() const { return unresolved_; }
  // What scripts have put into the vault, the longest first: not to be shown.
  const std::vector<std::string>& secrets() const { return secrets_; }
  // Whether the request was handed to the transport at all.
  bool sent() const { return sent_; }
  bool skipped() const { return skipped_; }
  // Whose scripts have led to this one; itself where it serves nobody.
  const ExecutionSetting& rootSetting() const { return root_ == nullptr ? setting_ : root_->setting_; }
  std::int64_t preRequestNs() const { return preRequestNs_; }

 private:
  void onExchangeDone(Exchange& exchange) override;
  void runScripts(ScriptPhase phase);
  void onScriptsDone(ScriptPhase phase, ScriptOutcome& outcome);
  void allowReferences();
  std::string runReference(ReferenceCall call);
  void send();
  void render();
  // The prepared request with what the jar has for it.
  std::shared_ptr<const PreparedRequest> preparedWithCookies();
  bool sendsCookies() const;
  bool resolveName(std::string_view name, std::string& out);
  void finish();

  // What every request touches comes first, on the cache lines that the transport has fetched for the exchange.
  ExecutionOwner& owner_;
  const ExecutionSetting& setting_;
  Exchange exchange_;

 public:
  // Position in the owner's list of running executions.
  std::size_t position = 0;

 private:
  std::int64_t preRequestNs_ = 0;
  Stage stage_ = Stage::kIdle;
  bool sent_ = false;
  bool skipped_ = false;
  bool aborting_ = false;
  std::vector<std::string> unresolved_;
  ExecutionInfo info_;
  RequestDraft draft_;
  std::shared_ptr<PreparedRequest> rendered_;  // reused once nobody else holds it
  // Of the virtual user; null where there are no scripts to see it.
  std::shared_ptr<CookieJar> cookies_;
  std::shared_ptr<const PreparedRequest> renderedFrom_;  // what rendered_ has cookies added to
  std::uint64_t renderedCookies_ = 0;                    // the jar's version at that time
  VariableScopes variables_;
  std::vector<std::string> secrets_;
  ResponseView view_;
  ScriptContext context_;
  ScriptHost::ExecutionId scriptExecution_ = 0;
  RunReference runReference_;       // empty: no script can run saved requests
  Execution* root_ = nullptr;       // the outermost one that this serves; outlives it
  std::size_t callingScript_ = 0;   // of the root: whose calls are counted
  std::size_t referenceCalls_ = 0;  // of the root: since that script began
  bool hasReferences_ = false;      // the script under way has run some

 public:
  // Numbers the virtual users of a run over all workers.
  std::uint64_t user = 0;
  // Of the plan's data, the row that `variables().data` holds.
  std::size_t row = SIZE_MAX;
};

}  // namespace vayu
