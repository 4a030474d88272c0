#include "metrics/histogram.h"

#include <algorithm>
#include <limits>

namespace vayu {

HistogramDelta sum(const HistogramDelta& left, const HistogramDelta& right) {
  HistogramDelta total;
  std::size_t l = 0;
  std::size_t r = 0;
  while (l < left.values.size() || r < right.values.size()) {
    const double fromLeft = l < left.values.size() ? left.values[l] : std::numeric_limits<double>::infinity();
    const double fromRight = r < right.values.size() ? right.values[r] : std::numeric_limits<double>::infinity();
    const double value = std::min(fromLeft, fromRight);
    double count = 0;
    if (fromLeft == value) count += left.counts[l++];
    if (fromRight == value) count += right.counts[r++];
    total.values.push_back(value);
    total.counts.push_back(count);
  }
  return total;
}

HistogramDelta HistogramReader::advance(const std::vector<const Histogram*>& sources) {
  HistogramDelta delta;
  std::size_t end = 0;
  for (const Histogram* source : sources) end = std::max(end, source->end());
  if (seen_.size() < end) seen_.resize(end, 0);
  for (std::size_t index = 0; index < end; ++index) {
    std::uint64_t total = 0;
    for (const Histogram* source : sources) total += source->countAt(index);
    const std::uint64_t added = total - seen_[index];
    if (added == 0) continue;
    seen_[index] = total;
    delta.values.push_back(static_cast<double>(hdr::lowestAt(index)));
    delta.counts.push_back(static_cast<double>(added));
  }
  return delta;
}

}  // namespace vayu
