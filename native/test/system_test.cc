// What native/base makes of the system, by itself: the same tests on every system.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/address_space.h"
#include "base/clock.h"
#include "base/poller.h"
#include "base/random_access_file.h"
#include "base/socket.h"
#include "base/thread.h"

#if defined(_WIN32)
#include "base/winsock.h"
#else
#include <netinet/in.h>
#include <sys/socket.h>
#endif

namespace vayu {
namespace {

// Enough that what a sanitizer puts onto a stack is a small part of it.
constexpr std::size_t kStackBytes = 4u << 20;

// A datagram socket on 127.0.0.1 that is connected to itself: what is sent arrives.
class EchoSocket {
 public:
  EchoSocket() : handle_(openSocket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    decltype(sizeof address) size = sizeof address;
#if defined(_WIN32)
    int length = static_cast<int>(size);
#else
    auto length = static_cast<socklen_t>(size);
#endif
    EXPECT_NE(handle_, kNoSocket);
    EXPECT_EQ(bind(handle_, generic, length), 0);
    EXPECT_EQ(getsockname(handle_, generic, &length), 0);
    EXPECT_EQ(connect(handle_, generic, length), 0);
  }
  ~EchoSocket() {
    if (isOpenSocket(handle_)) closeSocket(handle_);
  }
  EchoSocket(const EchoSocket&) = delete;
  EchoSocket& operator=(const EchoSocket&) = delete;

  SocketHandle handle() const { return handle_; }
  void send() const { EXPECT_EQ(sendBytes(handle_, "x", 1), 1); }
  void receive() const {
    char byte = 0;
    EXPECT_EQ(receiveBytes(handle_, &byte, 1), 1);
    EXPECT_EQ(byte, 'x');
  }

