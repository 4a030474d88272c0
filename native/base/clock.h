// Monotonic and CPU clocks in nanoseconds. Any thread. clock_posix.cc, or clock_windows.cc where CPU time counts in steps of 15.6 ms.
#pragma once

#include <cstdint>

namespace vayu {

inline constexpr std::int64_t kNsPerUs = 1'000;
inline constexpr std::int64_t kNsPerMs = 1'000'000;
inline constexpr std::int64_t kNsPerSecond = 1'000'000'000;
inline constexpr std::int64_t kNever = INT64_MAX;

std::int64_t nowNs();
std::int64_t threadCpuNs();
std::int64_t processCpuNs();
std::int64_t wallClockMs();

// `durationNs` (kNever: without end) after `instantNs`.
constexpr std::int64_t after(std::int64_t instantNs, std::int64_t durationNs) {
  return durationNs >= kNever - instantNs ? kNever : instantNs + durationNs;
}

}  // namespace vayu
