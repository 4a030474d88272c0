#include "script/script_host.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "script/dynamic_variables.h"
#include "script/execution.h"
#include "script/patch_scan.h"
#include "script/realm.h"
#include "script/variables.h"

namespace vayu {
namespace {

// Idle realms kept when nothing is prepared, and of a program's own; a realm costs about a megabyte.
constexpr std::size_t kMaxIdleRealms = 16;
// Executions that may wait at the same time; more queue until one of them ends.
constexpr std::size_t kMaxRealms = 512;

}  // namespace

struct ScriptHost::Impl {
  struct Running {
    std::unique_ptr<Realm> realm;
    std::unique_ptr<ScriptExecution> execution;
    OnDone onDone;
  };

  explicit Impl(const ScriptLimits& given) : limits(given) {
    limits.memoryBytes = std::max<std::size_t>(limits.memoryBytes, 4u << 20);
    limits.stackBytes = std::max<std::size_t>(limits.stackBytes, 64u << 10);
  }

  std::unique_ptr<Realm> takeRealm(Hardening hardening) {
    if (hardening == Hardening::kShared && !idle.empty()) {
      std::unique_ptr<Realm> realm = std::move(idle.back());
      idle.pop_back();
      return realm;
    }
    std::unique_ptr<Realm> realm = makeRealm(hardening);
    // A sealed realm holds its memory twice, so not all of many are.
    if (hardening == Hardening::kShared && waiting.size() < kMaxIdleRealms) realm->seal();
    return realm;
  }

  std::unique_ptr<Realm> makeRealm(Hardening hardening) {
    auto realm = std::make_unique<Realm>(limits, hardening);
    realm->shareRequestTokens(&requestTokens);
    realm->makeValuesWith([this](std::string_view name, std::string& out) { return makeValue(name, out); });
    return realm;
  }

  // Called from within scripts of other realms: nothing may be thrown.
  bool makeValue(std::string_view name, std::string& out) {
    try {
      if (valueMaker == nullptr) valueMaker = std::make_unique<Realm>(limits, Hardening::kShared);
      return valueMaker->dynamicValue(name, out);
    } catch (const std::exception&) {
      return false;
    }
  }

  // A realm that only this program uses, with the libraries that it is known to want.
  std::unique_ptr<Realm> takeOwnRealm(Program& program, Hardening hardening) {
    while (!program.realms.empty()) {
      std::unique_ptr<Realm> realm = std::move(program.realms.back());
      program.realms.pop_back();
      if (realm->preloadedCount() == program.bundles.size()) return realm;
    }
    std::unique_ptr<Realm> realm = makeRealm(hardening);
    if (!realm->preload(program.bundles)) return makeRealm(hardening);
    for (const CompiledScript& script : program.preRequest) realm->load(script);
    for (const CompiledScript& script : program.test) realm->load(script);
    if (realm->spoilt()) return makeRealm(hardening);
    realm->seal();
    return realm;
  }

  // As many as were in use at once stay until the programs that needed them are gone.
  std::size_t idleBound() const { return std::max(kMaxIdleRealms, mostWaiting); }

  void giveBack(std::unique_ptr<Realm> realm, bool reusable) {
    if (idle.size() >= idleBound()) return;
    if (!reusable || realm->spoilt()) {
      if (!realm->sealed()) return;
      realm->rewind();
    }
    idle.push_back(std::move(realm));
  }

  void giveBackOwn(Program& program, std::unique_ptr<Realm> realm) {
    if (!realm->sealed() || program.realms.size() >= idleBound()) return;
    realm->rewind();
    program.realms.push_back(std::move(realm));
  }

  Program& program(ProgramId id) {
    const auto found = programs.find(id);
    if (found == programs.end()) throw std::out_of_range("no script program " + std::to_string(id));
    return *found->second;
  }

