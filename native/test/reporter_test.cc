// The reporter's ticks: their pace, their sums, and that nothing is told twice or lost.
#include "engine/reporter.h"

#include <gtest/gtest.h>

#include <thread>

#include "test/support/engine_fixture.h"
#include "test/support/loopback_server.h"
#include "test/support/steady_server.h"

namespace vayu::test {
namespace {

using namespace std::chrono_literals;

TEST(Reporter, TicksAboutEveryTenthOfASecondAndOnceAtTheEnd) {
  SteadyServer server(response("200 OK", "ok"));
  EngineFixture engine;
  const auto started = engine.loop().startRun(EngineFixture::rate(server.url(), 300, 1500));
  ASSERT_NE(engine.finalOf(started.id), nullptr);
  const auto snapshots = engine.takeSnapshots();
  // 14 or 15 and the last on a quiet machine; never more.
  EXPECT_GE(snapshots.size(), 8u);
  EXPECT_LE(snapshots.size(), 17u);
  double lastSent = 0;
  double lastElapsed = -1;
  double recorded = 0;
  for (const auto& snapshot : snapshots) {
    EXPECT_EQ(snapshot->final, &snapshot == &snapshots.back());
    EXPECT_GE(snapshot->elapsedMs, lastElapsed);
    lastElapsed = snapshot->elapsedMs;
    const double sent = EngineFixture::count(*snapshot, Count::kSent);
    EXPECT_GE(sent, lastSent);
    EXPECT_GE(sent,
              EngineFixture::count(*snapshot, Count::kSucceeded) + EngineFixture::count(*snapshot, Count::kFailed));
    EXPECT_GE(EngineFixture::count(*snapshot, Count::kPlanned), sent);
    EXPECT_EQ(snapshot->target, snapshot->elapsedMs < 1500 ? 300 : 0) << snapshot->elapsedMs;
    EXPECT_EQ(snapshot->workers.size(), 2u);
    for (const WorkerReading& worker : snapshot->workers) {
      EXPECT_GE(worker.cpu, 0);
      EXPECT_LE(worker.cpu, 1.5);
    }
    lastSent = sent;
    for (const double times : snapshot->histograms[0].counts) recorded += times;
  }
  EXPECT_EQ(recorded, 450);
}

TEST(Reporter, SamplesAreHandedOutOnce) {
  LoopbackServer server([](ServerConnection& connection) {
    while (const auto request = connection.readRequest()) {
      if (!connection.write(response("500 Broken", "why it failed", "X-Why: no\r\n"))) return;
    }
  });
  EngineFixture engine;
  LoadPlan plan = EngineFixture::iterations(server.url(), 4, 200);
  plan.sampling.maxErrors = 25;
  const auto started = engine.loop().startRun(std::move(plan));
  ASSERT_NE(engine.finalOf(started.id), nullptr);
  std::size_t errors = 0;
  for (const auto& snapshot : engine.takeSnapshots()) {
    for (const SampledExchange& sample : snapshot->samples) {
      errors += sample.kind == SampleKind::kError ? 1 : 0;
      EXPECT_EQ(sample.response.body, "why it failed");
      EXPECT_EQ(sample.response.status, 500);
      EXPECT_GE(sample.clocks.sentNs, sample.clocks.intendedNs);
      EXPECT_GE(sample.clocks.doneNs, sample.clocks.firstByteNs);
    }
  }
  // Each worker has its half of the cap; whether a worker fills its own depends on its share of the 200.
  EXPECT_LE(errors, 25u);
  EXPECT_GE(errors, 12u);
}

TEST(Reporter, AnExpensiveReceiverSlowsNoRun) {
  SteadyServer server(response("200 OK", "ok"));
  std::atomic<int> finals{0};
  std::atomic<double> sent{0};
  EventLoop loop(withWorkers(2), {[](std::unique_ptr<ExchangeResult>) {},
                                  [&](std::unique_ptr<Snapshot> snapshot) {
                                    std::this_thread::sleep_for(400ms);
                                    if (!snapshot->final) return;
                                    sent = EngineFixture::count(*snapshot, Count::kSent);
                                    finals++;
                                  }});
  ASSERT_TRUE(loop.start());
  loop.startRun(EngineFixture::rate(server.url(), 500, 1000));
  std::this_thread::sleep_for(1300ms);
  EXPECT_EQ(server.requests(), 500u);
  loop.stop();
  EXPECT_EQ(finals.load(), 1);
  EXPECT_EQ(sent.load(), 500);
}

TEST(Reporter, TellsTheTargetAfterAChange) {
  SteadyServer server(response("200 OK", "ok"));
  EngineFixture engine;
  const auto started = engine.loop().startRun(EngineFixture::rate(server.url(), 50, 900));
  std::this_thread::sleep_for(250ms);
  engine.loop().holdRun(started.id, started.startNs, 80);
  ASSERT_NE(engine.finalOf(started.id), nullptr);
  bool before = false;
  bool after = false;
  for (const auto& snapshot : engine.takeSnapshots()) {
    before = before || (!after && snapshot->target == 50);
    after = after || snapshot->target == 80;
    EXPECT_TRUE(snapshot->elapsedMs >= 900 || snapshot->target == 50 || snapshot->target == 80) << snapshot->target;
  }
  EXPECT_TRUE(before);
  EXPECT_TRUE(after);
}

}  // namespace
}  // namespace vayu::test
