// The shard against a transport and a clock that tests move by hand: no thread, no socket, no sleep.
#include "engine/load_shard.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "test/support/manual_transport.h"

namespace vayu::test {
namespace {

constexpr std::int64_t kStart = 1'000 * kNsPerSecond;

LoadPlan planOf(LoadKind kind, std::vector<CurveSegment> segments) {
  LoadPlan plan;
  plan.submission.options = std::make_shared<RequestOptions>();
  plan.submission.request.method = "GET";
  plan.submission.request.url = "http://127.0.0.1/";
  plan.kind = kind;
  plan.segments = std::move(segments);
  plan.graceNs = kNsPerSecond;
  return plan;
}

LoadPlan rate(double perSecond, std::int64_t seconds) {
  return planOf(LoadKind::kRate, {{seconds * kNsPerSecond, perSecond, perSecond}});
}

LoadPlan concurrency(double places, std::int64_t durationNs) {
  return planOf(LoadKind::kConcurrency, {{durationNs, places, places}});
}

// One shard of a run and its clock.
struct Shard {
  Shard(std::shared_ptr<LoadRun> of, std::uint32_t index) : run(std::move(of)) {
    auto owned = std::make_unique<ManualTransport>();
    transport = owned.get();
    shard = std::make_unique<LoadShard>(run, index, std::move(owned), nullptr, nullptr);
  }
  explicit Shard(LoadPlan plan) : Shard(std::make_shared<LoadRun>(1, std::move(plan), 1, kStart), 0) {}

  void at(std::int64_t elapsedNs) {
    transport->now = kStart + elapsedNs;
    shard->advance(transport->now);
  }
  // Passes of the loop until `elapsedNs`, each when the shard asks for it, answering everything `serviceNs` after it was sent.
  void runTo(std::int64_t elapsedNs, std::int64_t serviceNs) {
    for (int passes = 0; passes < 2'000'000 && !shard->ended(); ++passes) {
      std::int64_t next = shard->nextDeadlineNs(transport->now);
      if (!transport->flying.empty()) next = std::min(next, transport->flying.front()->clocks.sentNs + serviceNs);
      next = std::max(next, transport->now);
      if (next > kStart + elapsedNs) break;
      transport->now = next;
      while (!transport->flying.empty() && transport->flying.front()->clocks.sentNs + serviceNs <= next)
        transport->answer();
      shard->advance(next);
    }
    if (!shard->ended()) at(elapsedNs);
  }

  std::uint64_t count(Count which) const { return shard->recorder().get(which); }
  void expectBalance() const {
    EXPECT_TRUE(shard->ended());
    EXPECT_EQ(count(Count::kPlanned), count(Count::kSent) + count(Count::kDropped));
    EXPECT_EQ(count(Count::kSent), count(Count::kSucceeded) + count(Count::kFailed) + count(Count::kAborted));
    EXPECT_EQ(count(Count::kSent), transport->started);
    std::uint64_t dropped = 0;
    for (std::size_t reason = 0; reason < kDropReasonCount; ++reason) {
      dropped += shard->recorder().dropped(static_cast<DropReason>(reason));
    }
    EXPECT_EQ(dropped, count(Count::kDropped));
    std::uint64_t failed = 0;
    for (std::size_t index = 0; index < Recorder::kFailureClasses; ++index)
      failed += shard->recorder().failureCount(index);
    EXPECT_EQ(failed, count(Count::kFailed));
  }

