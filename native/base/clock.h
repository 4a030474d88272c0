// Monotonic and CPU clocks in nanoseconds. Any thread.
#pragma once

#include <cstdint>
#include <ctime>

namespace vayu {

inline constexpr std::int64_t kNsPerUs = 1'000;
inline constexpr std::int64_t kNsPerMs = 1'000'000;
inline constexpr std::int64_t kNsPerSecond = 1'000'000'000;
inline constexpr std::int64_t kNever = INT64_MAX;

namespace detail {
inline std::int64_t readClock(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<std::int64_t>(time.tv_sec) * kNsPerSecond + time.tv_nsec;
}
}  // namespace detail

inline std::int64_t nowNs() { return detail::readClock(CLOCK_MONOTONIC); }
inline std::int64_t threadCpuNs() { return detail::readClock(CLOCK_THREAD_CPUTIME_ID); }
inline std::int64_t processCpuNs() { return detail::readClock(CLOCK_PROCESS_CPUTIME_ID); }
inline std::int64_t wallClockMs() { return detail::readClock(CLOCK_REALTIME) / kNsPerMs; }

// `durationNs` (kNever: without end) after `instantNs`.
constexpr std::int64_t after(std::int64_t instantNs, std::int64_t durationNs) {
  return durationNs >= kNever - instantNs ? kNever : instantNs + durationNs;
}

}  // namespace vayu
