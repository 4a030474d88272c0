#include "engine/worker.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "engine/load_transport.h"
#include "engine/script_requests.h"
#include "engine/submitted_request.h"

namespace vayu {

namespace {

// A script's stack limit lies well below it.
constexpr std::size_t kStackBytes = 4u << 20;
// How often a worker tells its CPU time: reading it is a system call.
constexpr std::int64_t kPublishNs = 20 * kNsPerMs;
constexpr std::size_t kInteractiveHandles = 100'000;

}  // namespace

Worker::Worker(std::size_t index, const EventLoopConfig& config, std::size_t workerCount, WorkerEvents& events)
    : index_(index),
      config_(config),
      events_(events),
      bucket_(config.targetRps / static_cast<double>(workerCount),
              (config.burstSize > 0 ? config.burstSize : 2 * config.targetRps) / static_cast<double>(workerCount)) {}

Worker::~Worker() { stop(); }

bool Worker::start() {
  if (!poller_.ok()) return false;
  return thread_.start("vayu-worker-" + std::to_string(index_), kStackBytes, [this] { loop(); });
}

void Worker::stop() {
  stopping_.store(true, std::memory_order_release);
  poller_.wake();
  thread_.join();
}

void Worker::post(Command command) {
  {
    const std::lock_guard lock(mutex_);
    commands_.push_back(std::move(command));
    hasCommands_.store(true, std::memory_order_release);
  }
  poller_.wake();
}

void Worker::submit(std::uint64_t id, std::shared_ptr<const Submission> submission) {
  gauges_.pending.fetch_add(1, std::memory_order_relaxed);
  post([id, submission = std::move(submission)](Worker& self) {
    self.pending_.push_back(std::make_unique<SubmittedRequest>(self, id, submission));
  });
}

void Worker::cancel(std::uint64_t id) {
  post([id](Worker& self) {
    if (const auto found = self.active_.find(id); found != self.active_.end()) {
      found->second->abort();
      return;
    }
    const auto waiting = std::find_if(self.pending_.begin(), self.pending_.end(),
                                      [id](const auto& request) { return request->id() == id; });
    if (waiting == self.pending_.end()) return;
    (*waiting)->abandon();
    self.gauges_.pending.fetch_sub(1, std::memory_order_relaxed);
    self.events_.onResult((*waiting)->takeResult());
    self.pending_.erase(waiting);
  });
}

void Worker::startRun(std::shared_ptr<LoadRun> run, std::uint32_t shard) {
  post([run = std::move(run), shard](Worker& self) {
    const Submission& submission = run->plan.submission;
    const bool scripted = submission.needsScriptHost();
    ScriptHost* scripts = scripted ? &self.scripts() : nullptr;
    self.shards_.emplace_back(run, std::make_unique<LoadShard>(run, shard, self.makeTransport(*run), scripts,
                                                               scripted ? self.scriptRequests_.get() : nullptr));
  });
}

void Worker::stopRun(std::uint64_t runId, std::int64_t graceNs) {
  post([runId, graceNs](Worker& self) {
    const std::int64_t now = nowNs();
    for (auto& [run, shard] : self.shards_) {
      if (run->id == runId) shard->stop(now, after(now, graceNs));
    }
  });
}

void Worker::holdRun(std::uint64_t runId, std::int64_t atNs, double value) {
  post([runId, atNs, value](Worker& self) {
    for (auto& [run, shard] : self.shards_) {
      if (run->id == runId) shard->hold(atNs, value);
    }
  });
}

void Worker::renewRun(std::uint64_t runId, std::shared_ptr<const Credentials> credentials) {
  post([runId, credentials = std::move(credentials)](Worker& self) {
    for (auto& [run, shard] : self.shards_) {
      if (run->id == runId) shard->renew(*credentials);
    }
  });
}

ScriptHost& Worker::scripts() {
  if (scripts_ == nullptr) {
    scripts_ = std::make_unique<ScriptHost>(config_.scripts);
    scriptRequests_ = std::make_unique<ScriptRequests>(*interactive_, *scripts_);
    gauges_.hasScriptHost.store(true, std::memory_order_relaxed);
  }
  return *scripts_;
}

std::unique_ptr<Transport> Worker::makeTransport(const LoadRun& run) {
  const std::size_t streams = run.plan.streamsPerConnection;
  if (run.onWire) return std::make_unique<LoadTransport>(poller_, streams);
  return std::make_unique<CurlTransport>(
      poller_, CurlTransportLimits{.waitForMultiplexing = true, .streamsPerConnection = streams});
}

void Worker::loop() {
  interactive_ = std::make_unique<CurlTransport>(
      poller_, CurlTransportLimits{.handlesPerMulti = kInteractiveHandles,
                                   .maxHostConnections = static_cast<long>(config_.maxPerHost)});
  std::int64_t now = nowNs();
  while (!stopping_.load(std::memory_order_acquire)) {
    const std::int64_t passStart = now;
    if (hasCommands_.load(std::memory_order_acquire)) runCommands();
    startPending(now);
    advanceRuns(now);
    interactive_->drive(now);
    if (scripts_ != nullptr) {
      scripts_->pump(now);
      scriptRequests_->references().beginWaiting();
    }
    ended_.clear();
    publish(nowNs(), passStart);
    now = poller_.wait(deadline(now));
  }
  shutDown();
}

void Worker::runCommands() {
  std::vector<Command> commands;
  {
    const std::lock_guard lock(mutex_);
    commands.swap(commands_);
    hasCommands_.store(false, std::memory_order_release);
  }
  for (Command& command : commands) command(*this);
}

void Worker::startPending(std::int64_t nowNs) {
  while (!pending_.empty() && active_.size() < config_.maxConcurrent && bucket_.take(nowNs)) {
    std::unique_ptr<SubmittedRequest> request = std::move(pending_.front());
    pending_.pop_front();
    gauges_.pending.fetch_sub(1, std::memory_order_relaxed);
    gauges_.active.fetch_add(1, std::memory_order_relaxed);
    SubmittedRequest& started = *request;
    active_.emplace(started.id(), std::move(request));
    const bool scripted = started.needsScripts();
    ScriptHost* host = scripted ? &scripts() : nullptr;
    started.begin(*interactive_, host, scripted ? scriptRequests_.get() : nullptr);
  }
}

void Worker::finish(SubmittedRequest& request) {
  const auto found = active_.find(request.id());
  if (found == active_.end()) return;
  gauges_.active.fetch_sub(1, std::memory_order_relaxed);
  gauges_.processed.fetch_add(1, std::memory_order_relaxed);
  events_.onResult(request.takeResult());
  ended_.push_back(std::move(found->second));
  active_.erase(found);
}

void Worker::advanceRuns(std::int64_t nowNs) {
  for (std::size_t index = 0; index < shards_.size();) {
    auto& [run, shard] = shards_[index];
    shard->advance(nowNs);
    if (!shard->ended()) {
      ++index;
      continue;
    }
    const std::shared_ptr<LoadRun> ended = run;
    const Recorder& recorder = shard->recorder();
    gauges_.processed.fetch_add(recorder.get(Count::kSucceeded) + recorder.get(Count::kFailed),
                                std::memory_order_relaxed);
    shards_.erase(shards_.begin() + static_cast<std::ptrdiff_t>(index));
    if (ended->shardsRunning.fetch_sub(1, std::memory_order_acq_rel) == 1) events_.onRunEnded(ended);
  }
}

std::int64_t Worker::deadline(std::int64_t now) {
  std::int64_t deadline = config_.pollTimeoutMs > 0 ? now + config_.pollTimeoutMs * kNsPerMs : kNever;
  if (hasCommands_.load(std::memory_order_acquire)) return 0;
  deadline = std::min(deadline, interactive_->nextDeadlineNs());
  for (const auto& [run, shard] : shards_) deadline = std::min(deadline, shard->nextDeadlineNs(now));
  if (scripts_ != nullptr) {
    if (scriptRequests_->references().hasWaiting()) return 0;
    deadline = std::min(deadline, scripts_->nextDeadlineNs());
  }
  if (!pending_.empty() && active_.size() < config_.maxConcurrent) deadline = std::min(deadline, bucket_.nextNs(now));
  return deadline;
}

void Worker::publish(std::int64_t nowNs, std::int64_t passStartNs) {
  const std::int64_t pass = nowNs - passStartNs;
  if (pass > gauges_.longestPassNs.load(std::memory_order_relaxed)) {
    gauges_.longestPassNs.store(pass, std::memory_order_relaxed);
  }
  if (nowNs - publishedAtNs_ < kPublishNs) return;
  publishedAtNs_ = nowNs;
  gauges_.cpuNs.store(threadCpuNs(), std::memory_order_relaxed);
}

void Worker::shutDown() {
  runCommands();
  for (auto& request : pending_) {
    request->abandon();
    gauges_.pending.fetch_sub(1, std::memory_order_relaxed);
    events_.onResult(request->takeResult());
  }
  pending_.clear();
  while (!active_.empty()) {
    const std::size_t before = active_.size();
    active_.begin()->second->abort();
    // A script that is cancelled may leave its execution open for a moment only if the host misbehaves.
    if (active_.size() >= before) active_.erase(active_.begin());
  }
  const std::int64_t now = nowNs();
  for (auto& [run, shard] : shards_) shard->stop(now, now);
  advanceRuns(now);
  shards_.clear();
  if (scriptRequests_ != nullptr) scriptRequests_->abortAll();
  ended_.clear();
  scriptRequests_.reset();
  interactive_.reset();
  scripts_.reset();
}

}  // namespace vayu
