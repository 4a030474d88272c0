#if (!defined(__linux__) && !defined(_WIN32)) || defined(VAYU_PORTABLE_POLLER)

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/clock.h"
#include "base/poller.h"

namespace vayu {

namespace {

short toPoll(std::uint8_t events) {
  int mask = 0;
  if ((events & kReadable) != 0) mask |= POLLIN;
  if ((events & kWritable) != 0) mask |= POLLOUT;
  return static_cast<short>(mask);
}

std::uint8_t fromPoll(short mask) {
  std::uint8_t events = 0;
  if ((mask & POLLIN) != 0) events |= kReadable;
  if ((mask & POLLOUT) != 0) events |= kWritable;
  if ((mask & (POLLERR | POLLHUP | POLLNVAL)) != 0) events |= kFailed;
  return events;
}

void prepare(int fd) {
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  fcntl(fd, F_SETFD, FD_CLOEXEC);
}

}  // namespace

Poller::Poller() {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) return;
  prepare(ends[0]);
  prepare(ends[1]);
  wakeRead_ = ends[0];
  wakeWrite_ = ends[1];
}

Poller::~Poller() {
  if (wakeRead_ >= 0) close(wakeRead_);
  if (wakeWrite_ >= 0) close(wakeWrite_);
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
  std::vector<pollfd> descriptors;
  descriptors.reserve(entries_.size() + 1);
  descriptors.push_back({wakeRead_, POLLIN, 0});
  for (const Entry& entry : entries_) descriptors.push_back({entry.fd, toPoll(entry.events), 0});

  int milliseconds = -1;
  if (deadlineNs != kNever) {
    milliseconds = static_cast<int>(std::clamp<std::int64_t>((deadlineNs - nowNs()) / kNsPerMs, 0, 1'000'000));
  }
  const int count = poll(descriptors.data(), static_cast<nfds_t>(descriptors.size()), milliseconds);
  const std::int64_t now = nowNs();
  if (count <= 0) return now;

  if (descriptors[0].revents != 0) drainWake();
  for (std::size_t index = 1; index < descriptors.size(); ++index) {
    const pollfd& ready = descriptors[index];
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
  [[maybe_unused]] const auto written = write(wakeWrite_, &one, sizeof one);
}

void Poller::drainWake() {
  std::array<char, 64> buffer{};
  while (read(wakeRead_, buffer.data(), buffer.size()) > 0) {
  }
  // A read-modify-write: whoever found the flag set, and so wrote nothing, has its command seen by what follows this.
  wakePending_.exchange(false, std::memory_order_acq_rel);
}

}  // namespace vayu

#endif
