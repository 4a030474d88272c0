// Load plans as they may come out of a configuration: stages of a rate, arrivals, a change under way. The sequence of arrivals must ascend,
// stay within the plan, and be shared between the workers without loss.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "base/clock.h"
#include "engine/arrival_curve.h"
#include "engine/pacer.h"

namespace {

using vayu::Curve;
using vayu::CurveSegment;
using vayu::Pacer;

constexpr int kMostArrivals = 2000;

void require(bool holds) {
  if (!holds) std::abort();
}

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  std::uint32_t take(std::size_t bytes) {
    std::uint32_t value = 0;
    for (std::size_t index = 0; index < bytes && at_ < size_; ++index) value = value << 8 | data_[at_++];
    return value;
  }
  bool empty() const { return at_ >= size_; }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

// Rates from nothing to a million per second, with fractions, as the configuration allows them.
double rateFrom(Input& input) {
  const std::uint32_t kind = input.take(1);
  const double value = static_cast<double>(input.take(2));
  switch (kind % 4) {
    case 0: return 0;
    case 1: return value / 1000;
    case 2: return value;
    default: return value * 16;
  }
}

Curve curveFrom(Input& input) {
  std::vector<CurveSegment> segments;
  const std::uint32_t count = 1 + input.take(1) % 6;
  for (std::uint32_t index = 0; index < count; ++index) {
    CurveSegment segment;
    segment.durationNs = static_cast<std::int64_t>(input.take(3)) * 1'000'000;
    segment.start = rateFrom(input);
    segment.end = input.take(1) % 2 == 0 ? segment.start : rateFrom(input);
    segments.push_back(segment);
  }
  return Curve(std::move(segments));
}

void checkCurve(const Curve& curve, Input& input) {
  require(std::isfinite(curve.total()) && curve.total() >= 0);
  double before = 0;
  for (int step = 0; step <= 8; ++step) {
    const std::int64_t at = curve.durationNs() / 8 * step;
    const double integral = curve.integralAt(at);
    require(integral >= before - 1e-6 * (1 + before));
    require(curve.valueAt(at) >= 0);
    before = integral;
  }
  const double amount = curve.total() * (input.take(1) / 256.0);
  const std::int64_t time = curve.timeOf(amount);
  if (time != vayu::kNever) {
    require(time >= 0 && time <= curve.durationNs());
    require(std::abs(curve.integralAt(time) - amount) <= 1e-3 * (1 + amount));
  }
}

// The arrivals of all workers up to a bound; each worker's ascend and end with the plan.
std::uint64_t drain(const Curve& curve, vayu::Arrival arrival, std::uint64_t seed, std::uint32_t workers,
                    std::uint64_t limit) {
  std::uint64_t count = 0;
  for (std::uint32_t worker = 0; worker < workers; ++worker) {
    Pacer pacer(curve, arrival, seed, worker, workers, limit);
    std::int64_t last = 0;
    for (int popped = 0; popped < kMostArrivals && pacer.nextDueNs() != vayu::kNever; ++popped) {
      require(pacer.nextDueNs() >= last && pacer.nextDueNs() <= curve.durationNs());
      require(pacer.index() % workers == worker);
      last = pacer.nextDueNs();
      pacer.pop();
      ++count;
    }
  }
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const Curve curve = curveFrom(input);
  checkCurve(curve, input);
  const auto arrival = input.take(1) % 2 == 0 ? vayu::Arrival::kUniform : vayu::Arrival::kPoisson;
  const std::uint64_t seed = input.take(4);
  const std::uint64_t limit = input.take(1);
  const std::uint64_t alone = drain(curve, arrival, seed, 1, limit);
  if (limit != 0) require(alone <= limit);
  if (alone < kMostArrivals) require(drain(curve, arrival, seed, 1 + input.take(1) % 4, limit) == alone);

  if (curve.durationNs() == 0) return 0;
  const std::int64_t at = static_cast<std::int64_t>(input.take(3)) * 1'000'000 % curve.durationNs();
  const double rate = rateFrom(input);
  const Curve held = curve.heldFrom(at, rate);
  require(held.durationNs() == curve.durationNs());
  require(std::abs(held.integralAt(at) - curve.integralAt(at)) <= 1e-6 * (1 + curve.integralAt(at)));
  Pacer pacer(curve, arrival, seed, 0, 1, limit);
  for (int popped = 0; popped < 10 && pacer.nextDueNs() <= at; ++popped) pacer.pop();
  pacer.holdFrom(at, rate);
  std::int64_t last = 0;
  for (int popped = 0; popped < 100 && pacer.nextDueNs() != vayu::kNever; ++popped) {
    require(pacer.nextDueNs() >= last && pacer.nextDueNs() <= curve.durationNs());
    last = pacer.nextDueNs();
    pacer.pop();
  }
  return 0;
}
