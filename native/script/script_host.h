// The face of native/script that the engine's workers see: compile scripts once, run them per exchange, within limits.
// A ScriptHost is created, used and destroyed on one worker thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vayu {

class CookieJar;

struct ScriptLimits {
  std::size_t memoryBytes = 64u << 20;
  std::int64_t timeoutMs = 5000;
  std::size_t stackBytes = 256u << 10;
};

enum class ScriptPhase : std::uint8_t { kPreRequest, kTest };

struct ScriptSource {
  std::string name;
  std::string code;
  std::string owner = {};  // the name of the collection or folder that it belongs to; empty: the request
};

// Immutable once handed over; shared by all workers of a plan. Order of execution: collection, folder, request.
struct ScriptSet {
  std::vector<ScriptSource> preRequest;
  std::vector<ScriptSource> test;
  bool empty() const { return preRequest.empty() && test.empty(); }
};

struct HeaderField {
  std::string name;
  std::string value;
};

// What pre-request scripts see and may change before it is sent. `changed` is set by the host on the first write.
struct RequestDraft {
  std::string method;
  std::string url;
  std::vector<HeaderField> headers;
  std::string body;
  bool changed = false;
};

// Borrowed from the exchange for the time of one execution. `headerBlock` is the raw header lines ("Name: value\r\n"…) of the final response.
struct ResponseView {
  int status = 0;
  std::string_view statusText;
  std::string_view httpVersion;
  std::string_view headerBlock;
  std::string_view body;
  std::int64_t responseTimeUs = 0;
  std::uint64_t bodyBytes = 0;
};

// A variable keeps its JavaScript type: `text` is the string itself for kString and JSON otherwise.
struct VariableValue {
  enum class Kind : std::uint8_t { kString, kNumber, kBoolean, kNull, kJson };
  Kind kind = Kind::kString;
  std::string text;
};

struct Variable {
  std::string name;
  VariableValue value;
};

struct VariableScope {
  std::vector<Variable> variables;  // in order of insertion
  bool changed = false;             // set on the first write
};

// The scopes of one virtual user. pm.variables reads local → data → environment → collection → globals and writes local; the vault is for
// pm.vault and {{vault:name}} alone.
struct VariableScopes {
  VariableScope local;
  VariableScope data;
  VariableScope environment;
  VariableScope collection;
  VariableScope globals;
  VariableScope vault;
  bool hasVault = false;  // false: pm.vault is denied
};

struct ExecutionInfo {
  std::string requestName;
  std::string requestId;
  std::uint64_t iteration = 0;
  std::uint64_t iterationCount = 1;
  std::vector<std::string> location = {};  // names from the outermost collection to the request
};

struct TestOutcome {
  std::string name;
  bool passed = false;
  bool skipped = false;
  std::string error;
};

struct ConsoleEntry {
  std::string level;
  std::string message;
};

struct ScriptError {
  enum class Kind : std::uint8_t { kException, kSyntax, kTimeout, kMemory, kStack };
  Kind kind = Kind::kException;
  std::string script;
  std::string message;
  int line = 0;
  int column = 0;
};

struct ScriptOutcome {
  std::optional<ScriptError> error;
  std::vector<TestOutcome> tests;
  std::vector<ConsoleEntry> console;
  bool skipRequest = false;
  bool nextRequestSet = false;
  std::optional<std::string> nextRequest;
  std::optional<std::string> visualizer;  // JSON of {template, data, options} as given to pm.visualizer.set
  std::vector<std::string> secrets;       // the texts that pm.vault.set was given
  std::int64_t durationNs = 0;  // on the CPU of this worker, waiting for timers and pm.sendRequest not included
};

// A request made by pm.sendRequest. The engine answers with ScriptHost::resolveRequest(token, …).
struct ScriptRequest {
  std::uint64_t token = 0;
  RequestDraft draft;
};

// A saved request that a script wants run (pm.execution.runRequest). Answered as a ScriptRequest is, or by ScriptHost::resolveSkipped().
struct ReferenceCall {
  std::uint64_t token = 0;
  std::size_t script = 0;  // position of the calling script among those of its phase
  std::string id;
  std::vector<Variable> overrides;
};

// Takes the call and returns nothing, or says why it does not: then no answer follows. Never answers before it returns.
using RunReference = std::function<std::string(ReferenceCall)>;

// Everything one execution may touch. Owned by the caller; must outlive the execution.
struct ScriptContext {
  RequestDraft* request = nullptr;
  const ResponseView* response = nullptr;  // null in pre-request scripts
  VariableScopes* variables = nullptr;
  const ExecutionInfo* info = nullptr;
  CookieJar* cookies = nullptr;                    // null: pm.cookies.jar() fails with a clear error
  std::function<void(ScriptRequest)> sendRequest;  // empty: pm.sendRequest fails with a clear error
  const RunReference* runReference = nullptr;      // null: pm.execution.runRequest fails with a clear error
  bool awaited = false;  // by a script that holds a realm: does not queue for one, or neither would ever end
};

class ScriptHost {
 public:
  using ProgramId = std::uint32_t;
  using ExecutionId = std::uint64_t;
  using OnDone = std::function<void(ScriptOutcome&)>;

  explicit ScriptHost(const ScriptLimits& limits);
  ~ScriptHost();
  ScriptHost(const ScriptHost&) = delete;
  ScriptHost& operator=(const ScriptHost&) = delete;

  // Compiles every script of `set`; a syntax error is kept and reported by run(), as an engine would at execution.
  ProgramId prepare(std::shared_ptr<const ScriptSet> set);
  void release(ProgramId program);

  // Runs the scripts of one phase in order. `onDone` is called exactly once: before run() returns when nothing waits, else from
  // pump(), resolveRequest() or cancel(). Returns 0 when done already. The outcome is valid only during the call.
  ExecutionId run(ProgramId program, ScriptPhase phase, const ScriptContext& context, const OnDone& onDone);

  // Fires due timers and time limits of suspended executions. `nowNs` is the monotonic clock.
  void pump(std::int64_t nowNs);
  // When pump() is wanted next; INT64_MAX when nothing waits.
  std::int64_t nextDeadlineNs() const;

  void resolveRequest(std::uint64_t token, const ResponseView& response);
  void rejectRequest(std::uint64_t token, std::string_view message);
  // The saved request was not sent, because its own script said so.
  void resolveSkipped(std::uint64_t token);
  // Moves tests, console lines and secrets to the execution that waits for `token`, as if its script had left them.
  void addOutcome(std::uint64_t token, ScriptOutcome& outcome);
  void cancel(ExecutionId execution);

  // Appends the value of a dynamic variable ("$randomFirstName"); false when there is none of that name.
  bool dynamicValue(std::string_view name, std::string& out);

  // Replaces {{name}} in `text`, dynamic variables included. Names that resolve to nothing stay and are appended to `unresolved`.
  std::string substitute(std::string_view text, const VariableScopes& variables, std::vector<std::string>* unresolved);

  static const char* quickjsVersion();

 private:
  struct Impl;
  void answer(std::uint64_t token, const ResponseView* response, std::optional<std::string_view> error);
  std::unique_ptr<Impl> impl_;
};

}  // namespace vayu