  std::shared_ptr<LoadRun> run;
  ManualTransport* transport = nullptr;
  std::unique_ptr<LoadShard> shard;
};

TEST(LoadShardOpen, SendsEveryArrivalAtItsInstant) {
  Shard shard(rate(100, 10));
  shard.at(-5 * kNsPerMs);
  EXPECT_EQ(shard.transport->started, 0u);
  EXPECT_EQ(shard.shard->nextDeadlineNs(shard.transport->now), kStart);
  shard.runTo(20 * kNsPerSecond, 3 * kNsPerMs);
  shard.expectBalance();
  EXPECT_EQ(shard.count(Count::kSucceeded), 1000u);
  // In virtual time nothing is late, and the service time is exact.
  EXPECT_EQ(shard.shard->recorder().histogram(Measure::kLateness).countAt(0), 1000u);
  EXPECT_EQ(shard.shard->recorder().histogram(Measure::kServiceTime).countAt(hdr::indexOf(3000)), 1000u);
  EXPECT_EQ(shard.shard->recorder().histogram(Measure::kResponseTime).countAt(hdr::indexOf(3000)), 1000u);
}

TEST(LoadShardOpen, AStallShowsInTheResponseTimes) {
  Shard shard(rate(100, 1));
  shard.at(0);
  // The loop is away for half a second: 50 arrivals are released late, and their lateness is on record.
  shard.runTo(5 * kNsPerMs, kNsPerMs);
  shard.at(500 * kNsPerMs);
  EXPECT_EQ(shard.transport->started, 51u);
  while (!shard.transport->flying.empty()) shard.transport->answer();
  const Histogram& lateness = shard.shard->recorder().histogram(Measure::kLateness);
  EXPECT_EQ(lateness.countAt(hdr::indexOf(490'000)), 1u);
  EXPECT_EQ(lateness.countAt(hdr::indexOf(10'000)), 1u);
  EXPECT_EQ(shard.shard->recorder().histogram(Measure::kServiceTime).countAt(0), 50u);
}

TEST(LoadShardOpen, DropsWhatIsDueWhileTooManyAreInFlight) {
  LoadPlan plan = rate(100, 1);
  plan.maxInFlight = 10;
  Shard shard(std::move(plan));
  shard.runTo(500 * kNsPerMs, kNever / 4);
  EXPECT_EQ(shard.count(Count::kSent), 10u);
  EXPECT_EQ(shard.shard->recorder().dropped(DropReason::kMaxInFlight), 41u);
  EXPECT_EQ(shard.transport->highest, 10u);
  shard.runTo(10 * kNsPerSecond, 0);
  shard.expectBalance();
  EXPECT_EQ(shard.count(Count::kPlanned), 100u);
}

TEST(LoadShardOpen, ABurstIsBounded) {
  for (const Arrival arrival : {Arrival::kUniform, Arrival::kPoisson}) {
    LoadPlan plan = rate(1000, 2);
    plan.burst = 20;
    plan.arrival = arrival;
    plan.seed = 4;
    Shard shard(std::move(plan));
    shard.at(0);
    shard.at(500 * kNsPerMs);
    const std::uint64_t begun = shard.transport->started;
    EXPECT_LE(begun, 60u);
    EXPECT_GE(begun, 2u);
    EXPECT_NEAR(static_cast<double>(shard.shard->recorder().dropped(DropReason::kBurst)), 480, 80);
    shard.runTo(10 * kNsPerSecond, kNsPerMs);
    shard.expectBalance();
    if (arrival == Arrival::kUniform) {
      EXPECT_EQ(shard.count(Count::kPlanned), 2000u);
    }
  }
}

TEST(LoadShardOpen, ABurstDropsNothingBeyondTheLimit) {
  LoadPlan plan = rate(1000, 10);
  plan.burst = 1;
  plan.iterations = 100;
  Shard shard(std::move(plan));
  shard.at(0);
  shard.at(5 * kNsPerSecond);
  shard.runTo(20 * kNsPerSecond, 0);
  shard.expectBalance();
  EXPECT_EQ(shard.count(Count::kPlanned), 100u);
}

TEST(LoadShardOpen, AStopCountsWhatWasDueAndNotBegun) {
  Shard shard(rate(100'000, 10));
  shard.at(0);
  // 10,000 are due; one pass begins a batch of them.
  shard.at(100 * kNsPerMs);
  const std::uint64_t begun = shard.transport->started;
  EXPECT_LT(begun, 10'000u);
  shard.shard->stop(kStart + 100 * kNsPerMs, kStart + 200 * kNsPerMs);
  shard.at(150 * kNsPerMs);
  EXPECT_FALSE(shard.shard->ended());
  for (int count = 0; count < 5; ++count) shard.transport->answer();
  shard.at(200 * kNsPerMs);
  shard.expectBalance();
  EXPECT_EQ(shard.count(Count::kSucceeded), 5u);
  EXPECT_EQ(shard.count(Count::kAborted), begun - 5);
  EXPECT_EQ(shard.count(Count::kPlanned), 10'000u);
  EXPECT_EQ(shard.shard->recorder().dropped(DropReason::kStopped), 10'000 - begun);
}

TEST(LoadShardOpen, AStopBeforeTheStartPlansNothing) {
  Shard shard(rate(100, 10));
  shard.at(-3 * kNsPerMs);
  shard.shard->stop(kStart - 2 * kNsPerMs, kStart - 2 * kNsPerMs);
  shard.at(-2 * kNsPerMs);
  shard.expectBalance();
  EXPECT_EQ(shard.count(Count::kPlanned), 0u);
}

TEST(LoadShardOpen, TheGracePeriodEndsTheRunAndTheSoonerStopCounts) {
  LoadPlan plan = rate(10, 1);
  Shard shard(std::move(plan));
  shard.runTo(1900 * kNsPerMs, kNever / 4);
  EXPECT_FALSE(shard.shard->ended());
  shard.shard->stop(kStart + 1900 * kNsPerMs, kStart + 5 * kNsPerSecond);
  shard.at(2100 * kNsPerMs);
  shard.expectBalance();
  EXPECT_EQ(shard.count(Count::kAborted), 10u);
}

TEST(LoadShardOpen, AGracePeriodWithoutEndWaits) {
  LoadPlan plan = rate(10, 1);
  plan.graceNs = kNever;
  Shard shard(std::move(plan));
  shard.runTo(1000 * kNsPerSecond, kNever / 4);
  EXPECT_FALSE(shard.shard->ended());
  while (!shard.transport->flying.empty()) shard.transport->answer();
  shard.at(1001 * kNsPerSecond);
  shard.expectBalance();
  EXPECT_EQ(shard.count(Count::kSucceeded), 10u);
}

TEST(LoadShardOpen, WorkersShareOneSequence) {
  LoadPlan plan = rate(1000, 1);
  plan.maxInFlight = 5;
  const auto run = std::make_shared<LoadRun>(1, std::move(plan), 3, kStart);
  std::uint64_t sent = 0;
  std::size_t highest = 0;
  for (std::uint32_t index = 0; index < 3; ++index) {
    Shard shard(run, index);
    shard.runTo(3 * kNsPerSecond, 0);
    shard.expectBalance();
    sent += shard.count(Count::kSent);
    highest += shard.transport->highest;
  }
  EXPECT_EQ(sent, 1000u);
  EXPECT_LE(highest, 5u);
}

TEST(LoadShardOpen, HoldsAnotherRateFromItsInstant) {
  Shard shard(rate(100, 10));
  shard.runTo(2 * kNsPerSecond - 1, 0);
  EXPECT_EQ(shard.count(Count::kSent), 200u);
  shard.shard->hold(kStart + 3 * kNsPerSecond, 1000);
  shard.shard->hold(kStart + 4 * kNsPerSecond, 0);
  shard.runTo(20 * kNsPerSecond, 0);
  shard.expectBalance();
  EXPECT_EQ(shard.count(Count::kSent), 300u + 1000u);
  EXPECT_EQ(shard.run->endNs.load(), kStart + 10 * kNsPerSecond);
}

TEST(LoadShardClosed, KeepsItsPlacesFilled) {
  Shard shard(concurrency(8, 2 * kNsPerSecond));
  shard.runTo(20 * kNsPerSecond, 10 * kNsPerMs);
  shard.expectBalance();
  EXPECT_EQ(shard.transport->highest, 8u);
  // 8 places × 200 turns of 10 ms, and none begun at the end.
  EXPECT_EQ(shard.count(Count::kSucceeded), 8u * 200u);
  EXPECT_EQ(shard.count(Count::kPlanned), shard.count(Count::kSent));
}

TEST(LoadShardClosed, IterationsAreExactOverWorkers) {
  for (const std::uint64_t iterations : {1u, 7u, 1000u}) {
    LoadPlan plan = concurrency(10, kNever);
    plan.iterations = iterations;
    const auto run = std::make_shared<LoadRun>(1, std::move(plan), 3, kStart);
    std::vector<std::unique_ptr<Shard>> shards;
    for (std::uint32_t index = 0; index < 3; ++index) shards.push_back(std::make_unique<Shard>(run, index));
    for (std::int64_t time = 0; time < 400 * kNsPerMs; time += kNsPerMs) {
      for (const auto& shard : shards) shard->runTo(time, 5 * kNsPerMs);
    }
    std::uint64_t sent = 0;
    for (const auto& shard : shards) {
      shard->runTo(10 * kNsPerSecond, kNsPerMs);
      shard->expectBalance();
      sent += shard->count(Count::kSent);
    }
    EXPECT_EQ(sent, iterations);
  }
}

TEST(LoadShardClosed, TheLastIterationsAreBoundByThePlansEnd) {
  LoadPlan plan = concurrency(4, kNsPerSecond);
  plan.iterations = 4;
  Shard shard(std::move(plan));
  shard.runTo(1900 * kNsPerMs, kNever / 4);
  EXPECT_FALSE(shard.shard->ended());
  shard.runTo(2100 * kNsPerMs, kNever / 4);
  shard.expectBalance();
  EXPECT_EQ(shard.count(Count::kAborted), 4u);
  EXPECT_EQ(shard.run->endNs.load(), kStart + 2 * kNsPerSecond);
}

TEST(LoadShardClosed, RampsUpAndDown) {
  Shard shard(
      planOf(LoadKind::kConcurrency, {{kNsPerSecond, 0, 100}, {kNsPerSecond, 100, 100}, {kNsPerSecond, 100, 0}}));
  shard.runTo(500 * kNsPerMs, 10 * kNsPerMs);
  EXPECT_NEAR(static_cast<double>(shard.shard->inFlight()), 50, 2);
  shard.runTo(1500 * kNsPerMs, 10 * kNsPerMs);
  EXPECT_EQ(shard.shard->inFlight(), 100u);
  shard.runTo(2500 * kNsPerMs, 10 * kNsPerMs);
  EXPECT_NEAR(static_cast<double>(shard.shard->inFlight()), 50, 3);
  shard.runTo(10 * kNsPerSecond, 10 * kNsPerMs);
  shard.expectBalance();
  EXPECT_EQ(shard.transport->highest, 100u);
}

TEST(LoadShardClosed, HoldsAnotherConcurrency) {
  Shard shard(concurrency(10, 10 * kNsPerSecond));
  shard.runTo(kNsPerSecond, 10 * kNsPerMs);
  EXPECT_EQ(shard.shard->inFlight(), 10u);
  shard.shard->hold(kStart + 2 * kNsPerSecond, 30);
  shard.shard->hold(kStart + 3 * kNsPerSecond, 2);
  shard.runTo(2500 * kNsPerMs, 10 * kNsPerMs);
  EXPECT_EQ(shard.shard->inFlight(), 30u);
  shard.runTo(3500 * kNsPerMs, 10 * kNsPerMs);
  EXPECT_EQ(shard.shard->inFlight(), 2u);
}

TEST(LoadShard, SortsOutcomesIntoClasses) {
  LoadPlan plan = concurrency(1, kNever);
  plan.iterations = 6;
  Shard shard(std::move(plan));
  shard.at(0);
  shard.transport->answer(200);
  shard.transport->answer(404);
  shard.transport->answer(503);
  shard.transport->answer(301);
  shard.transport->failOldest(ErrorCode::kTimeout);
  shard.transport->failOldest(ErrorCode::kConnectionFailed);
  shard.at(1);
  shard.expectBalance();
  const Recorder& recorder = shard.shard->recorder();
  EXPECT_EQ(shard.count(Count::kSucceeded), 2u);
  EXPECT_EQ(shard.count(Count::kFailed), 4u);
  EXPECT_EQ(recorder.failureCount(Recorder::kHttp4xx), 1u);
  EXPECT_EQ(recorder.failureCount(Recorder::kHttp5xx), 1u);
  EXPECT_EQ(recorder.failureCount(static_cast<std::size_t>(ErrorCode::kTimeout)), 1u);
  EXPECT_EQ(recorder.failureCount(static_cast<std::size_t>(ErrorCode::kConnectionFailed)), 1u);
  EXPECT_EQ(recorder.statusCount(404), 1u);
  EXPECT_EQ(recorder.statusCount(0), 0u);
}

TEST(LoadShard, NewCredentialsAreSentFromThenOn) {
  LoadPlan plan = concurrency(1, 10 * kNsPerSecond);
  plan.submission.request.headers = {{"Authorization", "old"}, {"X-Kept", "1"}};
  plan.submission.request.url = "http://host.test/?my_token=kept&token=old&x=1";
  Shard shard(std::move(plan));
  shard.at(0);
  ASSERT_EQ(shard.transport->flying.size(), 1u);
  EXPECT_EQ(shard.transport->flying[0]->request->headers[0].value, "old");
  shard.shard->renew({{{"authorization", "new"}, {"X-Added", "2"}}, {{"token", "longer"}, {"added", "3"}}});
  EXPECT_EQ(shard.transport->flying[0]->request->headers[0].value, "old");
  shard.transport->answer();
  const auto& headers = shard.transport->flying[0]->request->headers;
  ASSERT_EQ(headers.size(), 3u);
  EXPECT_EQ(headers[0].name, "X-Kept");
  EXPECT_EQ(headers[1].value, "new");
  EXPECT_EQ(headers[2].value, "2");
  EXPECT_EQ(shard.transport->flying[0]->request->url, "http://host.test/?my_token=kept&token=longer&x=1&added=3");
}

TEST(LoadShard, DestroyedWithRequestsInFlight) {
  Shard shard(concurrency(5, 10 * kNsPerSecond));
  shard.at(0);
  EXPECT_EQ(shard.transport->flying.size(), 5u);
  const std::shared_ptr<LoadRun> run = shard.run;
  shard.shard.reset();
  EXPECT_EQ(run->figures[0]->recorder.get(Count::kAborted), 5u);
}

}  // namespace
}  // namespace vayu::test
