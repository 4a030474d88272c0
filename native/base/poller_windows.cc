// WSAPoll() waits in steps of the system's clock, 15.6 ms by default, so it is left to wait without end: a deadline arrives as a wake-up
// from a high-resolution timer, which keeps it to half a millisecond or so and takes nobody's processor until then.
// Before Windows 10 version 2004 WSAPoll() does not tell that a connection was refused; such an attempt ends with its time limit.
#include "base/poller.h"

#include <algorithm>
#include <array>

#include "base/clock.h"
#include "base/winsock.h"

namespace vayu {

namespace {

// CREATE_WAITABLE_TIMER_HIGH_RESOLUTION, which older headers lack: since Windows 10 version 1803.
constexpr DWORD kHighResolution = 2;

short toPoll(std::uint8_t events) {
  int mask = 0;
  if ((events & kReadable) != 0) mask |= POLLIN;
  if ((events & kWritable) != 0) mask |= POLLOUT;
  return static_cast<short>(mask);
}

std::uint8_t fromPoll(short mask) {
  std::uint8_t events = 0;
  // The peer's end is readable elsewhere: receiving returns 0.
  if ((mask & (POLLIN | POLLHUP)) != 0) events |= kReadable;
  if ((mask & POLLOUT) != 0) events |= kWritable;
  if ((mask & (POLLERR | POLLHUP | POLLNVAL)) != 0) events |= kFailed;
  return events;
}

// A datagram socket that is its own peer: what one thread sends makes it readable, and nobody else can send to it.
SocketHandle openWakeSocket() {
  const SocketHandle socket = openSocket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
  if (socket == kNoSocket) return kNoSocket;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  u_long nonBlocking = 1;
  if (bind(socket, generic, length) == 0 && getsockname(socket, generic, &length) == 0 &&
      connect(socket, generic, length) == 0 && ioctlsocket(socket, static_cast<long>(FIONBIO), &nonBlocking) == 0) {
    return socket;
  }
  closeSocket(socket);
  return kNoSocket;
}

}  // namespace

// Calls wake() at an instant, from a thread of the system's pool.
class Poller::DeadlineTimer {
 public:
  explicit DeadlineTimer(Poller& poller) : poller_(poller) {
    timer_ = CreateWaitableTimerExW(nullptr, nullptr, kHighResolution, TIMER_ALL_ACCESS);
    if (timer_ == nullptr) timer_ = CreateWaitableTimerExW(nullptr, nullptr, 0, TIMER_ALL_ACCESS);
    if (timer_ == nullptr) return;
    if (RegisterWaitForSingleObject(&wait_, timer_, &DeadlineTimer::onDue, this, INFINITE, WT_EXECUTEINWAITTHREAD) == 0)
      wait_ = nullptr;
  }
  ~DeadlineTimer() {
    // Returns when no call is under way.
    if (wait_ != nullptr) UnregisterWaitEx(wait_, INVALID_HANDLE_VALUE);
    if (timer_ != nullptr) CloseHandle(timer_);
  }
  DeadlineTimer(const DeadlineTimer&) = delete;
  DeadlineTimer& operator=(const DeadlineTimer&) = delete;

  bool ok() const { return wait_ != nullptr; }

  void arm(std::int64_t deadlineNs, std::int64_t remainingNs) {
    if (deadlineNs == armedNs_) return;
    // Negative: from now on, in 100 ns; rounded up, so that it is not early.
    LARGE_INTEGER due{};
    due.QuadPart = -((remainingNs + 99) / 100);
    if (SetWaitableTimer(timer_, &due, 0, nullptr, nullptr, FALSE) != 0) armedNs_ = deadlineNs;
  }
  // So that an equal deadline is armed again.
  void forget() { armedNs_ = kNever; }

 private:
  static void CALLBACK onDue(void* self, BOOLEAN) { static_cast<DeadlineTimer*>(self)->poller_.wake(); }

  Poller& poller_;
  HANDLE timer_ = nullptr;
  HANDLE wait_ = nullptr;
  std::int64_t armedNs_ = kNever;
};

Poller::Poller() {
  wakeRead_ = wakeWrite_ = openWakeSocket();
  timer_ = std::make_shared<DeadlineTimer>(*this);
}

Poller::~Poller() {
  timer_.reset();
  if (wakeRead_ != kNoSocket) closeSocket(wakeRead_);
}

bool Poller::add(SocketHandle fd, std::uint8_t events, PollTarget* target) {
  entries_.push_back({fd, events, target});
  return true;
}

bool Poller::modify(SocketHandle fd, std::uint8_t events, PollTarget* target) {
  for (Entry& entry : entries_) {
    if (entry.fd == fd) {
      entry.events = events;
      entry.target = target;
      return true;
    }
  }
  return false;
}

void Poller::remove(SocketHandle fd) {
  std::erase_if(entries_, [fd](const Entry& entry) { return entry.fd == fd; });
}

std::int64_t Poller::wait(std::int64_t deadlineNs) {
  std::vector<WSAPOLLFD> descriptors;
  descriptors.reserve(entries_.size() + 1);
  descriptors.push_back({wakeRead_, POLLIN, 0});
  for (const Entry& entry : entries_) descriptors.push_back({entry.fd, toPoll(entry.events), 0});

  int milliseconds = -1;
  if (deadlineNs != kNever) {
    const std::int64_t remaining = deadlineNs - nowNs();
    if (remaining <= 0) {
      milliseconds = 0;
    } else if (timer_->ok()) {
      timer_->arm(deadlineNs, remaining);
    } else {
      milliseconds = static_cast<int>(std::min<std::int64_t>(remaining / kNsPerMs + 1, 1'000'000));
    }
  }
  const int count = WSAPoll(descriptors.data(), static_cast<ULONG>(descriptors.size()), milliseconds);
  const std::int64_t now = nowNs();
  if (count <= 0) return now;

  if (descriptors[0].revents != 0) drainWake();
  for (std::size_t index = 1; index < descriptors.size(); ++index) {
    const WSAPOLLFD& ready = descriptors[index];
    if (ready.revents == 0) continue;
    // Targets may add and remove entries while they are told.
    const auto entry = std::find_if(entries_.begin(), entries_.end(),
                                    [&ready](const Entry& candidate) { return candidate.fd == ready.fd; });
    if (entry != entries_.end()) entry->target->onReady(fromPoll(ready.revents));
  }
  return now;
}

void Poller::wake() {
  if (wakePending_.exchange(true, std::memory_order_acq_rel)) return;
  const char one = 1;
  sendBytes(wakeWrite_, &one, sizeof one);
}

void Poller::drainWake() {
  timer_->forget();
  std::array<char, 64> buffer{};
  while (receiveBytes(wakeRead_, buffer.data(), buffer.size()) > 0) {
  }
  // A read-modify-write: whoever found the flag set, and so wrote nothing, has its command seen by what follows this.
  wakePending_.exchange(false, std::memory_order_acq_rel);
}

}  // namespace vayu
