// An event loop whose results and snapshots are collected, for tests of whole runs.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <csignal>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "engine/event_loop.h"

namespace vayu::test {

inline EventLoopConfig withWorkers(std::size_t count) {
  EventLoopConfig config;
  config.workers = count;
  return config;
}

class EngineFixture {
 public:
  explicit EngineFixture(EventLoopConfig config = withWorkers(2))
      : loop_(config, {[this](std::unique_ptr<ExchangeResult> result) { keep(std::move(result)); },
                       [this](std::unique_ptr<Snapshot> snapshot) { keep(std::move(snapshot)); }}) {
    std::signal(SIGPIPE, SIG_IGN);
    EXPECT_TRUE(loop_.start());
  }
  ~EngineFixture() { loop_.stop(); }

  EventLoop& loop() { return loop_; }

  static Submission submission(std::string url) {
    Submission submission;
    auto options = std::make_shared<RequestOptions>();
    options->timeoutMs = 20'000;
    submission.options = options;
    submission.request.method = "GET";
    submission.request.url = std::move(url);
    return submission;
  }
  std::uint64_t submit(std::string url) {
    return loop_.submit(std::make_shared<const Submission>(submission(std::move(url))));
  }

  static LoadPlan plan(std::string url, LoadKind kind, std::vector<CurveSegment> segments) {
    LoadPlan plan;
    plan.submission = submission(std::move(url));
    plan.kind = kind;
    plan.segments = std::move(segments);
    plan.graceNs = kNsPerSecond;
    return plan;
  }
  static LoadPlan rate(std::string url, double perSecond, std::int64_t ms) {
    return plan(std::move(url), LoadKind::kRate, {{ms * kNsPerMs, perSecond, perSecond}});
  }
  static LoadPlan concurrency(std::string url, double places, std::int64_t ms) {
    return plan(std::move(url), LoadKind::kConcurrency, {{ms * kNsPerMs, places, places}});
  }
  static LoadPlan iterations(std::string url, double places, std::uint64_t count) {
    LoadPlan made = plan(std::move(url), LoadKind::kConcurrency, {{kNever, places, places}});
    made.iterations = count;
    return made;
  }

  // Blocks until the run's final snapshot; null after `limitMs`.
  const Snapshot* finalOf(std::uint64_t runId, std::int64_t limitMs = 30'000) {
    std::unique_lock lock(mutex_);
    const auto find = [&]() -> const Snapshot* {
      for (const auto& snapshot : snapshots_) {
        if (snapshot->runId == runId && snapshot->final) return snapshot.get();
      }
      return nullptr;
    };
    changed_.wait_for(lock, std::chrono::milliseconds(limitMs), [&] { return find() != nullptr; });
    return find();
  }
  bool waitResults(std::size_t count, std::int64_t limitMs = 30'000) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::milliseconds(limitMs), [&] { return results_.size() >= count; });
  }
  std::vector<std::unique_ptr<ExchangeResult>> takeResults() {
    const std::lock_guard lock(mutex_);
    return std::exchange(results_, {});
  }
  std::vector<std::unique_ptr<Snapshot>> takeSnapshots() {
    const std::lock_guard lock(mutex_);
    return std::exchange(snapshots_, {});
  }

  static double count(const Snapshot& snapshot, Count which) {
    return snapshot.counters[static_cast<std::size_t>(which)];
  }
  static double dropped(const Snapshot& snapshot, DropReason reason) {
    return snapshot.dropped[static_cast<std::size_t>(reason)];
  }
  static double failures(const Snapshot& snapshot, ErrorCode code) {
    return snapshot.failures[static_cast<std::size_t>(code)];
  }

  // The sums that hold at the end of every run.
  static void expectBalance(const Snapshot& end) {
    EXPECT_TRUE(end.final);
    EXPECT_EQ(count(end, Count::kPlanned), count(end, Count::kSent) + count(end, Count::kDropped));
    EXPECT_EQ(count(end, Count::kSent),
              count(end, Count::kSucceeded) + count(end, Count::kFailed) + count(end, Count::kAborted));
    double drops = 0;
    for (const double reason : end.dropped) drops += reason;
    EXPECT_EQ(drops, count(end, Count::kDropped));
    double failed = 0;
    for (const double failureClass : end.failures) failed += failureClass;
    EXPECT_EQ(failed, count(end, Count::kFailed));
    double responses = 0;
    for (const auto& [code, times] : end.statusCodes) responses += times;
    EXPECT_LE(count(end, Count::kSucceeded), responses);
    EXPECT_EQ(end.connectionsOpen, 0);
  }

  // These two add up over all snapshots of a run, so are to be asked after its end.
  std::size_t sampled(std::uint64_t runId) {
    const std::lock_guard lock(mutex_);
    std::size_t sum = 0;
    for (const auto& snapshot : snapshots_) {
      if (snapshot->runId == runId) sum += snapshot->samples.size();
    }
    return sum;
  }
  double recorded(std::uint64_t runId, Measure measure) {
    const std::lock_guard lock(mutex_);
    double sum = 0;
    for (const auto& snapshot : snapshots_) {
      if (snapshot->runId != runId) continue;
      for (const double times : snapshot->histograms[static_cast<std::size_t>(measure)].counts) sum += times;
    }
    return sum;
  }

 private:
  void keep(std::unique_ptr<ExchangeResult> result) {
    const std::lock_guard lock(mutex_);
    results_.push_back(std::move(result));
    changed_.notify_all();
  }
  void keep(std::unique_ptr<Snapshot> snapshot) {
    const std::lock_guard lock(mutex_);
    snapshots_.push_back(std::move(snapshot));
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<ExchangeResult>> results_;
  std::vector<std::unique_ptr<Snapshot>> snapshots_;
  EventLoop loop_;
};

}  // namespace vayu::test
