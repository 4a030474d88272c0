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

HistogramDelta HistogramReader::advance(const std::vector<Histogram*>& sources) {
  HistogramDelta delta;
  for (std::size_t group = 0; group < hdr::kGroups; ++group) {
    bool changed = false;
    for (Histogram* source : sources) changed |= source->takeChanged(group);
    if (!changed) continue;
    const std::size_t end = (group + 1) * hdr::kGroup;
    if (seen_.size() < end) seen_.resize(end, 0);
    for (std::size_t index = group * hdr::kGroup; index < end; ++index) {
      std::uint64_t total = 0;
      for (const Histogram* source : sources) total += source->countAt(index);
      const std::uint64_t added = total - seen_[index];
      if (added == 0) continue;
      seen_[index] = total;
      delta.values.push_back(static_cast<double>(hdr::lowestAt(index)));
      delta.counts.push_back(static_cast<double>(added));
    }
  }
  return delta;
}

}  // namespace vayu
