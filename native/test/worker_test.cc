// Submitted requests: queues, limits, cancellation, and what an idle or slow loop costs.
#include "engine/worker.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "test/support/engine_fixture.h"
#include "test/support/loopback_server.h"
#include "test/support/steady_server.h"

namespace vayu::test {
namespace {

using namespace std::chrono_literals;

// Counts the requests it holds at once.
class CountingServer {
 public:
  explicit CountingServer(std::chrono::milliseconds service)
      : server_([this, service](ServerConnection& connection) {
          while (connection.readRequest()) {
            const int now = ++running_;
            for (int seen = highest_; now > seen && !highest_.compare_exchange_weak(seen, now);) {
            }
            const bool goesOn = connection.sleep(service);
            --running_;
            if (!goesOn || !connection.write(response("200 OK", "ok"))) return;
          }
        }) {}
  LoopbackServer* operator->() { return &server_; }
  int highest() const { return highest_; }

 private:
  std::atomic<int> running_{0};
  std::atomic<int> highest_{0};
  LoopbackServer server_;
};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

double processCpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

TEST(Worker, AnswersEverySubmission) {
  LoopbackServer server([](ServerConnection& connection) {
    while (const auto request = connection.readRequest()) {
      if (!connection.write(response("200 OK", request->target, "X-A: b\r\n"))) return;
    }
  });
  EngineFixture engine;
  std::map<std::uint64_t, std::string> paths;
  for (int count = 0; count < 200; ++count) {
    const std::string path = "/" + std::to_string(count);
    paths[engine.submit(server.url(path))] = path;
  }
  ASSERT_TRUE(engine.waitResults(200));
  for (const auto& result : engine.takeResults()) {
    EXPECT_EQ(result->error, ErrorCode::kNone);
    EXPECT_EQ(result->response.body, paths[result->id]);
    EXPECT_NE(result->response.headerBlock.find("X-A: b"), std::string::npos);
    EXPECT_GT(result->startedAtMs, 1'700'000'000'000);
    paths.erase(result->id);
  }
  EXPECT_TRUE(paths.empty());
  EXPECT_EQ(engine.loop().totalProcessed(), 200u);
  EXPECT_EQ(engine.loop().activeCount(), 0u);
  EXPECT_EQ(engine.loop().pendingCount(), 0u);
}

TEST(Worker, BoundsRequestsInFlightPerWorker) {
  CountingServer server(20ms);
  EventLoopConfig config = withWorkers(2);
  config.maxConcurrent = 3;
  EngineFixture engine(config);
  for (int count = 0; count < 30; ++count) engine.submit(server->url());
  std::this_thread::sleep_for(10ms);
  EXPECT_LE(engine.loop().activeCount(), 6u);
  EXPECT_GT(engine.loop().pendingCount(), 0u);
  ASSERT_TRUE(engine.waitResults(30));
  EXPECT_EQ(server.highest(), 6);
  EXPECT_EQ(server->requests(), 30);
}

TEST(Worker, BoundsConnectionsPerHost) {
  CountingServer server(20ms);
  EventLoopConfig config = withWorkers(1);
  config.maxPerHost = 4;
  EngineFixture engine(config);
  for (int count = 0; count < 20; ++count) engine.submit(server->url());
  ASSERT_TRUE(engine.waitResults(20));
  EXPECT_EQ(server.highest(), 4);
  EXPECT_EQ(server->connections(), 4);
  for (const auto& result : engine.takeResults()) EXPECT_EQ(result->error, ErrorCode::kNone);
}

TEST(Worker, LimitsTheRateOfSubmissions) {
  SteadyServer server(response("200 OK", "ok"));
  EventLoopConfig config = withWorkers(2);
  config.targetRps = 100;
  config.burstSize = 10;
  EngineFixture engine(config);
  const std::int64_t start = nowNs();
  for (int count = 0; count < 60; ++count) engine.submit(server.url());
  ASSERT_TRUE(engine.waitResults(60));
  // 10 at once, then 50 at 100/s.
  const double seconds = static_cast<double>(nowNs() - start) / 1e9;
  EXPECT_GE(seconds, 0.48);
  EXPECT_LT(seconds, 3);
}

TEST(Worker, CancelEndsWaitingAndRunningRequests) {
  CountingServer server(60s);
  EventLoopConfig config = withWorkers(1);
  config.maxConcurrent = 1;
  EngineFixture engine(config);
  const std::uint64_t running = engine.submit(server->url());
  const std::uint64_t waiting = engine.submit(server->url());
  while (server->requests() < 1) std::this_thread::sleep_for(1ms);
  engine.loop().cancel(waiting);
  ASSERT_TRUE(engine.waitResults(1));
  engine.loop().cancel(running);
  ASSERT_TRUE(engine.waitResults(2));
  engine.loop().cancel(running);
  engine.loop().cancel(12'345);
  const auto results = engine.takeResults();
  EXPECT_EQ(results[0]->id, waiting);
  EXPECT_EQ(results[1]->id, running);
  for (const auto& result : results) EXPECT_EQ(result->error, ErrorCode::kAborted);
  EXPECT_EQ(results[0]->request, nullptr);
  EXPECT_NE(results[1]->request, nullptr);
  EXPECT_EQ(engine.loop().pendingCount(), 0u);
  EXPECT_EQ(engine.loop().activeCount(), 0u);
}

TEST(Worker, CancelAndCompletionRace) {
  SteadyServer server(response("200 OK", "ok"));
  EngineFixture engine;
  std::mt19937 random(5);
  std::set<std::uint64_t> ids;
  for (int count = 0; count < 2000; ++count) {
    const std::uint64_t id = engine.submit(server.url());
    ids.insert(id);
    if (random() % 2 == 0) engine.loop().cancel(id - random() % 3);
  }
  ASSERT_TRUE(engine.waitResults(2000));
  int succeeded = 0;
  for (const auto& result : engine.takeResults()) {
    EXPECT_EQ(ids.erase(result->id), 1u);
    EXPECT_TRUE(result->error == ErrorCode::kNone || result->error == ErrorCode::kAborted) << result->errorMessage;
    succeeded += result->error == ErrorCode::kNone ? 1 : 0;
  }
  EXPECT_TRUE(ids.empty());
  EXPECT_GT(succeeded, 100);
}

TEST(Worker, AStopTellsOfEverySubmission) {
  CountingServer server(60s);
  EventLoopConfig config = withWorkers(2);
  config.maxConcurrent = 5;
  EngineFixture engine(config);
  for (int count = 0; count < 40; ++count) engine.submit(server->url());
  const std::int64_t start = nowNs();
  engine.loop().stop();
  EXPECT_LT(nowNs() - start, 3 * kNsPerSecond);
  const auto results = engine.takeResults();
  EXPECT_EQ(results.size(), 40u);
  for (const auto& result : results) EXPECT_EQ(result->error, ErrorCode::kAborted);
}

TEST(Worker, FailuresAtOnceAreResultsToo) {
  EngineFixture engine;
  const std::vector<std::string> urls = {"file:///etc/hostname",
                                         "gopher://127.0.0.1:1/",
                                         "http://",
                                         "",
                                         "ht!tp://x/",
                                         "http://127.0.0.1:99999/",
                                         "http://127.0.0.1:" + std::to_string(closedPort())};
  for (const std::string& url : urls) engine.submit(url);
  ASSERT_TRUE(engine.waitResults(urls.size()));
  for (const auto& result : engine.takeResults()) {
    const ErrorCode expected = result->id == urls.size() ? ErrorCode::kConnectionFailed : ErrorCode::kInvalidUrl;
    EXPECT_EQ(result->error, expected) << urls[result->id - 1] << ": " << result->errorMessage;
    EXPECT_NE(result->errorMessage, "");
  }
}

TEST(Worker, AnIdleLoopCostsNothing) {
  EngineFixture engine(withWorkers(4));
  SteadyServer server(response("200 OK", "ok"));
  engine.submit(server.url());
  ASSERT_TRUE(engine.waitResults(1));
  const double before = processCpuSeconds();
  std::this_thread::sleep_for(1s);
  EXPECT_LT(processCpuSeconds() - before, 0.01);
}

TEST(Worker, AHundredRequestsPerSecondCostNextToNothing) {
  SteadyServer server(response("200 OK", "ok"));
  EngineFixture engine;
  const auto started = engine.loop().startRun(EngineFixture::rate(server.url(), 100, 2000));
  std::this_thread::sleep_for(300ms);
  const double before = processCpuSeconds();
  std::this_thread::sleep_for(1500ms);
  const double used = processCpuSeconds() - before;
  ASSERT_NE(engine.finalOf(started.id), nullptr);
  // The server's thread is in it as well, and sanitizers cost several times as much.
  EXPECT_LT(used / 1.5, kSanitized ? 0.6 : 0.06);
}

}  // namespace
}  // namespace vayu::test
