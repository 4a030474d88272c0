// HdrHistogram's log-linear layout (Gil Tene, hdrhistogram.org; the reference is HdrHistogram's AbstractHistogram.java): values from 1
// to 3 600 000 000 (microseconds: one hour), 3 significant digits, so that a bucket is never wider than 0.1 % of its value.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace vayu {

namespace hdr {

inline constexpr std::int64_t kHighestUs = 3'600'000'000;
inline constexpr int kSubBucketHalfBits = 10;  // 2 × 10^3 distinct values rounded up to a power of two
inline constexpr std::size_t kSubBuckets = 1u << (kSubBucketHalfBits + 1);  // 2048
inline constexpr std::size_t kHalf = kSubBuckets / 2;                       // 1024
inline constexpr std::size_t kBuckets = 22;                                 // 2048 × 2^21 > kHighestUs
inline constexpr std::size_t kLength = (kBuckets + 1) * kHalf;
// Buckets whose change is noted together.
inline constexpr int kGroupBits = 6;
inline constexpr std::size_t kGroup = 1u << kGroupBits;
inline constexpr std::size_t kGroups = kLength / kGroup;

// Position of the bucket that counts `value`; values outside of the range are counted at its ends.
constexpr std::size_t indexOf(std::int64_t value) {
  if (value < 0) value = 0;
  if (value > kHighestUs) value = kHighestUs;
  const auto unsignedValue = static_cast<std::uint64_t>(value);
  const int magnitude = 64 - std::countl_zero(unsignedValue | (kSubBuckets - 1));
  const int bucket = magnitude - (kSubBucketHalfBits + 1);
  const std::size_t sub = static_cast<std::size_t>(unsignedValue >> bucket);
  return (static_cast<std::size_t>(bucket + 1) << kSubBucketHalfBits) + sub - kHalf;
}

// The least value that is counted at `index`.
constexpr std::int64_t lowestAt(std::size_t index) {
  int bucket = static_cast<int>(index >> kSubBucketHalfBits) - 1;
  std::size_t sub = (index & (kHalf - 1)) + kHalf;
  if (bucket < 0) {
    sub -= kHalf;
    bucket = 0;
  }
  return static_cast<std::int64_t>(sub) << bucket;
}

// How many values share the bucket at `index`.
constexpr std::int64_t widthAt(std::size_t index) {
  const int bucket = static_cast<int>(index >> kSubBucketHalfBits) - 1;
  return std::int64_t{1} << (bucket < 0 ? 0 : bucket);
}

}  // namespace hdr

// Counts added since an earlier look, ascending by value.
struct HistogramDelta {
  std::vector<double> values;  // lower bounds in µs
  std::vector<double> counts;
};

// Both together, ascending by value.
HistogramDelta sum(const HistogramDelta& left, const HistogramDelta& right);

// Written by one thread: relaxed load, add, relaxed store. Counts are read by any thread; one reader alone learns of changes, so that ten
// looks a second at twenty thousand buckets cost what has changed. A reader sums the buckets instead of trusting a total.
class Histogram {
 public:
  Histogram() : counts_(std::make_unique<std::atomic<std::uint64_t>[]>(hdr::kLength)) {}

  // Writer thread only.
  void record(std::int64_t us) {
    const std::size_t index = hdr::indexOf(us);
    std::atomic<std::uint64_t>& count = counts_[index];
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    // After the count: whoever takes the note sees it.
    changed_[index >> hdr::kGroupBits].store(true, std::memory_order_release);
  }

  std::uint64_t countAt(std::size_t index) const { return counts_[index].load(std::memory_order_relaxed); }
  // Reader thread. Whether a bucket of the group, from `group` × kGroup on, has been counted up since the last call.
  bool takeChanged(std::size_t group) {
    std::atomic<bool>& changed = changed_[group];
    return changed.load(std::memory_order_relaxed) && changed.exchange(false, std::memory_order_acquire);
  }

 private:
  std::unique_ptr<std::atomic<std::uint64_t>[]> counts_;
  std::array<std::atomic<bool>, hdr::kGroups> changed_{};
};

// What a reader has seen of the histograms of several writers. One reader thread.
class HistogramReader {
 public:
  // Adds up `sources` and returns what has come since the last call.
  HistogramDelta advance(const std::vector<Histogram*>& sources);

 private:
  std::vector<std::uint64_t> seen_;
};

}  // namespace vayu
