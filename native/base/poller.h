// The one place where a worker waits: readiness of descriptors, a deadline in nanoseconds, and wake-ups from other threads.
// Owned by a worker; every method but wake() is for the worker thread. poller_epoll.cc on Linux; poller_windows.cc; poller_poll.cc, with
// poll(2), elsewhere or with VAYU_PORTABLE_POLLER.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/socket.h"

namespace vayu {

// What a target asks for (readable, writable, edge-triggered) and what it is told (all but edge-triggered). kFailed: an error or a hang-up.
//
// kEdgeTriggered: each event may be told once, not as long as it lasts, which saves the kernel a second look at every socket. Such a target
// reads until it would block or a short read shows that nothing is left; having stopped before, it calls modify(), which tells it again of
// what is there. The peer's end may have come together with its last bytes and is not told a second time either: kPeerClosed says that it
// has, and that reading on finds it. Without kEdgeTriggered it is not told. A poller may take no notice of kEdgeTriggered.
enum : std::uint8_t { kReadable = 1, kWritable = 2, kFailed = 4, kPeerClosed = 8, kEdgeTriggered = 16 };

// Somebody who wants to hear of a descriptor. Must stay allocated until the wait() that follows its removal has returned: a batch of
// events may still name it.
class PollTarget {
 public:
  virtual void onReady(std::uint8_t events) = 0;

 protected:
  ~PollTarget() = default;
};

class Poller {
 public:
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  bool ok() const { return wakeRead_ != kNoSocket; }
  bool add(SocketHandle fd, std::uint8_t events, PollTarget* target);
  bool modify(SocketHandle fd, std::uint8_t events, PollTarget* target);
  // Before the descriptor is closed.
  void remove(SocketHandle fd);

  // Waits until something is ready, `deadlineNs` (monotonic, kNever for none) has come, or wake() was called, and calls the targets'
  // onReady. Returns the time at which the wait ended.
  std::int64_t wait(std::int64_t deadlineNs);

  // Ends the current or the next wait(). Any thread.
  void wake();

 private:
  void drainWake();

  SocketHandle wakeRead_ = kNoSocket;
  SocketHandle wakeWrite_ = kNoSocket;
  std::atomic<bool> wakePending_{false};
  // All implementations' state, so that which of them a program has is decided when it is linked.
  [[maybe_unused]] int epoll_ = -1;
  [[maybe_unused]] bool nanosecondWait_ = true;
  struct Entry {
    SocketHandle fd;
    std::uint8_t events;
    PollTarget* target;
  };
  std::vector<Entry> entries_;
  class DeadlineTimer;
  std::shared_ptr<DeadlineTimer> timer_;
};

}  // namespace vayu
