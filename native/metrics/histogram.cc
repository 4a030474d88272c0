#include "metrics/histogram.h"

#include <algorithm>

namespace vayu {

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
