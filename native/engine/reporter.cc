#include "engine/reporter.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/clock.h"

namespace vayu {

namespace {

constexpr std::int64_t kTickNs = 100 * kNsPerMs;
constexpr std::size_t kStackBytes = 512u << 10;

}  // namespace

Reporter::Reporter(std::vector<Worker*> workers, OnSnapshot onSnapshot)
    : workers_(std::move(workers)), onSnapshot_(std::move(onSnapshot)) {}

Reporter::~Reporter() { stop(); }

bool Reporter::start() {
  return thread_.start("vayu-reporter", kStackBytes, [this] { loop(); });
}

void Reporter::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Reporter::watch(std::shared_ptr<LoadRun> run) {
  auto watched = std::make_unique<Watched>(Watched{run,
                                                   Curve(run->plan.segments),
                                                   {},
                                                   run->startNs,
                                                   {},
                                                   std::vector<double>(workers_.size(), 0),
                                                   std::vector<std::int64_t>(workers_.size(), 0)});
  for (Worker* worker : workers_) {
    watched->lastCpuNs.push_back(worker->gauges().cpuNs.load(std::memory_order_relaxed));
  }
  {
    const std::lock_guard lock(mutex_);
    watched_.push_back(std::move(watched));
  }
  changed_.notify_all();
}

void Reporter::runEnded() {
  {
    const std::lock_guard lock(mutex_);
    runEnded_ = true;
  }
  changed_.notify_all();
}

void Reporter::hold(std::uint64_t runId, std::int64_t atNs, double value) {
  const std::lock_guard lock(mutex_);
  for (const auto& watched : watched_) {
    if (watched->run->id == runId) watched->curve = watched->curve.heldFrom(atNs - watched->run->startNs, value);
  }
}

void Reporter::loop() {
  std::unique_lock lock(mutex_);
  std::int64_t nextTick = nowNs() + kTickNs;
  while (true) {
    if (watched_.empty()) {
      if (stopping_) return;
      changed_.wait(lock, [this] { return stopping_ || !watched_.empty(); });
      nextTick = nowNs() + kTickNs;
      continue;
    }
    const auto wait = std::chrono::nanoseconds(std::max<std::int64_t>(0, nextTick - nowNs()));
    changed_.wait_for(lock, wait, [this] { return stopping_ || runEnded_; });
    const bool stopping = stopping_;
    runEnded_ = false;
    const std::int64_t now = nowNs();
    const bool tick = now >= nextTick;
    if (tick) nextTick = nextTick + kTickNs > now ? nextTick + kTickNs : now + kTickNs;
    collectLag();

    std::vector<std::unique_ptr<Snapshot>> snapshots;
    for (auto& watched : watched_) {
      // Acquire: everything the shards wrote before they ended is visible once the count is seen at zero.
      const bool final = watched->run->shardsRunning.load(std::memory_order_acquire) == 0;
      if (!final && !stopping && (!tick || now < watched->run->startNs)) continue;
      snapshots.push_back(read(*watched, now, final || stopping));
      if (final || stopping) watched.reset();
    }
    std::erase(watched_, nullptr);
    lock.unlock();
    for (auto& snapshot : snapshots) onSnapshot_(std::move(snapshot));
    lock.lock();
  }
}

void Reporter::collectLag() {
  for (std::size_t index = 0; index < workers_.size(); ++index) {
    const std::int64_t longest = workers_[index]->gauges().longestPassNs.exchange(0, std::memory_order_relaxed);
    for (const auto& watched : watched_)
      watched->longestPassNs[index] = std::max(watched->longestPassNs[index], longest);
  }
}

std::unique_ptr<Snapshot> Reporter::read(Watched& watched, std::int64_t now, bool final) {
  const LoadRun& run = *watched.run;
  auto snapshot = std::make_unique<Snapshot>();
  snapshot->runId = run.id;
  snapshot->startNs = run.startNs;
  snapshot->final = final;
  const std::int64_t ended = run.endNs.load(std::memory_order_relaxed);
  // Never before the tick that came last: a worker may be held up between the end of its part and saying so.
  const std::int64_t at = final && ended != 0 ? std::max(ended, watched.lastNs) : now;
  // A run may be stopped before its announced start.
  snapshot->elapsedMs =
      static_cast<double>(std::max<std::int64_t>(0, at - run.startNs)) / static_cast<double>(kNsPerMs);
  snapshot->target = watched.curve.valueAt(at - run.startNs);

  std::array<double, Recorder::kStatusCodes> codes{};
  for (const auto& figures : run.figures) {
    const Recorder& recorder = figures->recorder;
    // What ends a request is read before what begins one, so that no sum of ends exceeds its beginnings.
    for (std::size_t index = kCountCount; index-- > 0;) {
      snapshot->counters[index] += static_cast<double>(recorder.get(static_cast<Count>(index)));
    }
    for (std::size_t index = 0; index < kDropReasonCount; ++index) {
      snapshot->dropped[index] += static_cast<double>(recorder.dropped(static_cast<DropReason>(index)));
    }
    for (std::size_t index = 0; index < Recorder::kFailureClasses; ++index) {
      snapshot->failures[index] += static_cast<double>(recorder.failureCount(index));
    }
    for (std::size_t code = 0; code < codes.size(); ++code) {
      codes[code] += static_cast<double>(recorder.statusCount(code));
    }
    snapshot->connectionsOpen += static_cast<double>(recorder.connectionsOpen.get());
    snapshot->descriptorsExhausted += static_cast<double>(recorder.descriptorsExhausted.get());
    snapshot->portsExhausted += static_cast<double>(recorder.portsExhausted.get());
    figures->tests.addTo(snapshot->tests);
    std::vector<SampledExchange> samples = figures->sampler.drain();
    std::move(samples.begin(), samples.end(), std::back_inserter(snapshot->samples));
  }
  for (std::size_t code = 0; code < codes.size(); ++code) {
    if (codes[code] > 0) snapshot->statusCodes.emplace_back(static_cast<int>(code), codes[code]);
  }
  for (std::size_t measure = 0; measure < kMeasureCount; ++measure) {
    std::vector<Histogram*> sources;
    for (const auto& figures : run.figures) {
      sources.push_back(&figures->recorder.histogram(static_cast<Measure>(measure)));
    }
    snapshot->histograms[measure] = watched.readers[measure].advance(sources);
  }
  const double interval = std::max<double>(1, static_cast<double>(now - watched.lastNs));
  for (std::size_t index = 0; index < workers_.size(); ++index) {
    WorkerGauges& gauges = workers_[index]->gauges();
    const std::int64_t cpu = gauges.cpuNs.load(std::memory_order_relaxed);
    WorkerReading reading;
    // Workers tell their CPU time every 20 ms, so a shorter interval says nothing.
    const bool telling = interval > static_cast<double>(kTickNs) / 2;
    reading.cpu = telling ? static_cast<double>(cpu - watched.lastCpuNs[index]) / interval : watched.lastCpu[index];
    watched.lastCpu[index] = reading.cpu;
    reading.maxLoopLagMs = static_cast<double>(std::exchange(watched.longestPassNs[index], 0)) / kNsPerMs;
    watched.lastCpuNs[index] = cpu;
    snapshot->workers.push_back(reading);
  }
  watched.lastNs = now;
  return snapshot;
}

}  // namespace vayu