  ExecutionId run(ProgramId id, ScriptPhase phase, const ScriptContext& context, const OnDone& onDone);
  bool advance(Realm& realm, ScriptExecution& execution, bool startFirst);
  void finish(std::unique_ptr<Realm> realm, ScriptExecution& execution, const OnDone& onDone);
  template <typename Step>
  void resume(ExecutionId id, Step step);
  void start(std::unique_ptr<ScriptExecution> execution, const OnDone& onDone);
  void dropIfReleased(Program& owner);
  void startQueued();
  // Who waits for the answer of that token, and where in its list that stands. Null: nobody.
  std::pair<Running*, std::size_t> waiterOf(std::uint64_t token);

  ScriptLimits limits;
  std::unique_ptr<Realm> valueMaker;  // no script runs in it
  std::vector<std::unique_ptr<Realm>> idle;
  std::unordered_map<ProgramId, std::unique_ptr<Program>> programs;
  std::unordered_map<ExecutionId, Running> waiting;
  std::deque<std::pair<std::unique_ptr<ScriptExecution>, OnDone>> queued;
  std::size_t mostWaiting = 0;
  std::unique_ptr<ScriptExecution> spare;  // reused by executions that end at once
  ProgramId nextProgram = 1;
  ExecutionId nextExecution = 1;
  std::uint64_t requestTokens = 0;
};

ScriptHost::ScriptHost(const ScriptLimits& limits) : impl_(std::make_unique<Impl>(limits)) {
  impl_->giveBack(impl_->takeRealm(Hardening::kShared), true);
}

ScriptHost::~ScriptHost() = default;

ScriptHost::ProgramId ScriptHost::prepare(std::shared_ptr<const ScriptSet> set) {
  auto program = std::make_unique<Program>();
  program->id = impl_->nextProgram++;
  program->set = std::move(set);
  std::unique_ptr<Realm> realm = impl_->takeRealm(Hardening::kShared);
  const auto compileAll = [&](const std::vector<ScriptSource>& sources, std::vector<CompiledScript>& scripts) {
    scripts.resize(sources.size());
    for (std::size_t i = 0; i < sources.size(); ++i) {
      if (realm->spoilt()) realm = impl_->takeRealm(Hardening::kShared);
      realm->compile(sources[i], scripts[i]);
      if (patchesBuiltins(sources[i].code)) program->patchesBuiltins = true;
    }
  };
  compileAll(program->set->preRequest, program->preRequest);
  compileAll(program->set->test, program->test);
  impl_->giveBack(std::move(realm), true);
  const ProgramId id = program->id;
  impl_->programs.emplace(id, std::move(program));
  return id;
}

void ScriptHost::release(ProgramId program) {
  const auto found = impl_->programs.find(program);
  if (found == impl_->programs.end()) return;
  found->second->released = true;
  impl_->dropIfReleased(*found->second);
}

void ScriptHost::Impl::dropIfReleased(Program& owner) {
  if (!owner.released || owner.executions > 0) return;
  const auto forgetAll = [&](Realm& realm) {
    for (const CompiledScript& script : owner.preRequest) realm.forget(&script);
    for (const CompiledScript& script : owner.test) realm.forget(&script);
  };
  for (const auto& realm : idle) forgetAll(*realm);
  for (const auto& [id, running] : waiting) forgetAll(*running.realm);
  programs.erase(owner.id);
  if (!programs.empty()) return;
  mostWaiting = 0;
  if (idle.size() > kMaxIdleRealms) idle.resize(kMaxIdleRealms);
}

ScriptHost::ExecutionId ScriptHost::run(ProgramId program, ScriptPhase phase, const ScriptContext& context,
                                        const OnDone& onDone) {
  return impl_->run(program, phase, context, onDone);
}

ScriptHost::ExecutionId ScriptHost::Impl::run(ProgramId id, ScriptPhase phase, const ScriptContext& context,
                                              const OnDone& onDone) {
  Program& owner = program(id);
  std::unique_ptr<ScriptExecution> execution = spare ? std::move(spare) : std::make_unique<ScriptExecution>();
  execution->reset();
  execution->id = nextExecution++;
  execution->program = &owner;
  execution->phase = phase;
  execution->context = context;
  const ExecutionId executionId = execution->id;
  ++owner.executions;
  if (waiting.size() >= kMaxRealms && !context.awaited) {
    queued.emplace_back(std::move(execution), onDone);
    return executionId;
  }
  start(std::move(execution), onDone);
  return waiting.contains(executionId) ? executionId : 0;
}

void ScriptHost::Impl::start(std::unique_ptr<ScriptExecution> execution, const OnDone& onDone) {
  Program& program = *execution->program;
  execution->ownRealm = program.needsOwnRealm();
  std::unique_ptr<Realm> realm =
      execution->ownRealm ? takeOwnRealm(program, program.patchesBuiltins ? Hardening::kNone : Hardening::kShared)
                          : takeRealm(Hardening::kShared);
  const std::int64_t startNs = monotonicNs();
  execution->deadlineNs = startNs + limits.timeoutMs * 1'000'000;
  realm->attach(*execution);
  const bool waits = advance(*realm, *execution, true);
  execution->cpuNs += monotonicNs() - startNs;
  if (waits) {
    const ExecutionId executionId = execution->id;
    waiting.emplace(executionId, Running{std::move(realm), std::move(execution), onDone});
    mostWaiting = std::max(mostWaiting, waiting.size());
    return;
  }
  finish(std::move(realm), *execution, onDone);
  spare = std::move(execution);
}

// Runs on from where the execution stands. True when it waits for a timer or a request.
bool ScriptHost::Impl::advance(Realm& realm, ScriptExecution& execution, bool startFirst) {
  const std::vector<CompiledScript>& scripts = execution.program->scripts(execution.phase);
  bool start = startFirst;
  while (execution.scriptIndex < scripts.size()) {
    const bool began = !start || realm.startScript(scripts[execution.scriptIndex]);
    start = true;
    if (began && !execution.outcome.error && realm.settle()) return true;
    if (!realm.finishScript() || execution.skipped) return false;
    ++execution.scriptIndex;
  }
  return false;
}

void ScriptHost::Impl::finish(std::unique_ptr<Realm> realm, ScriptExecution& execution, const OnDone& onDone) {
  const bool reusable = realm->detach();
  Program& owner = *execution.program;
  if (execution.ownRealm) {
    giveBackOwn(owner, std::move(realm));
  } else {
    giveBack(std::move(realm), reusable);
  }
  execution.outcome.durationNs = execution.cpuNs;
  onDone(execution.outcome);
  --owner.executions;
  dropIfReleased(owner);
}

template <typename Step>
void ScriptHost::Impl::resume(ExecutionId id, Step step) {
  const auto found = waiting.find(id);
  if (found == waiting.end()) return;
  Realm& realm = *found->second.realm;
  ScriptExecution& execution = *found->second.execution;
  const std::int64_t startNs = monotonicNs();
  realm.attach(execution);
  step(realm, execution);
  const bool waits = advance(realm, execution, false);
  execution.cpuNs += monotonicNs() - startNs;
  if (waits) return;
  Running done = std::move(found->second);
  waiting.erase(found);
  finish(std::move(done.realm), *done.execution, done.onDone);
  startQueued();
}

void ScriptHost::Impl::startQueued() {
  while (!queued.empty() && waiting.size() < kMaxRealms) {
    auto [execution, onDone] = std::move(queued.front());
    queued.pop_front();
    start(std::move(execution), onDone);
  }
}

void ScriptHost::pump(std::int64_t nowNs) {
  std::vector<ExecutionId> due;
  for (const auto& [id, running] : impl_->waiting) {
    if (running.realm->nextTimerNs() <= nowNs || running.execution->deadlineNs <= nowNs) due.push_back(id);
  }
  for (const ExecutionId id : due) {
    impl_->resume(id, [nowNs](Realm& realm, ScriptExecution& execution) {
      if (execution.deadlineNs <= nowNs)
        realm.expire();
      else
        realm.fireTimers(nowNs);
    });
  }
}

std::int64_t ScriptHost::nextDeadlineNs() const {
  std::int64_t next = kNever;
  for (const auto& [id, running] : impl_->waiting) {
    next = std::min({next, running.realm->nextTimerNs(), running.execution->deadlineNs});
  }
  return next;
}

std::pair<ScriptHost::Impl::Running*, std::size_t> ScriptHost::Impl::waiterOf(std::uint64_t token) {
  for (auto& [id, running] : waiting) {
    const auto& requests = running.execution->requests;
    const auto found = std::find_if(requests.begin(), requests.end(),
                                    [token](const PendingRequest& request) { return request.token == token; });
    if (found != requests.end()) return {&running, static_cast<std::size_t>(found - requests.begin())};
  }
  return {nullptr, 0};
}

void ScriptHost::resolveRequest(std::uint64_t token, const ResponseView& response) { answer(token, &response, {}); }

void ScriptHost::rejectRequest(std::uint64_t token, std::string_view message) { answer(token, nullptr, message); }

void ScriptHost::resolveSkipped(std::uint64_t token) { answer(token, nullptr, {}); }

void ScriptHost::answer(std::uint64_t token, const ResponseView* response, std::optional<std::string_view> error) {
  const auto [running, index] = impl_->waiterOf(token);
  if (running == nullptr) return;
  impl_->resume(running->execution->id,
                [&, at = index](Realm& realm, ScriptExecution&) { realm.answerRequest(at, response, error); });
}

void ScriptHost::addOutcome(std::uint64_t token, ScriptOutcome& outcome) {
  Impl::Running* const running = impl_->waiterOf(token).first;
  if (running == nullptr) return;
  ScriptExecution& execution = *running->execution;
  for (TestOutcome& test : outcome.tests) {
    if (execution.outcome.tests.size() >= kMaxTests) break;
    execution.outcome.tests.push_back(std::move(test));
  }
  for (ConsoleEntry& entry : outcome.console) execution.log(std::move(entry));
  std::move(outcome.secrets.begin(), outcome.secrets.end(), std::back_inserter(execution.outcome.secrets));
}

void ScriptHost::cancel(ExecutionId execution) {
  const auto queued = std::find_if(impl_->queued.begin(), impl_->queued.end(),
                                   [execution](const auto& entry) { return entry.first->id == execution; });
  if (queued != impl_->queued.end()) {
    auto [cancelled, onDone] = std::move(*queued);
    impl_->queued.erase(queued);
    Program& owner = *cancelled->program;
    cancelled->outcome.error = ScriptError{ScriptError::Kind::kException, {}, "the execution was cancelled", 0, 0};
    onDone(cancelled->outcome);
    --owner.executions;
    impl_->dropIfReleased(owner);
    return;
  }
  impl_->resume(execution, [](Realm& realm, ScriptExecution&) { realm.cancel(); });
}

bool ScriptHost::dynamicValue(std::string_view name, std::string& out) {
  if (nativeDynamicValue(name, out)) return true;
  return !name.empty() && name.front() == '$' && impl_->makeValue(name, out);
}

std::string ScriptHost::substitute(std::string_view text, const VariableScopes& variables,
                                   std::vector<std::string>* unresolved) {
  if (text.find("{{") == std::string_view::npos) return std::string(text);
  std::unique_ptr<Realm> realm = impl_->takeRealm(Hardening::kShared);
  std::string result = realm->substitute(text, variables, -1, unresolved);
  impl_->giveBack(std::move(realm), true);
  return result;
}

const char* ScriptHost::quickjsVersion() { return qjs::version(); }

}  // namespace vayu
