#include "engine/event_loop.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "curl/handles.h"
#include "engine/load_transport.h"

namespace vayu {

namespace {

// All workers hear of a run, or of a change to it, before it takes effect.
constexpr std::int64_t kAnnounceNs = 5 * kNsPerMs;
// A worker's first script host takes tens of milliseconds, which are not the first requests' time.
constexpr std::int64_t kFirstScriptsNs = 100 * kNsPerMs;

}  // namespace

EventLoop::EventLoop(EventLoopConfig config, Callbacks callbacks)
    : config_(std::move(config)), callbacks_(std::move(callbacks)) {}

EventLoop::~EventLoop() { stop(); }

bool EventLoop::start() {
  if (!ensureCurl()) return false;
  std::size_t count = config_.workers;
  if (count == 0) count = std::max(1u, std::thread::hardware_concurrency());
  std::vector<Worker*> borrowed;
  WorkerEvents& events = *this;
  for (std::size_t index = 0; index < count; ++index) {
    workers_.push_back(std::make_unique<Worker>(index, config_, count, events));
    borrowed.push_back(workers_.back().get());
  }
  reporter_ = std::make_unique<Reporter>(borrowed, callbacks_.onSnapshot);
  running_ = true;
  bool started = reporter_->start();
  for (const auto& worker : workers_) started = started && worker->start();
  if (!started) stop();
  return started;
}

void EventLoop::stop() {
  const std::lock_guard lock(stopMutex_);
  if (!running_) return;
  running_ = false;
  for (const auto& worker : workers_) worker->stop();
  reporter_->stop();
}

std::uint64_t EventLoop::submit(std::shared_ptr<const Submission> submission) {
  const std::uint64_t id = ++nextRequest_;
  workerOf(id).submit(id, std::move(submission));
  return id;
}

void EventLoop::cancel(std::uint64_t id) { workerOf(id).cancel(id); }

// Whether the run goes over the wire; says so, and why, in `started`.
bool EventLoop::chooseTransport(const LoadPlan& plan, StartedRun& started) {
  const std::string objection = LoadTransport::whyNotWire(*plan.submission.prepare());
  if (plan.transport == TransportChoice::kWire && !objection.empty()) {
    started.error = "transport \"wire\" cannot carry this request: " + objection + "; use \"auto\" or \"curl\"";
    return false;
  }
  const bool onWire =
      plan.transport == TransportChoice::kWire || (plan.transport == TransportChoice::kAuto && objection.empty());
  started.transport = onWire ? "wire" : "curl";
  if (plan.transport != TransportChoice::kAuto) {
    started.transportReason = "asked for";
  } else {
    started.transportReason = onWire ? "nothing in the request needs a libcurl transfer" : objection;
  }
  return onWire;
}

// How long before its first instant the workers are told of a run.
std::int64_t EventLoop::noticeNs(const LoadPlan& plan, std::size_t shards) const {
  const bool ready =
      std::all_of(workers_.begin(), workers_.begin() + static_cast<std::ptrdiff_t>(shards),
                  [](const auto& worker) { return worker->gauges().hasScriptHost.load(std::memory_order_relaxed); });
  return ready || !plan.submission.needsScriptHost() ? kAnnounceNs : kFirstScriptsNs;
}

EventLoop::StartedRun EventLoop::startRun(LoadPlan plan) {
  std::size_t shards = workers_.size();
  // A worker without a share of the concurrency would only wait.
  std::uint64_t places = plan.maxInFlight;
  if (plan.kind == LoadKind::kConcurrency) {
    double most = 0;
    for (const CurveSegment& segment : plan.segments) most = std::max({most, segment.start, segment.end});
    places = static_cast<std::uint64_t>(most + 0.5);
  }
  if (places > 0) shards = std::min<std::size_t>(shards, places);

  StartedRun started;
  const bool onWire = chooseTransport(plan, started);
  if (!started.error.empty()) return started;
  started.id = ++nextRun_;
  started.workers = shards;
  const std::int64_t startNs = nowNs() + noticeNs(plan, shards);
  auto run = std::make_shared<LoadRun>(started.id, std::move(plan), static_cast<std::uint32_t>(shards), startNs);
  run->onWire = onWire;
  started.startNs = run->startNs;
  reporter_->watch(run);
  for (std::size_t index = 0; index < shards; ++index)
    workers_[index]->startRun(run, static_cast<std::uint32_t>(index));
  return started;
}

void EventLoop::stopRun(std::uint64_t runId, std::int64_t graceNs) {
  for (const auto& worker : workers_) worker->stopRun(runId, graceNs);
}

std::int64_t EventLoop::holdRun(std::uint64_t runId, std::int64_t runStartNs, double value) {
  const std::int64_t at = std::max(nowNs(), runStartNs) + kAnnounceNs;
  reporter_->hold(runId, at, value);
  for (const auto& worker : workers_) worker->holdRun(runId, at, value);
  return at - runStartNs;
}

void EventLoop::renewRun(std::uint64_t runId, Credentials credentials) {
  const auto shared = std::make_shared<const Credentials>(std::move(credentials));
  for (const auto& worker : workers_) worker->renewRun(runId, shared);
}

std::uint64_t EventLoop::activeCount() const {
  std::uint64_t sum = 0;
  for (const auto& worker : workers_) sum += worker->gauges().active.load(std::memory_order_relaxed);
  return sum;
}

std::uint64_t EventLoop::pendingCount() const {
  std::uint64_t sum = 0;
  for (const auto& worker : workers_) sum += worker->gauges().pending.load(std::memory_order_relaxed);
  return sum;
}

std::uint64_t EventLoop::totalProcessed() const {
  std::uint64_t sum = 0;
  for (const auto& worker : workers_) sum += worker->gauges().processed.load(std::memory_order_relaxed);
  return sum;
}

void EventLoop::onResult(std::unique_ptr<ExchangeResult> result) { callbacks_.onResult(std::move(result)); }

void EventLoop::onRunEnded(const std::shared_ptr<LoadRun>&) { reporter_->runEnded(); }

}  // namespace vayu
