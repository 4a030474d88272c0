// Whole load runs against real servers: the sums hold and agree with the server's own count, however the run ends.
#include "engine/event_loop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/clock.h"
#include "test/support/engine_fixture.h"
#include "test/support/loopback_server.h"
#include "test/support/steady_server.h"

namespace vayu::test {
namespace {

using namespace std::chrono_literals;
using Engine = EngineFixture;

// Each run is made on both transports.
class LoadRuns : public testing::TestWithParam<TransportChoice> {
 protected:
  EventLoop::StartedRun start(LoadPlan plan) {
    plan.transport = GetParam();
    const EventLoop::StartedRun started = engine.loop().startRun(std::move(plan));
    EXPECT_EQ(started.error, "");
    EXPECT_EQ(started.transport, GetParam() == TransportChoice::kWire ? "wire" : "curl");
    return started;
  }
  const Snapshot& finish(LoadPlan plan) { return finalOf(start(std::move(plan)).id); }
  const Snapshot& finalOf(std::uint64_t id) {
    const Snapshot* end = engine.finalOf(id);
    if (end == nullptr) throw std::runtime_error("the run did not end");
    Engine::expectBalance(*end);
    return *end;
  }
  static double count(const Snapshot& end, Count which) { return Engine::count(end, which); }

  EngineFixture engine{withWorkers(3)};
};

TEST_P(LoadRuns, ARateSendsExactlyThePlan) {
  SteadyServer server(response("200 OK", "ok"));
  const auto started = start(Engine::rate(server.url(), 500, 1000));
  const Snapshot& end = finalOf(started.id);
  EXPECT_EQ(count(end, Count::kPlanned), 500);
  EXPECT_EQ(count(end, Count::kSucceeded), 500);
  EXPECT_EQ(server.requests(), 500u);
  EXPECT_EQ(engine.recorded(started.id, Measure::kResponseTime), 500);
  EXPECT_EQ(engine.recorded(started.id, Measure::kServiceTime), 500);
  EXPECT_EQ(engine.recorded(started.id, Measure::kLateness), 500);
  EXPECT_GE(end.elapsedMs, 999);
  EXPECT_LT(end.elapsedMs, 2500);
  ASSERT_EQ(end.statusCodes.size(), 1u);
  EXPECT_EQ(end.statusCodes[0], (std::pair<int, double>{200, 500}));
  EXPECT_EQ(count(end, Count::kConnectionsOpened) + count(end, Count::kConnectionsReused), 500);
  EXPECT_EQ(count(end, Count::kConnectionsOpened), static_cast<double>(server.connections()));
}

TEST_P(LoadRuns, APoissonPlanIsSentWhole) {
  SteadyServer server(response("200 OK", "ok"));
  LoadPlan plan = Engine::rate(server.url(), 1000, 500);
  plan.arrival = Arrival::kPoisson;
  plan.seed = 12;
  const Snapshot& end = finish(std::move(plan));
  EXPECT_EQ(count(end, Count::kSucceeded), static_cast<double>(server.requests()));
  EXPECT_NEAR(count(end, Count::kPlanned), 500, 5 * 22.4);
}

TEST_P(LoadRuns, IterationsAreExactOverWorkers) {
  SteadyServer server(response("200 OK", "ok"));
  for (const std::uint64_t iterations : {1u, 2u, 1001u}) {
    const std::uint64_t before = server.requests();
    const Snapshot& end = finish(Engine::iterations(server.url(), 7, iterations));
    EXPECT_EQ(count(end, Count::kPlanned), static_cast<double>(iterations));
    EXPECT_EQ(count(end, Count::kSucceeded), static_cast<double>(iterations));
    EXPECT_EQ(server.requests() - before, iterations);
  }
}

TEST_P(LoadRuns, ConcurrencyIsNeverExceeded) {
  std::atomic<int> running{0};
  std::atomic<int> highest{0};
  LoopbackServer server([&](ServerConnection& connection) {
    while (connection.readRequest()) {
      const int now = ++running;
      for (int seen = highest; now > seen && !highest.compare_exchange_weak(seen, now);) {
      }
      // Long enough for ten to be under way at once on a busy machine too.
      const bool goesOn = connection.sleep(25ms);
      --running;
      if (!goesOn || !connection.write(response("200 OK", "ok"))) return;
    }
  });
  const Snapshot& end = finish(Engine::concurrency(server.url(), 10, 1000));
  EXPECT_EQ(highest.load(), 10);
  EXPECT_EQ(server.connections(), 10);
  EXPECT_EQ(count(end, Count::kSent), server.requests());
  EXPECT_GT(count(end, Count::kSucceeded), 10);
}

TEST_P(LoadRuns, AConcurrencyBelowTheNumberOfWorkers) {
  LoopbackServer server(LoopbackServer::answering(response("200 OK", "ok")));
  const auto started = start(Engine::concurrency(server.url(), 1, 500));
  EXPECT_EQ(started.workers, 1u);
  const double succeeded = count(finalOf(started.id), Count::kSucceeded);
  EXPECT_EQ(succeeded, server.requests());
  EXPECT_EQ(server.connections(), 1);
}

TEST_P(LoadRuns, AStopWithGraceLetsRequestsFinish) {
  LoopbackServer server([](ServerConnection& connection) {
    while (connection.readRequest()) {
      if (!connection.sleep(150ms) || !connection.write(response("200 OK", "ok"))) return;
    }
  });
  const auto started = start(Engine::concurrency(server.url(), 6, 30'000));
  std::this_thread::sleep_for(200ms);
  engine.loop().stopRun(started.id, 10 * kNsPerSecond);
  const Snapshot& end = finalOf(started.id);
  EXPECT_EQ(count(end, Count::kAborted), 0);
  EXPECT_EQ(count(end, Count::kSucceeded), server.requests());
  EXPECT_GE(count(end, Count::kSucceeded), 6);
}

TEST_P(LoadRuns, AStopWithoutGraceAborts) {
  LoopbackServer server([](ServerConnection& connection) {
    while (connection.readRequest()) connection.sleep(60s);
  });
  const auto started = start(Engine::concurrency(server.url(), 6, 30'000));
  while (server.requests() < 6) std::this_thread::sleep_for(5ms);
  const std::int64_t asked = nowNs();
  engine.loop().stopRun(started.id, 0);
  const Snapshot& end = finalOf(started.id);
  EXPECT_LT(nowNs() - asked, 2 * kNsPerSecond);
  EXPECT_EQ(count(end, Count::kAborted), 6);
  EXPECT_EQ(count(end, Count::kSent), 6);
  EXPECT_EQ(engine.recorded(started.id, Measure::kResponseTime), 0);
  // A second stop of an ended run changes nothing.
  engine.loop().stopRun(started.id, 0);
}

TEST_P(LoadRuns, TheGracePeriodOfThePlanEndsIt) {
  LoopbackServer server([](ServerConnection& connection) {
    while (connection.readRequest()) connection.sleep(60s);
  });
  LoadPlan plan = Engine::rate(server.url(), 20, 300);
  plan.graceNs = 200 * kNsPerMs;
  const Snapshot& end = finish(std::move(plan));
  EXPECT_EQ(count(end, Count::kAborted), 6);
  EXPECT_GE(end.elapsedMs, 500);
  EXPECT_LT(end.elapsedMs, 3000);
}

TEST_P(LoadRuns, StoppingTheLoopEndsEveryRun) {
  LoopbackServer server([](ServerConnection& connection) {
    while (connection.readRequest()) {
      if (!connection.sleep(20ms) || !connection.write(response("200 OK", "ok"))) return;
    }
  });
  const auto first = start(Engine::concurrency(server.url(), 4, 30'000));
  const auto second = start(Engine::rate(server.url(), 100, 30'000));
  while (server.requests() < 60) std::this_thread::sleep_for(1ms);
  engine.loop().stop();
  // Told before stop() returned.
  double succeeded = 0;
  for (const auto& started : {first, second}) {
    const Snapshot* end = engine.finalOf(started.id, 0);
    ASSERT_NE(end, nullptr);
    Engine::expectBalance(*end);
    succeeded += count(*end, Count::kSucceeded);
  }
  EXPECT_GT(succeeded, 0);
}

TEST_P(LoadRuns, ATargetThatDiesFailsRequestsAndLosesNone) {
  // A thread for each connection would be slow enough under sanitizers for the run to end before its target does.
  auto server = std::make_unique<SteadyServer>(response("200 OK", "ok"));
  const auto started = start(Engine::rate(server->url(), 200, 2000));
  while (server->requests() < 50) std::this_thread::sleep_for(1ms);
  server.reset();
  const Snapshot& end = finalOf(started.id);
  EXPECT_EQ(count(end, Count::kPlanned), 400);
  EXPECT_EQ(count(end, Count::kSent), 400);
  EXPECT_GT(Engine::failures(end, ErrorCode::kConnectionFailed), 0);
  EXPECT_EQ(count(end, Count::kAborted), 0);
}

TEST_P(LoadRuns, NobodyListens) {
  const std::string url = "http://127.0.0.1:" + std::to_string(closedPort()) + "/";
  const auto started = start(Engine::iterations(url, 5, 200));
  const Snapshot& end = finalOf(started.id);
  EXPECT_EQ(count(end, Count::kFailed), 200);
  EXPECT_EQ(Engine::failures(end, ErrorCode::kConnectionFailed), 200);
  EXPECT_GT(engine.sampled(started.id), 0u);
}

TEST_P(LoadRuns, WhatIsDueWhileTooManyAreInFlightIsDropped) {
  LoopbackServer server([](ServerConnection& connection) {
    while (connection.readRequest()) connection.sleep(60s);
  });
  LoadPlan plan = Engine::rate(server.url(), 200, 500);
  plan.maxInFlight = 10;
  plan.graceNs = 0;
  const Snapshot& end = finish(std::move(plan));
  EXPECT_EQ(count(end, Count::kPlanned), 100);
  EXPECT_EQ(count(end, Count::kSent), 10);
  EXPECT_EQ(Engine::dropped(end, DropReason::kMaxInFlight), 90);
  EXPECT_EQ(count(end, Count::kAborted), 10);
}

TEST_P(LoadRuns, ConnectionsClosedByTheServerBetweenRequests) {
  LoopbackServer server([](ServerConnection& connection) {
    for (int served = 0; served < 3 && connection.readRequest(); ++served) {
      if (!connection.write(response("200 OK", "ok"))) return;
    }
  });
  const Snapshot& end = finish(Engine::iterations(server.url(), 4, 300));
  EXPECT_EQ(count(end, Count::kSent), 300);
  // libcurl does not repeat what fails while it is being sent.
  EXPECT_EQ(count(end, Count::kSucceeded) + Engine::failures(end, ErrorCode::kConnectionClosed), 300);
  EXPECT_GE(count(end, Count::kSucceeded), 290);
  EXPECT_GE(server.connections(), 100);
}

TEST_P(LoadRuns, HttpErrorsAreFailuresByClass) {
  std::atomic<int> turn{0};
  LoopbackServer server([&](ServerConnection& connection) {
    while (connection.readRequest()) {
      const int now = turn++ % 3;
      if (!connection.write(response(now == 0 ? "200 OK" : now == 1 ? "404 Not Found" : "503 Busy", "x"))) return;
    }
  });
  const Snapshot& end = finish(Engine::iterations(server.url(), 3, 300));
  EXPECT_EQ(count(end, Count::kSucceeded), 100);
  EXPECT_EQ(end.failures[Recorder::kHttp4xx], 100);
  EXPECT_EQ(end.failures[Recorder::kHttp5xx], 100);
  EXPECT_EQ(end.statusCodes.size(), 3u);
}

TEST_P(LoadRuns, HoldsAnotherRate) {
  SteadyServer server(response("200 OK", "ok"));
  const auto started = start(Engine::rate(server.url(), 100, 1200));
  std::this_thread::sleep_for(300ms);
  const std::int64_t at = engine.loop().holdRun(started.id, started.startNs, 600);
  const Snapshot& end = finalOf(started.id);
  const double planned = static_cast<double>(at) / 1e9 * 100 + (1.2 - static_cast<double>(at) / 1e9) * 600;
  EXPECT_NEAR(count(end, Count::kPlanned), planned, 1.5);
  EXPECT_EQ(count(end, Count::kSucceeded), static_cast<double>(server.requests()));
}

TEST_P(LoadRuns, SeveralRunsAtOnceKeepTheirFiguresApart) {
  SteadyServer left(response("200 OK", "ok"));
  SteadyServer right(response("201 Made", "ok"));
  const auto first = start(Engine::rate(left.url(), 200, 500));
  const auto second = start(Engine::iterations(right.url(), 5, 300));
  const auto third = start(Engine::rate(left.url(), 100, 300));
  engine.submit(left.url());
  EXPECT_EQ(count(finalOf(first.id), Count::kSucceeded), 100);
  EXPECT_EQ(count(finalOf(second.id), Count::kSucceeded), 300);
  EXPECT_EQ(finalOf(second.id).statusCodes[0].first, 201);
  EXPECT_EQ(count(finalOf(third.id), Count::kSucceeded), 30);
  EXPECT_TRUE(engine.waitResults(1));
  EXPECT_EQ(left.requests(), 131u);
  EXPECT_EQ(right.requests(), 300u);
}

INSTANTIATE_TEST_SUITE_P(Both, LoadRuns, testing::Values(TransportChoice::kCurl, TransportChoice::kWire),
                         [](const auto& info) { return info.param == TransportChoice::kWire ? "wire" : "curl"; });

TEST(EventLoop, StartsAndStopsThousandsOfTimes) {
  SteadyServer server(response("200 OK", "ok"));
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr int kCycles = 200;
#else
  constexpr int kCycles = 2000;
#endif
  for (int cycle = 0; cycle < kCycles; ++cycle) {
    EngineFixture engine;
    if (cycle % 20 == 0) {
      const auto started = engine.loop().startRun(Engine::concurrency(server.url(), 4, 30'000));
      engine.submit(server.url());
      if (cycle % 40 == 0) std::this_thread::sleep_for(2ms);
      engine.loop().stop();
      const Snapshot* end = engine.finalOf(started.id, 0);
      ASSERT_NE(end, nullptr);
      Engine::expectBalance(*end);
      ASSERT_EQ(engine.takeResults().size(), 1u);
    }
  }
}

TEST(EventLoop, TheFirstScriptedRunIsAnnouncedWhileScriptHostsAreMade) {
  SteadyServer server(response("200 OK", "ok"));
  EngineFixture engine;
  const auto scripted = [&] {
    LoadPlan plan = Engine::iterations(server.url(), 1, 1);
    plan.submission.scripts = std::make_shared<const ScriptSet>(
        ScriptSet{.preRequest = {}, .test = {{.name = "test", .code = "pm.test('ok', () => {})"}}});
    return plan;
  };
  // Compared with the clock before and after, so that a slow machine changes nothing.
  const auto expectNotice = [&](LoadPlan plan, bool forScripts) {
    const std::int64_t before = nowNs();
    const auto started = engine.loop().startRun(std::move(plan));
    const std::int64_t after = nowNs();
    if (forScripts) {
      EXPECT_GE(started.startNs - before, 100 * kNsPerMs);
    } else {
      EXPECT_LE(started.startNs - after, 5 * kNsPerMs);
    }
    EXPECT_EQ(Engine::count(*engine.finalOf(started.id), Count::kSucceeded), 1);
  };
  expectNotice(Engine::iterations(server.url(), 1, 1), false);
  expectNotice(scripted(), true);
  expectNotice(scripted(), false);
}

TEST(EventLoop, StopIsIdempotentAndWaitsForTheFirst) {
  EngineFixture engine;
  std::thread other([&] { engine.loop().stop(); });
  engine.loop().stop();
  other.join();
  engine.loop().stop();
}

TEST(EventLoop, ARunStoppedBeforeItsStartIsEmpty) {
  SteadyServer server(response("200 OK", "ok"));
  EngineFixture engine;
  const auto started = engine.loop().startRun(Engine::rate(server.url(), 1000, 60'000));
  engine.loop().stopRun(started.id, 0);
  const Snapshot* end = engine.finalOf(started.id);
  ASSERT_NE(end, nullptr);
  Engine::expectBalance(*end);
  EXPECT_GE(end->elapsedMs, 0);
  EXPECT_LT(end->elapsedMs, 1000);
}

}  // namespace
}  // namespace vayu::test
