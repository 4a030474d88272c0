// What requests in flight take, and that those which have ended leave nothing.
#include <gtest/gtest.h>
#include <unistd.h>

#if defined(__linux__)
#include <malloc.h>
#endif

#include <cstdlib>
#include <fstream>
#include <thread>

#include "test/support/engine_fixture.h"
#include "test/support/loopback_server.h"
#include "test/support/steady_server.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define VAYU_TEST_HEAP 0  // sanitizers keep freed memory, and a memory of their own beside it
#elif defined(__GLIBC__)
#define VAYU_TEST_HEAP __GLIBC_PREREQ(2, 33)
#else
#define VAYU_TEST_HEAP 0
#endif

namespace vayu::test {
namespace {

#if VAYU_TEST_HEAP

// Bytes that all threads have allocated and not freed.
std::size_t allocatedBytes() { return mallinfo2().uordblks + mallinfo2().hblkhd; }

std::size_t residentKib() {
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) / 1024;
}

// Waits until so many connections are open; false after ten seconds.
bool waitForConnections(EngineFixture& engine, double wanted) {
  for (int pause = 0; pause < 500; ++pause) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    for (const auto& snapshot : engine.takeSnapshots()) {
      if (snapshot->connectionsOpen == wanted) return true;
    }
  }
  return false;
}

TEST(Memory, ARequestInFlightTakesLessThanFiveKibibytes) {
  // A listener on which nobody accepts: the kernel connects, and no answer comes.
  std::uint16_t port = 0;
  const int listener = listenOnLoopback(2048, port);
  EngineFixture engine(withWorkers(1));
  constexpr double kFew = 100;
  constexpr double kMany = 1100;
  const auto started = engine.loop().startRun(
      EngineFixture::concurrency("http://127.0.0.1:" + std::to_string(port) + "/", kFew, 60'000));
  ASSERT_EQ(started.error, "");
  ASSERT_TRUE(waitForConnections(engine, kFew));
  const std::size_t before = allocatedBytes();
  engine.loop().holdRun(started.id, started.startNs, kMany);
  ASSERT_TRUE(waitForConnections(engine, kMany)) << "needs net.core.somaxconn above 1100";
  const double each = static_cast<double>(allocatedBytes() - before) / (kMany - kFew);
  RecordProperty("bytesPerRequestInFlight", static_cast<int>(each));
  EXPECT_GT(each, 500) << "nothing was measured";
  EXPECT_LT(each, 5 * 1024);
  engine.loop().stop();
  close(listener);
}

// A million with VAYU_SOAK_REQUESTS=1000000.
TEST(Memory, RequestsThatHaveEndedLeaveNothing) {
  const char* given = std::getenv("VAYU_SOAK_REQUESTS");
  const std::uint64_t requests = given != nullptr ? std::strtoull(given, nullptr, 10) : 100'000;
  SteadyServer server(response("200 OK", "ok"));
  EngineFixture engine(withWorkers(1));
  const auto run = [&](std::uint64_t count) {
    const auto started = engine.loop().startRun(EngineFixture::iterations(server.url(), 64, count));
    ASSERT_EQ(started.error, "");
    // Taken as they come: those of a million requests would be megabytes themselves.
    double succeeded = -1;
    for (int pause = 0; pause < 15'000 && succeeded < 0; ++pause) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      for (const auto& snapshot : engine.takeSnapshots()) {
        if (snapshot->final) succeeded = EngineFixture::count(*snapshot, Count::kSucceeded);
      }
    }
    EXPECT_EQ(succeeded, static_cast<double>(count));
  };
  // Pools, caches and the allocator's arenas are warm after that.
  for (int round = 0; round < 5; ++round) run(5'000);
  const std::size_t before = residentKib();
  run(requests);
  const std::size_t after = residentKib();
  RecordProperty("residentKibBefore", static_cast<int>(before));
  RecordProperty("residentKibAfter", static_cast<int>(after));
  EXPECT_LE(after, before + 2048) << "KiB, after " << before << " KiB before " << requests << " requests";
}

#else

TEST(Memory, IsMeasuredByTheAllocator) { GTEST_SKIP() << "needs glibc 2.33 or newer and no sanitizer"; }

#endif

}  // namespace
}  // namespace vayu::test
