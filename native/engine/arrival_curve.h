// A plan's rate over time and its inverse: pure functions of the plan, shared by all workers of a run.
#pragma once

#include <cstdint>
#include <vector>

namespace vayu {

// The value goes linearly from `start` to `end` within `durationNs` (kNever: for ever at `start`).
struct CurveSegment {
  std::int64_t durationNs = 0;
  double start = 0;
  double end = 0;
};

// Piecewise-linear value over time; zero after the end. With a rate per second as value, total() is the number of arrivals.
class Curve {
 public:
  explicit Curve(std::vector<CurveSegment> segments);

  double valueAt(std::int64_t elapsedNs) const;
  // The integral over [0, elapsedNs], in value-seconds.
  double integralAt(std::int64_t elapsedNs) const;
  // The earliest time at which the integral reaches `amount`; kNever when it never does.
  std::int64_t timeOf(double amount) const;
  std::int64_t durationNs() const { return durationNs_; }
  // When the value may differ from what it is at `elapsedNs`: `stepNs` later while it slopes; kNever after the end.
  std::int64_t nextChangeNs(std::int64_t elapsedNs, std::int64_t stepNs) const;
  double total() const { return total_; }

  // The same curve until `atNs`, then `value` until the old end.
  Curve heldFrom(std::int64_t atNs, double value) const;

 private:
  struct Piece {
    std::int64_t fromNs;
    std::int64_t durationNs;
    double start;
    double end;
    double before;  // integral at fromNs
  };
  std::vector<Piece> pieces_;
  std::int64_t durationNs_ = 0;
  double total_ = 0;
};

}  // namespace vayu