 private:
  SocketHandle handle_;
};

struct Target final : PollTarget {
  void onReady(std::uint8_t ready) override {
    ++calls;
    events = ready;
  }
  int calls = 0;
  std::uint8_t events = 0;
};

TEST(System, ClocksAdvanceAndCountTheWorkOfAThread) {
  const std::int64_t start = nowNs();
  const std::int64_t cpu = processCpuNs();
  const std::int64_t threadCpu = threadCpuNs();
  // Steps of CPU time are 15.6 ms on Windows.
  while (threadCpuNs() - threadCpu < 40 * kNsPerMs) {
  }
  EXPECT_GT(nowNs(), start);
  EXPECT_GT(processCpuNs(), cpu);
  EXPECT_GT(wallClockMs(), 1'600'000'000'000);
  EXPECT_LT(wallClockMs(), 10'000'000'000'000);
}

TEST(System, ThreadsRunOnceAndAreJoined) {
  std::atomic<int> runs{0};
  Thread thread;
  EXPECT_FALSE(thread.joinable());
  ASSERT_TRUE(thread.start("vayu-test", kStackBytes, [&runs] {
    // Most of the stack that was asked for is there.
    std::array<char, kStackBytes / 2> deep;
    std::memset(deep.data(), 1, deep.size());
    runs += deep[deep.size() - 1];
  }));
  EXPECT_TRUE(thread.joinable());
  thread.join();
  EXPECT_FALSE(thread.joinable());
  EXPECT_EQ(runs, 1);
}

TEST(System, FilesAreReadAtAnyOffset) {
  const auto path = std::filesystem::temp_directory_path() / ("vayu-system-test-" + std::to_string(nowNs()));
  std::ofstream(path, std::ios::binary) << "0123456789";
  const std::u8string name = path.u8string();
  std::string error;
  {
    RandomAccessFile file;
    EXPECT_FALSE(file.isOpen());
    ASSERT_TRUE(file.open(std::string(name.begin(), name.end()), error)) << error;
    EXPECT_TRUE(file.isOpen());
    EXPECT_EQ(file.size(), 10u);
    std::array<char, 16> buffer{};
    EXPECT_EQ(file.readAt(7, buffer.data(), buffer.size()), 3u);
    EXPECT_EQ(std::string(buffer.data(), 3), "789");
    EXPECT_EQ(file.readAt(2, buffer.data(), 4), 4u);
    EXPECT_EQ(std::string(buffer.data(), 4), "2345");
    EXPECT_EQ(file.readAt(10, buffer.data(), 4), 0u);
  }
  std::filesystem::remove(path);
  RandomAccessFile missing;
  EXPECT_FALSE(missing.open(std::string(name.begin(), name.end()), error));
  EXPECT_EQ(error.rfind("it cannot be read: ", 0), 0u) << error;
  RandomAccessFile folder;
  EXPECT_FALSE(folder.open(".", error));
  EXPECT_EQ(error.rfind("it ", 0), 0u) << error;
}

TEST(System, AddressSpaceIsEmptyAgainAfterItWasGivenBack) {
  constexpr std::size_t kPage = 64u << 10;
  AddressSpace space;
  EXPECT_EQ(space.begin(), nullptr);
  ASSERT_TRUE(space.reserve(std::size_t{1} << 30));
  std::byte* at = space.begin() + 5 * kPage;
  ASSERT_TRUE(space.commit(at, 2 * kPage));
  at[2 * kPage - 1] = std::byte{7};
  EXPECT_EQ(at[2 * kPage - 1], std::byte{7});
  space.decommit(at, 2 * kPage);
  ASSERT_TRUE(space.commit(at, 2 * kPage));
  EXPECT_EQ(at[2 * kPage - 1], std::byte{0});
}

TEST(System, SocketsCarryBytesAndHaveSecondHandles) {
  EchoSocket socket;
  socket.send();
  socket.receive();
  const SocketHandle second = duplicateSocket(socket.handle());
  ASSERT_NE(second, kNoSocket);
  EXPECT_NE(second, socket.handle());
  EXPECT_NE(socketIndex(second), socketIndex(socket.handle()));
  socket.send();
  EXPECT_EQ(closeSocket(socket.handle()), 0);
  EXPECT_FALSE(isOpenSocket(socket.handle()));
  EXPECT_TRUE(isOpenSocket(second));
  char byte = 0;
  EXPECT_EQ(receiveBytes(second, &byte, 1), 1);
  EXPECT_EQ(closeSocket(second), 0);
  EXPECT_EQ(duplicateSocket(second), kNoSocket);
  EXPECT_NE(errno, 0);
}

TEST(System, SocketErrorsAreThoseOfErrno) {
  EchoSocket socket;
  ASSERT_EQ(closeSocket(socket.handle()), 0);
  EXPECT_EQ(sendBytes(socket.handle(), "x", 1), -1);
  EXPECT_TRUE(errno == EBADF || errno == ENOTSOCK) << errno;
  EXPECT_EQ(openSocket(AF_INET, SOCK_STREAM, 9999), kNoSocket);
  EXPECT_NE(errno, 0);
  EXPECT_EQ(errnoOf(0), 0);
}

TEST(System, APollerTellsReadabilityAndWritability) {
  Poller poller;
  ASSERT_TRUE(poller.ok());
  const EchoSocket socket;
  Target target;
  ASSERT_TRUE(poller.add(socket.handle(), kReadable, &target));
  poller.wait(nowNs());
  EXPECT_EQ(target.calls, 0);
  socket.send();
  poller.wait(nowNs() + 20 * kNsPerSecond);
  EXPECT_EQ(target.calls, 1);
  EXPECT_EQ(target.events, kReadable);
  socket.receive();
  ASSERT_TRUE(poller.modify(socket.handle(), kReadable | kWritable, &target));
  poller.wait(nowNs() + 20 * kNsPerSecond);
  EXPECT_EQ(target.calls, 2);
  EXPECT_EQ(target.events, kWritable);
  poller.remove(socket.handle());
  socket.send();
  poller.wait(nowNs());
  EXPECT_EQ(target.calls, 2);
}

TEST(System, APollerWaitsForItsDeadlineOrAWakeUp) {
  Poller poller;
  ASSERT_TRUE(poller.ok());
  // The same and a later deadline, one after another; a wait may end early but not for nothing for ever.
  for (const std::int64_t span : {2 * kNsPerMs, 300 * kNsPerUs, 2 * kNsPerMs}) {
    const std::int64_t deadline = nowNs() + span;
    int waits = 0;
    while (poller.wait(deadline) < deadline) ++waits;
    EXPECT_GE(nowNs(), deadline);
    EXPECT_LT(waits, 1'000'000);
  }
  Thread waker;
  ASSERT_TRUE(waker.start("waker", kStackBytes, [&poller] { poller.wake(); }));
  poller.wait(kNever);
  waker.join();
  // Before the wait, and twice: one wait ends, the next does not.
  poller.wake();
  poller.wake();
  poller.wait(kNever);
  const std::int64_t deadline = nowNs() + kNsPerMs;
  while (poller.wait(deadline) < deadline) {
  }
  EXPECT_GE(nowNs(), deadline);
}

}  // namespace
}  // namespace vayu
