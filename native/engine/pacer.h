// When the next arrival of this worker is due. Worker k of n takes the arrivals k, k + n, k + 2n, … of the plan's single sequence, so that
// the workers together send exactly the plan, evenly spaced, and the same seed gives the same plan whatever their number.
// A pure function of the curve, the seed and the count so far; no clock in it. Worker thread only.
#pragma once

#include <cstdint>

#include "engine/arrival_curve.h"

namespace vayu {

enum class Arrival : std::uint8_t { kUniform, kPoisson };

class Pacer {
 public:
  // `limit` ends the sequence after that many arrivals over all workers; 0 is no limit.
  Pacer(Curve curve, Arrival arrival, std::uint64_t seed, std::uint32_t worker, std::uint32_t workers,
        std::uint64_t limit);

  // Nanoseconds since the run's start; kNever when the plan has no further arrival.
  std::int64_t nextDueNs() const { return nextDueNs_; }
  // Its position in the sequence of all workers.
  std::uint64_t index() const { return index_; }
  void pop();

  // Holds `rate` from `atNs` on. Arrivals due before `atNs` stay as they are.
  void holdFrom(std::int64_t atNs, double rate);

  // Arrivals of this worker that are due before `elapsedNs` and not popped yet.
  std::uint64_t dueBefore(std::int64_t elapsedNs);

  // Arrivals of this worker that are due at `elapsedNs` by the curve and not popped yet.
  std::uint64_t backlogAt(std::int64_t elapsedNs) const;
  // Whether the sequence has ended because of `limit`.
  bool limitReached() const { return limit_ != 0 && index_ >= limit_; }

  double rateAt(std::int64_t elapsedNs) const { return curve_.valueAt(elapsedNs); }
  std::int64_t durationNs() const { return curve_.durationNs(); }

 private:
  void step();
  void place();
  double exponential();

  Curve curve_;
  Arrival arrival_;
  std::uint64_t state_;  // SplitMix64
  std::uint32_t workers_;
  std::uint64_t limit_;
  std::uint64_t index_ = 0;  // of the next arrival in the plan's sequence
  double amount_ = 0;        // the curve's integral at which it is due
  std::int64_t nextDueNs_ = 0;
};

}  // namespace vayu
