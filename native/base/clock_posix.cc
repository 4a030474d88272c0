#include <ctime>

#include "base/clock.h"

namespace vayu {

namespace {

std::int64_t readClock(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<std::int64_t>(time.tv_sec) * kNsPerSecond + time.tv_nsec;
}

}  // namespace

std::int64_t nowNs() { return readClock(CLOCK_MONOTONIC); }
std::int64_t threadCpuNs() { return readClock(CLOCK_THREAD_CPUTIME_ID); }
std::int64_t processCpuNs() { return readClock(CLOCK_PROCESS_CPUTIME_ID); }
std::int64_t wallClockMs() { return readClock(CLOCK_REALTIME) / kNsPerMs; }

}  // namespace vayu
