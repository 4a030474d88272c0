#if defined(__linux__) && !defined(VAYU_PORTABLE_POLLER)

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>

#include "base/clock.h"
#include "base/poller.h"
#include "base/prefetch.h"

namespace vayu {

namespace {

// Descriptors of one wait: arrivals that fall due wait for the batch to end, a quarter of a millisecond at 4 µs per response. Longer
// batches save nothing that can be measured, at 10 000 connections neither.
constexpr int kBatch = 64;

// How far ahead targets are fetched, and how much of each.
constexpr std::size_t kAhead = 2;
constexpr std::size_t kTargetBytes = 128;

// Prebuilds are made with headers older than the kernels that they run on. An unknown number is answered with ENOSYS.
#if defined(SYS_epoll_pwait2)
constexpr long kEpollPwait2 = SYS_epoll_pwait2;
#elif defined(__x86_64__) || defined(__aarch64__)
constexpr long kEpollPwait2 = 441;
#else
constexpr long kEpollPwait2 = -1;
#endif

std::uint32_t toEpoll(std::uint8_t events) {
  std::uint32_t mask = 0;
  if ((events & kReadable) != 0) mask |= EPOLLIN;
  if ((events & kWritable) != 0) mask |= EPOLLOUT;
  if ((events & kEdgeTriggered) != 0) mask |= EPOLLET | EPOLLRDHUP;
  return mask;
}

std::uint8_t fromEpoll(std::uint32_t mask) {
  std::uint8_t events = 0;
  if ((mask & EPOLLIN) != 0) events |= kReadable;
  if ((mask & EPOLLOUT) != 0) events |= kWritable;
  if ((mask & (EPOLLERR | EPOLLHUP)) != 0) events |= kFailed;
  if ((mask & EPOLLRDHUP) != 0) events |= kPeerClosed;
  return events;
}

}  // namespace

Poller::Poller() {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) return;
  wakeWrite_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  if (wakeWrite_ < 0 || epoll_ctl(epoll_, EPOLL_CTL_ADD, wakeWrite_, &event) != 0) return;
  wakeRead_ = wakeWrite_;
}

Poller::~Poller() {
  if (wakeWrite_ >= 0) close(wakeWrite_);
  if (epoll_ >= 0) close(epoll_);
}

bool Poller::add(SocketHandle fd, std::uint8_t events, PollTarget* target) {
  epoll_event event{};
  event.events = toEpoll(events);
  event.data.ptr = target;
  return epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0;
}

bool Poller::modify(SocketHandle fd, std::uint8_t events, PollTarget* target) {
  epoll_event event{};
  event.events = toEpoll(events);
  event.data.ptr = target;
  return epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event) == 0;
}

void Poller::remove(SocketHandle fd) {
#if defined(__SANITIZE_THREAD__)
  // libcurl 7 tells of a failed connection after it has closed it, when its number may be another thread's already: nothing to this
  // epoll, which does not know that one, but a race to the sanitizer's interceptor.
  syscall(SYS_epoll_ctl, epoll_, EPOLL_CTL_DEL, fd, nullptr);
#else
  epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
#endif
}

std::int64_t Poller::wait(std::int64_t deadlineNs) {
  std::array<epoll_event, kBatch> events;
  std::int64_t remaining = -1;
  if (deadlineNs != kNever) {
    remaining = deadlineNs - nowNs();
    if (remaining < 0) remaining = 0;
  }

  int count = -1;
  if (nanosecondWait_) {
    timespec timeout{};
    timeout.tv_sec = remaining / kNsPerSecond;
    timeout.tv_nsec = remaining % kNsPerSecond;
    count = static_cast<int>(
        syscall(kEpollPwait2, epoll_, events.data(), kBatch, remaining < 0 ? nullptr : &timeout, nullptr, 0));
    // Kernels before 5.11.
    if (count < 0 && (errno == ENOSYS || errno == EPERM)) nanosecondWait_ = false;
  }
  if (!nanosecondWait_) {
    // Rounded down: the last millisecond is spent in waits of zero rather than late.
    const std::int64_t milliseconds = remaining < 0 ? -1 : std::min<std::int64_t>(remaining / kNsPerMs, 1'000'000);
    count = epoll_wait(epoll_, events.data(), kBatch, static_cast<int>(milliseconds));
  }

  const std::int64_t now = nowNs();
  const std::size_t ready = count < 0 ? 0 : static_cast<std::size_t>(count);
  for (std::size_t index = 0; index < ready; ++index) {
    if (index + kAhead < ready) prefetch(events[index + kAhead].data.ptr, kTargetBytes);
    const epoll_event& event = events[index];
    if (event.data.ptr == nullptr) {
      drainWake();
    } else {
      static_cast<PollTarget*>(event.data.ptr)->onReady(fromEpoll(event.events));
    }
  }
  return now;
}

void Poller::wake() {
  // One write until the worker has seen it, however many commands come.
  if (wakePending_.exchange(true, std::memory_order_acq_rel)) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = write(wakeWrite_, &one, sizeof one);
}

void Poller::drainWake() {
  std::uint64_t value = 0;
  [[maybe_unused]] const auto got = read(wakeRead_, &value, sizeof value);
  // A read-modify-write: whoever found the flag set, and so wrote nothing, has its command seen by what follows this.
  wakePending_.exchange(false, std::memory_order_acq_rel);
}

}  // namespace vayu

#endif
