#include "base/poller.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/thread.h"

namespace vayu {
namespace {

class SocketPair {
 public:
  SocketPair() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_.data()), 0); }
  ~SocketPair() {
    for (const int fd : ends_) {
      if (fd >= 0) close(fd);
    }
  }
  int ours() const { return ends_[0]; }
  void send() { EXPECT_EQ(write(ends_[1], "x", 1), 1); }
  void receive() {
    char byte = 0;
    EXPECT_EQ(read(ends_[0], &byte, 1), 1);
  }
  void closeTheirs() {
    close(ends_[1]);
    ends_[1] = -1;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

struct Target final : PollTarget {
  void onReady(std::uint8_t ready) override {
    ++calls;
    events = ready;
  }
  int calls = 0;
  std::uint8_t events = 0;
};

TEST(Poller, TellsReadabilityWritabilityAndHangUp) {
  Poller poller;
  ASSERT_TRUE(poller.ok());
  SocketPair pair;
  Target target;
  ASSERT_TRUE(poller.add(pair.ours(), kReadable, &target));
  poller.wait(nowNs());
  EXPECT_EQ(target.calls, 0);
  pair.send();
  poller.wait(nowNs() + kNsPerSecond);
  EXPECT_EQ(target.calls, 1);
  EXPECT_EQ(target.events, kReadable);
  pair.receive();
  ASSERT_TRUE(poller.modify(pair.ours(), kReadable | kWritable, &target));
  poller.wait(nowNs() + kNsPerSecond);
  EXPECT_EQ(target.events, kWritable);
  pair.closeTheirs();
  poller.wait(nowNs() + kNsPerSecond);
  EXPECT_NE(target.events & kReadable, 0);
  const int calls = target.calls;
  poller.remove(pair.ours());
  poller.wait(nowNs());
  EXPECT_EQ(target.calls, calls);
}

TEST(Poller, EdgeTriggeredTellsAgainWhenAskedAndOfTheEndThatCameWithTheLastBytes) {
  Poller poller;
  SocketPair pair;
  Target target;
  ASSERT_TRUE(poller.add(pair.ours(), kReadable | kEdgeTriggered, &target));
  pair.send();
  poller.wait(nowNs() + kNsPerSecond);
  EXPECT_EQ(target.calls, 1);
  EXPECT_EQ(target.events, kReadable);
  ASSERT_TRUE(poller.modify(pair.ours(), kReadable | kEdgeTriggered, &target));
  poller.wait(nowNs() + kNsPerSecond);
  EXPECT_EQ(target.calls, 2);
  pair.send();
  pair.closeTheirs();
  poller.wait(nowNs() + kNsPerSecond);
  EXPECT_EQ(target.calls, 3);
  EXPECT_NE(target.events & (kPeerClosed | kFailed), 0);
}

TEST(Poller, ADeadlineIsKeptToTheMicrosecondsOfAQuietMachine) {
  Thread thread;
  std::int64_t earliest = INT64_MAX;
  std::int64_t best = INT64_MAX;
  // On a thread of ours, where the timer slack is 1 ns.
  ASSERT_TRUE(thread.start("deadline", 1u << 20, [&] {
    Poller poller;
    for (int count = 0; count < 50; ++count) {
      const std::int64_t deadline = nowNs() + 1'300'000;
      std::int64_t late = poller.wait(deadline) - deadline;
      earliest = std::min(earliest, late);
      // Where waits are whole milliseconds, what is left of one is waited for anew.
      while (late < 0) late = poller.wait(deadline) - deadline;
      best = std::min(best, late);
    }
  }));
  thread.join();
  // Never a whole step of a millisecond early or late.
  EXPECT_GT(earliest, -kNsPerMs);
  EXPECT_LT(best, 500 * kNsPerUs);
}

TEST(Poller, WaitsNotAtAllForADeadlineInThePast) {
  Poller poller;
  const std::int64_t start = nowNs();
  poller.wait(0);
  poller.wait(start - kNsPerSecond);
  EXPECT_LT(nowNs() - start, kNsPerSecond / 2);
}

TEST(Poller, AWakeBeforeTheWaitEndsIt) {
  Poller poller;
  poller.wake();
  poller.wake();
  const std::int64_t start = nowNs();
  poller.wait(start + 20 * kNsPerSecond);
  EXPECT_LT(nowNs() - start, 10 * kNsPerSecond);
  // And only that one.
  const std::int64_t again = nowNs();
  poller.wait(again + 20 * kNsPerMs);
  EXPECT_GE(nowNs() - again, 19 * kNsPerMs);
}

// Who sets a flag and wakes must never leave the other asleep: each round hangs for its whole deadline when a wake-up is lost.
TEST(Poller, NoWakeUpIsLost) {
  Poller poller;
  std::atomic<int> posted{0};
  std::atomic<bool> stop{false};
  constexpr int kRounds = 30'000;
  std::thread poster([&] {
    while (!stop.load()) {
      posted.fetch_add(1, std::memory_order_acq_rel);
      poller.wake();
      if (posted.load() >= kRounds) break;
    }
  });
  int seen = 0;
  bool hung = false;
  while (seen < kRounds && !hung) {
    const int now = posted.load(std::memory_order_acquire);
    if (now != seen) {
      seen = now;
      continue;
    }
    const std::int64_t start = nowNs();
    poller.wait(start + 10 * kNsPerSecond);
    hung = nowNs() - start > 9 * kNsPerSecond;
  }
  stop = true;
  poster.join();
  EXPECT_FALSE(hung);
  EXPECT_EQ(seen, kRounds);
}

TEST(Poller, ManyDescriptorsInOneWaitAndRemovalFromWithin) {
  Poller poller;
  struct Remover final : PollTarget {
    void onReady(std::uint8_t) override {
      ++*calls;
      poller->remove(fd);
    }
    Poller* poller = nullptr;
    int fd = -1;
    int* calls = nullptr;
  };
  std::vector<SocketPair> pairs(100);
  std::vector<Remover> targets(pairs.size());
  int calls = 0;
  for (std::size_t index = 0; index < pairs.size(); ++index) {
    targets[index].poller = &poller;
    targets[index].fd = pairs[index].ours();
    targets[index].calls = &calls;
    ASSERT_TRUE(poller.add(targets[index].fd, kReadable, &targets[index]));
    pairs[index].send();
  }
  while (calls < 100) {
    const int before = calls;
    poller.wait(nowNs() + kNsPerSecond);
    ASSERT_GT(calls, before);
  }
  poller.wait(nowNs());
  EXPECT_EQ(calls, 100);
}

TEST(Poller, SaysSoWhenDescriptorsAreOut) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 3;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  {
    const Poller poller;
    EXPECT_FALSE(poller.ok());
  }
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace
}  // namespace vayu
