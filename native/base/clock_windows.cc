#include <windows.h>

#include <chrono>

#include "base/clock.h"

namespace vayu {

namespace {

// FILETIME counts in 100 ns.
std::int64_t nanoseconds(const FILETIME& time) {
  const ULARGE_INTEGER ticks{{time.dwLowDateTime, time.dwHighDateTime}};
  return static_cast<std::int64_t>(ticks.QuadPart) * 100;
}

template <typename Read>
std::int64_t cpuTime(Read read, HANDLE of) {
  FILETIME created{};
  FILETIME ended{};
  FILETIME kernel{};
  FILETIME user{};
  if (read(of, &created, &ended, &kernel, &user) == 0) return 0;
  return nanoseconds(kernel) + nanoseconds(user);
}

}  // namespace

std::int64_t nowNs() {
  // 10 MHz on all but old machines, where the quotient and the remainder apart keep the product from overflowing.
  static const std::int64_t frequency = [] {
    LARGE_INTEGER value{};
    QueryPerformanceFrequency(&value);
    return value.QuadPart;
  }();
  LARGE_INTEGER counter{};
  QueryPerformanceCounter(&counter);
  return counter.QuadPart / frequency * kNsPerSecond + counter.QuadPart % frequency * kNsPerSecond / frequency;
}

std::int64_t threadCpuNs() { return cpuTime(GetThreadTimes, GetCurrentThread()); }
std::int64_t processCpuNs() { return cpuTime(GetProcessTimes, GetCurrentProcess()); }

std::int64_t wallClockMs() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace vayu
