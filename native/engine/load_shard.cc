#include "engine/load_shard.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <utility>

#include "base/clock.h"
#include "engine/reference_runner.h"
#include "script/variables.h"

namespace vayu {

namespace {

// Executions begun in one pass, so that responses are read between the requests of a backlog.
constexpr int kBatch = 256;
// How long scripts may hold a pass up: commands are heard between passes.
constexpr std::int64_t kScriptedPassNs = 20 * kNsPerMs;
// How often the target of a sloping concurrency is looked at.
constexpr std::int64_t kSlopeStepNs = 10 * kNsPerMs;

std::uint64_t shareOf(std::uint64_t amount, std::uint32_t index, std::uint32_t shards) {
  return amount / shards + (index < amount % shards ? 1 : 0);
}

// Messages of scripts are kept by their text, which nobody can mask later: the secrets are known here only.
void maskSecretsOf(const Execution& execution, ScriptOutcome& outcome) {
  if (outcome.error.has_value()) maskSecrets(outcome.error->message, execution.secrets());
  for (TestOutcome& test : outcome.tests) {
    maskSecrets(test.name, execution.secrets());
    maskSecrets(test.error, execution.secrets());
  }
}

}  // namespace

LoadShard::LoadShard(std::shared_ptr<LoadRun> run, std::uint32_t index, std::unique_ptr<Transport> transport,
                     ScriptHost* scripts, ScriptRequestCarrier* carrier)
    : run_(std::move(run)),
      index_(index),
      transport_(std::move(transport)),
      scripts_(scripts),
      recorder_(run_->figures[index]->recorder),
      tests_(run_->figures[index]->tests),
      sampler_(run_->figures[index]->sampler),
      openModel_(run_->plan.kind == LoadKind::kRate),
      pacer_(Curve(openModel_ ? run_->plan.segments : std::vector<CurveSegment>{}), run_->plan.arrival, run_->plan.seed,
             index, run_->shards, run_->plan.iterations),
      concurrency_(openModel_ ? std::vector<CurveSegment>{} : run_->plan.segments) {
  const LoadPlan& plan = run_->plan;
  setting_.submission = &plan.submission;
  setting_.transport = transport_.get();
  setting_.carrier = carrier;
  if (plan.submission.references != nullptr) setting_.references = std::make_shared<PreparedReferences>();
  prepareRequest();
  if (plan.data != nullptr && (!plan.submission.isStatic() || plan.submission.hasScripts())) {
    data_ = std::make_unique<DataReader>(plan.data);
    if (plan.dataMode == DataMode::kUnique) {
      maxUsers_ = static_cast<std::size_t>(shareOf(plan.data->rows(), index, run_->shards));
    }
  }
  if (scripts_ != nullptr && plan.submission.needsScriptHost()) {
    setting_.scripts = scripts_;
    setting_.program = scripts_->prepare(plan.submission.scripts);
  }
  if (openModel_) {
    maxInFlight_ = plan.maxInFlight == 0 ? UINT64_MAX : shareOf(plan.maxInFlight, index, run_->shards);
    maxInFlight_ = std::min<std::uint64_t>(maxInFlight_, maxUsers_);
    burst_ = plan.burst == 0 ? 0 : std::max<double>(1, static_cast<double>(plan.burst) / run_->shards);
  }
}

LoadShard::~LoadShard() {
  stopping_ = true;
  abortAll();
  if (setting_.scripts != nullptr) setting_.scripts->release(setting_.program);
}

void LoadShard::advance(std::int64_t nowNs) {
  if (ended_) return;
  while (!holds_.empty() && holds_.front().first <= nowNs) {
    const auto [atNs, value] = holds_.front();
    holds_.erase(holds_.begin());
    if (openModel_) {
      pacer_.holdFrom(atNs - run_->startNs, value);
    } else {
      concurrency_ = concurrency_.heldFrom(atNs - run_->startNs, value);
      flatUntilNs_ = 0;
    }
  }
  if (!stopping_) {
    if (openModel_) {
      releaseArrivals(nowNs);
    } else {
      fillConcurrency(nowNs);
    }
  }
  transport_->drive(nowNs);
  if (nowNs >= abortAtNs_) abortAll();
  recorder_.connectionsOpen.set(transport_->openConnections());
  recorder_.set(Count::kConnectionsOpened, transport_->connectionsOpened());
  endIfIdle(nowNs);
}

void LoadShard::releaseArrivals(std::int64_t nowNs) {
  const std::int64_t elapsed = nowNs - run_->startNs;
  if (burst_ > 0 && pacer_.nextDueNs() <= elapsed) {
    const auto backlog = static_cast<double>(pacer_.backlogAt(elapsed));
    // The backlog is an estimate: Poisson arrivals may come later than it says, and the plan may end before.
    for (double over = backlog - burst_; over >= 1 && pacer_.nextDueNs() <= elapsed; over -= 1) {
      pacer_.pop();
      recorder_.add(Count::kPlanned);
      recorder_.drop(DropReason::kBurst);
    }
  }
  for (int count = 0; count < kBatch && pacer_.nextDueNs() <= elapsed; ++count) {
    if (count > 0 && passIsLong(nowNs)) break;
    const std::int64_t intended = run_->startNs + pacer_.nextDueNs();
    const std::uint64_t iteration = pacer_.index();
    pacer_.pop();
    recorder_.add(Count::kPlanned);
    if (running_.size() >= maxInFlight_) {
      recorder_.drop(DropReason::kMaxInFlight);
    } else {
      begin(intended, iteration);
    }
  }
  const bool planOver = pacer_.nextDueNs() == kNever && (elapsed >= pacer_.durationNs() || pacer_.limitReached());
  if (planOver) {
    stop(nowNs, after(nowNs, run_->plan.graceNs));
  } else if (elapsed >= after(pacer_.durationNs(), run_->plan.graceNs)) {
    // A generator that cannot keep up must not stretch the run for ever.
    unsentReason_ = DropReason::kLate;
    stop(nowNs, nowNs);
  }
}

bool LoadShard::passIsLong(std::int64_t passNs) const {
  return setting_.scripts != nullptr && vayu::nowNs() - passNs > kScriptedPassNs;
}

std::size_t LoadShard::targetConcurrency(std::int64_t nowNs) {
  if (nowNs >= flatFromNs_ && nowNs < flatUntilNs_) return flatTarget_;
  const std::int64_t elapsed = nowNs - run_->startNs;
  if (elapsed < 0) return 0;
  const double target = concurrency_.valueAt(elapsed);
  const auto share = shareOf(static_cast<std::uint64_t>(std::lround(target)), index_, run_->shards);
  flatTarget_ = std::min(static_cast<std::size_t>(share), maxUsers_);
  flatFromNs_ = nowNs;
  flatUntilNs_ = after(run_->startNs, concurrency_.nextChangeNs(elapsed, 0));
  return flatTarget_;
}

void LoadShard::fillConcurrency(std::int64_t nowNs) {
  if (nowNs < run_->startNs) return;
  if (nowNs - run_->startNs >= concurrency_.durationNs()) {
    stop(nowNs, after(nowNs, run_->plan.graceNs));
    return;
  }
  const std::size_t target = targetConcurrency(nowNs);
  filling_ = false;
  for (int count = 0; running_.size() < target; ++count) {
    if (count == kBatch || (count > 0 && passIsLong(nowNs))) {
      filling_ = true;
      return;
    }
    if (!beginNext(nowNs)) return;
  }
}

bool LoadShard::beginNext(std::int64_t intendedNs) {
  const std::uint64_t iterations = run_->plan.iterations;
  std::uint64_t iteration = recorder_.get(Count::kPlanned) * run_->shards + index_;
  if (iterations != 0) {
    const std::int64_t left = run_->budget.fetch_sub(1, std::memory_order_relaxed);
    if (left <= 0) {
      // What is in flight may take until the plan's end all the same.
      stop(intendedNs, after(after(run_->startNs, concurrency_.durationNs()), run_->plan.graceNs));
      return false;
    }
    iteration = iterations - static_cast<std::uint64_t>(left);
  }
  recorder_.add(Count::kPlanned);
  begin(intendedNs, iteration);
  return true;
}

void LoadShard::begin(std::int64_t intendedNs, std::uint64_t iteration) {
  if (idle_.empty()) {
    ExecutionOwner& self = *this;
    executions_.push_back(std::make_unique<Execution>(self, setting_));
    executions_.back()->user = (executions_.size() - 1) * run_->shards + index_;
    if (run_->plan.iterations != 0) executions_.back()->info().iterationCount = run_->plan.iterations;
    idle_.push_back(executions_.back().get());
  }
  Execution& execution = *idle_.back();
  idle_.pop_back();
  execution.position = running_.size();
  running_.push_back(&execution);
  execution.info().iteration = iteration;
  if (data_ == nullptr || feed(execution)) {
    execution.begin(intendedNs);
  } else {
    execution.refuse(intendedNs, "the data file cannot be read any more");
  }
}

bool LoadShard::feed(Execution& execution) {
  const LoadPlan& plan = run_->plan;
  VariableScope& scope = execution.variables().data;
  if (plan.dataMode == DataMode::kUnique) {
    // One row for the life of the virtual user.
    if (execution.row == execution.user && !scope.changed) return true;
    execution.row = static_cast<std::size_t>(execution.user);
  } else {
    const std::uint64_t taken = run_->rowsTaken.fetch_add(1, std::memory_order_relaxed);
    execution.row = rowOf(taken, plan.data->rows(), plan.dataMode, plan.seed);
  }
  return data_->read(execution.row, scope);
}

void LoadShard::prepareRequest() {
  const Submission& submission = *setting_.submission;
  setting_.prepared = submission.isStatic() ? submission.prepare() : nullptr;
  setting_.request = submission.isStatic()
                         ? nullptr
                         : std::make_shared<const RequestTemplate>(submission.request, submission.templates);
}

void LoadShard::onSending(Execution& execution) {
  recorder_.add(Count::kSent);
  Exchange& exchange = execution.exchange();
  const Submission& submission = run_->plan.submission;
  exchange.bodyNeeded = submission.hasTestScripts();
  if (submission.hasTestScripts()) {
    exchange.captureHeaders = true;
    exchange.bodyCaptureLimit = submission.options->maxResponseBytes;
  } else if (run_->plan.histograms) {
    exchange.bodyCaptureLimit = sampler_.successCaptureLimit();
    exchange.errorBodyCaptureLimit = sampler_.errorCaptureLimit();
    exchange.captureHeaders = sampler_.keepsNextSuccess();
  }
}

void LoadShard::onScripts(Execution& execution, ScriptPhase phase, ScriptOutcome& outcome) {
  recorder_.add(Count::kScriptRuns);
  if (!execution.secrets().empty()) maskSecretsOf(execution, outcome);
  if (run_->plan.histograms) recorder_.record(Measure::kScript, outcome.durationNs / kNsPerUs);
  if (outcome.error.has_value()) {
    recorder_.add(Count::kScriptFailures);
    tests_.begin();
    tests_.count(phase == ScriptPhase::kPreRequest ? "(pre-request script error)" : "(test script error)", false, false,
                 outcome.error->script + ": " + outcome.error->message);
  }
  tests_.begin();
  for (const TestOutcome& test : outcome.tests) tests_.count(test.name, test.passed, test.skipped, test.error);
}

void LoadShard::onResponse(Execution& execution) { record(execution); }

void LoadShard::record(Execution& execution) {
  Exchange& exchange = execution.exchange();
  const Response& response = exchange.response;
  recorder_.add(Count::kBytesSent, exchange.bytesSent);
  recorder_.add(Count::kBytesReceived, exchange.bytesReceived);
  if (exchange.retries > 0) recorder_.add(Count::kRetries, static_cast<std::uint64_t>(exchange.retries));
  if (exchange.connectionReused) recorder_.add(Count::kConnectionsReused);
  if (exchange.osError == EMFILE || exchange.osError == ENFILE) recorder_.descriptorsExhausted.add();
  if (exchange.osError == EADDRNOTAVAIL) recorder_.portsExhausted.add();

  if (exchange.error == ErrorCode::kAborted) {
    recorder_.add(Count::kAborted);
    return;
  }
  bool failed = true;
  if (exchange.error != ErrorCode::kNone) {
    recorder_.failure(static_cast<std::size_t>(exchange.error));
  } else {
    recorder_.status(response.status);
    if (response.status >= 500) {
      recorder_.failure(Recorder::kHttp5xx);
    } else if (response.status >= 400) {
      recorder_.failure(Recorder::kHttp4xx);
    } else {
      failed = false;
    }
  }
  recorder_.add(failed ? Count::kFailed : Count::kSucceeded);
  if (!run_->plan.histograms) return;
  recordSpans(exchange, execution.preRequestNs());
  const std::int64_t responseUs =
      (exchange.clocks.doneNs - exchange.clocks.intendedNs - execution.preRequestNs()) / kNsPerUs;
  if (responseUs >= run_->plan.sampling.slowThresholdUs) recorder_.add(Count::kSlow);
  sampler_.offer(exchange, failed, responseUs);
}

void LoadShard::recordSpans(const Exchange& exchange, std::int64_t preRequestNs) {
  const Clocks& clocks = exchange.clocks;
  // What a pre-request script took is the client's own work: it counts as script time and not as the server's.
  recorder_.record(Measure::kResponseTime, (clocks.doneNs - clocks.intendedNs - preRequestNs) / kNsPerUs);
  recorder_.record(Measure::kServiceTime, (clocks.doneNs - clocks.sentNs) / kNsPerUs);
  recorder_.record(Measure::kLateness, (clocks.sentNs - clocks.intendedNs - preRequestNs) / kNsPerUs);
  const Phases& phases = exchange.phases;
  if (!exchange.connectionReused && phases.dnsUs + phases.connectUs > 0) {
    recorder_.record(Measure::kDns, phases.dnsUs);
    recorder_.record(Measure::kConnect, phases.connectUs);
    if (phases.tlsUs > 0) recorder_.record(Measure::kTls, phases.tlsUs);
  }
  if (clocks.firstByteNs != 0) {
    recorder_.record(Measure::kFirstByte, phases.firstByteUs);
    recorder_.record(Measure::kDownload, phases.downloadUs);
  }
}

void LoadShard::onExecutionDone(Execution& execution) {
  const ErrorCode error = execution.exchange().error;
  if (!execution.sent()) {
    recorder_.drop(execution.skipped()                ? DropReason::kSkipped
                   : error == ErrorCode::kScriptError ? DropReason::kScriptError
                                                      : DropReason::kStopped);
  }
  Execution* last = running_.back();
  running_[execution.position] = last;
  last->position = execution.position;
  running_.pop_back();
  idle_.push_back(&execution);

  // The freed place is taken at once: the closed model's next request is wanted the moment this one has ended. Pre-request scripts wait
  // for the next pass, since this may be called from within a script's end.
  if (openModel_ || stopping_ || run_->plan.submission.hasPreRequestScripts()) return;
  const std::int64_t now = setting_.scripts != nullptr ? vayu::nowNs() : execution.exchange().clocks.doneNs;
  if (now - run_->startNs < concurrency_.durationNs() && running_.size() < targetConcurrency(now)) beginNext(now);
}

void LoadShard::stop(std::int64_t nowNs, std::int64_t abortAtNs) {
  if (!stopping_) stoppedAtNs_ = nowNs;
  stopping_ = true;
  abortAtNs_ = std::min(abortAtNs_, abortAtNs);
}

void LoadShard::hold(std::int64_t atNs, double value) { holds_.emplace_back(atNs, value); }

void LoadShard::renew(const Credentials& credentials) {
  auto changed = std::make_unique<Submission>(*setting_.submission);
  vayu::renew(*changed, credentials);
  setting_.submission = changed.get();
  changed_ = std::move(changed);
  prepareRequest();
}

void LoadShard::abortAll() {
  // Backwards, since each abort takes the execution out of the list.
  while (!running_.empty()) {
    const std::size_t before = running_.size();
    running_.back()->abort();
    if (running_.size() >= before) break;
  }
}

void LoadShard::endIfIdle(std::int64_t nowNs) {
  if (!stopping_ || !running_.empty()) return;
  if (openModel_) dropUnsent();
  ended_ = true;
  sampler_.finish();
  recorder_.connectionsOpen.set(0);
  std::int64_t latest = run_->endNs.load(std::memory_order_relaxed);
  while (latest < nowNs && !run_->endNs.compare_exchange_weak(latest, nowNs, std::memory_order_relaxed)) {
  }
}

// Arrivals that were due before a stop and had not been begun are part of the plan, so that its sum still balances.
void LoadShard::dropUnsent() {
  const std::uint64_t due = pacer_.dueBefore(stoppedAtNs_ - run_->startNs);
  recorder_.add(Count::kPlanned, due);
  if (due > 0) recorder_.drop(unsentReason_, due);
}

std::int64_t LoadShard::nextDeadlineNs(std::int64_t nowNs) {
  if (ended_) return 0;
  std::int64_t deadline = std::min(transport_->nextDeadlineNs(), abortAtNs_);
  if (!holds_.empty()) deadline = std::min(deadline, holds_.front().first);
  if (stopping_) return running_.empty() ? 0 : deadline;
  const std::int64_t elapsed = nowNs - run_->startNs;
  if (openModel_) {
    const std::int64_t due = pacer_.nextDueNs() != kNever ? pacer_.nextDueNs() : pacer_.durationNs();
    if (due != kNever) deadline = std::min(deadline, run_->startNs + due);
  } else {
    if (elapsed < 0) return std::min(deadline, run_->startNs);
    if (filling_ || running_.size() < targetConcurrency(nowNs)) return 0;
    const std::int64_t change = concurrency_.nextChangeNs(elapsed, kSlopeStepNs);
    if (change != kNever) deadline = std::min(deadline, run_->startNs + change);
  }
  return deadline;
}

}  // namespace vayu
