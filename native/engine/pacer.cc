#include "engine/pacer.h"

#include <cmath>
#include <utility>

#include "base/clock.h"

namespace vayu {

Pacer::Pacer(Curve curve, Arrival arrival, std::uint64_t seed, std::uint32_t worker, std::uint32_t workers,
             std::uint64_t limit)
    : curve_(std::move(curve)), arrival_(arrival), state_(seed), workers_(workers), limit_(limit) {
  if (arrival_ == Arrival::kPoisson) amount_ = exponential();
  for (std::uint32_t skipped = 0; skipped < worker; ++skipped) step();
  place();
}

void Pacer::pop() {
  for (std::uint32_t count = 0; count < workers_; ++count) step();
  place();
}

void Pacer::step() {
  ++index_;
  // A Poisson process in the curve's integral has unit rate there, and the plan's momentary rate in time (time-change theorem).
  amount_ = arrival_ == Arrival::kPoisson ? amount_ + exponential() : static_cast<double>(index_);
}

void Pacer::place() {
  // The first arrival is due at 0, so one at the very end would be one too many for rate × duration.
  const bool beyond = (limit_ != 0 && index_ >= limit_) || amount_ >= curve_.total() - 1e-9;
  nextDueNs_ = beyond ? kNever : curve_.timeOf(amount_);
}

double Pacer::exponential() {
  // SplitMix64 (Steele, Lea, Flood 2014): one addition and three mixes, and any seed is a good one.
  state_ += 0x9E3779B97F4A7C15u;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
  mixed ^= mixed >> 31;
  const double unit = (static_cast<double>(mixed >> 11) + 0.5) * 0x1.0p-53;
  return -std::log(unit);
}

void Pacer::holdFrom(std::int64_t atNs, double rate) {
  curve_ = curve_.heldFrom(atNs, rate);
  place();
}

std::uint64_t Pacer::backlogAt(std::int64_t elapsedNs) const {
  const double due = curve_.integralAt(elapsedNs) - amount_;
  return due <= 0 ? 0 : static_cast<std::uint64_t>(due / workers_) + 1;
}

std::uint64_t Pacer::dueBefore(std::int64_t elapsedNs) {
  std::uint64_t count = 0;
  while (nextDueNs_ < elapsedNs) {
    ++count;
    pop();
  }
  return count;
}

}  // namespace vayu
