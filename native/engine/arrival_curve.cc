#include "engine/arrival_curve.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/clock.h"

namespace vayu {

namespace {

constexpr double kSecond = static_cast<double>(kNsPerSecond);

}  // namespace

Curve::Curve(std::vector<CurveSegment> segments) {
  for (const CurveSegment& segment : segments) {
    if (segment.durationNs <= 0) continue;
    pieces_.push_back({durationNs_, segment.durationNs, segment.start, segment.end, total_});
    if (segment.durationNs == kNever) {
      durationNs_ = kNever;
      total_ = segment.start > 0 ? std::numeric_limits<double>::infinity() : total_;
      return;
    }
    durationNs_ += segment.durationNs;
    total_ += (segment.start + segment.end) / 2 * (static_cast<double>(segment.durationNs) / kSecond);
  }
}

double Curve::valueAt(std::int64_t elapsedNs) const {
  for (const Piece& piece : pieces_) {
    if (elapsedNs < piece.fromNs) break;
    if (piece.durationNs != kNever && elapsedNs - piece.fromNs >= piece.durationNs) continue;
    if (piece.durationNs == kNever) return piece.start;
    const double share = static_cast<double>(elapsedNs - piece.fromNs) / static_cast<double>(piece.durationNs);
    return piece.start + (piece.end - piece.start) * share;
  }
  return 0;
}

double Curve::integralAt(std::int64_t elapsedNs) const {
  double sum = 0;
  for (const Piece& piece : pieces_) {
    if (elapsedNs <= piece.fromNs) break;
    std::int64_t within = elapsedNs - piece.fromNs;
    double slope = 0;
    if (piece.durationNs != kNever) {
      within = std::min(within, piece.durationNs);
      slope = (piece.end - piece.start) / (static_cast<double>(piece.durationNs) / kSecond);
    }
    const double seconds = static_cast<double>(within) / kSecond;
    sum = piece.before + piece.start * seconds + slope * seconds * seconds / 2;
  }
  return sum;
}

std::int64_t Curve::timeOf(double amount) const {
  for (std::size_t index = 0; index < pieces_.size(); ++index) {
    const Piece& piece = pieces_[index];
    const double after = index + 1 < pieces_.size() ? pieces_[index + 1].before : total_;
    if (amount > after) continue;
    const double wanted = amount - piece.before;
    if (wanted <= 0) return piece.fromNs;
    double seconds = 0;
    if (piece.durationNs == kNever || piece.start == piece.end) {
      if (piece.start <= 0) continue;
      seconds = wanted / piece.start;
    } else {
      // start·t + slope·t²/2 = wanted, in the form that does not cancel when the slope is small.
      const double slope = (piece.end - piece.start) / (static_cast<double>(piece.durationNs) / kSecond);
      const double root = std::sqrt(std::max(0.0, piece.start * piece.start + 2 * slope * wanted));
      seconds = 2 * wanted / (piece.start + root);
    }
    return piece.fromNs + static_cast<std::int64_t>(std::llround(seconds * kSecond));
  }
  return kNever;
}

std::int64_t Curve::nextChangeNs(std::int64_t elapsedNs, std::int64_t stepNs) const {
  for (const Piece& piece : pieces_) {
    if (piece.durationNs == kNever) return kNever;
    const std::int64_t end = piece.fromNs + piece.durationNs;
    if (elapsedNs >= end) continue;
    return piece.start == piece.end ? end : std::min(end, elapsedNs + stepNs);
  }
  return kNever;
}

Curve Curve::heldFrom(std::int64_t atNs, double value) const {
  std::vector<CurveSegment> segments;
  for (const Piece& piece : pieces_) {
    if (piece.fromNs >= atNs) break;
    if (piece.durationNs != kNever && piece.fromNs + piece.durationNs <= atNs) {
      segments.push_back({piece.durationNs, piece.start, piece.end});
    } else {
      segments.push_back({atNs - piece.fromNs, piece.start, valueAt(atNs)});
    }
  }
  const std::int64_t rest = durationNs_ == kNever ? kNever : durationNs_ - atNs;
  segments.push_back({rest, value, value});
  return Curve(std::move(segments));
}

}  // namespace vayu
