// The figures of one load run on one worker: counters and histograms. Written by that worker's thread alone, read by the reporter.
// Created with the run, freed when worker and reporter have both let go.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "metrics/histogram.h"

namespace vayu {

// A number with one writer.
class Counter {
 public:
  void add(std::uint64_t amount = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// The order is that of `counterNames` in lib/engine/types.ts. planned = sent + dropped; sent = succeeded + failed + aborted + in flight.
enum class Count : std::uint8_t {
  kPlanned,
  kSent,
  kSucceeded,
  kFailed,
  kAborted,
  kDropped,
  kConnectionsOpened,
  kConnectionsReused,
  kRetries,
  kBytesSent,
  kBytesReceived,
  kSlow,
  kScriptRuns,
  kScriptFailures,
};
inline constexpr std::size_t kCountCount = 14;

// The order is that of `histogramNames` in lib/engine/types.ts.
enum class Measure : std::uint8_t {
  kResponseTime,
  kServiceTime,
  kLateness,
  kDns,
  kConnect,
  kTls,
  kFirstByte,
  kDownload,
  kScript,
};
inline constexpr std::size_t kMeasureCount = 9;

// The order is that of `dropReasons` in lib/engine/types.ts.
enum class DropReason : std::uint8_t { kMaxInFlight, kScriptError, kSkipped, kStopped, kBurst, kLate };
inline constexpr std::size_t kDropReasonCount = 6;

class Recorder {
 public:
  static constexpr std::size_t kStatusCodes = 1000;
  static constexpr std::size_t kFailureClasses = 16;  // error codes; the last two are http_4xx and http_5xx
  static constexpr std::size_t kHttp4xx = 14;
  static constexpr std::size_t kHttp5xx = 15;

  void add(Count count, std::uint64_t amount = 1) { counters_[static_cast<std::size_t>(count)].add(amount); }
  void set(Count count, std::uint64_t value) { counters_[static_cast<std::size_t>(count)].set(value); }
  std::uint64_t get(Count count) const { return counters_[static_cast<std::size_t>(count)].get(); }

  void record(Measure measure, std::int64_t us) { histograms_[static_cast<std::size_t>(measure)].record(us); }
  Histogram& histogram(Measure measure) { return histograms_[static_cast<std::size_t>(measure)]; }
  const Histogram& histogram(Measure measure) const { return histograms_[static_cast<std::size_t>(measure)]; }

  void drop(DropReason reason, std::uint64_t amount = 1) {
    add(Count::kDropped, amount);
    dropped_[static_cast<std::size_t>(reason)].add(amount);
  }
  std::uint64_t dropped(DropReason reason) const { return dropped_[static_cast<std::size_t>(reason)].get(); }

  void status(int code) {
    if (code >= 0 && code < static_cast<int>(kStatusCodes)) statusCodes_[static_cast<std::size_t>(code)].add();
  }
  std::uint64_t statusCount(std::size_t code) const { return statusCodes_[code].get(); }

  void failure(std::size_t failureClass) { failures_[failureClass].add(); }
  std::uint64_t failureCount(std::size_t failureClass) const { return failures_[failureClass].get(); }

  Counter descriptorsExhausted;
  Counter portsExhausted;
  Counter connectionsOpen;

 private:
  std::array<Counter, kCountCount> counters_;
  std::array<Counter, kDropReasonCount> dropped_;
  std::array<Counter, kFailureClasses> failures_;
  std::array<Counter, kStatusCodes> statusCodes_;
  std::array<Histogram, kMeasureCount> histograms_;
};

}  // namespace vayu
