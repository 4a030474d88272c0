#include "script/block_runs.h"

#include <iterator>

namespace vayu {

bool BlockRuns::reserve(std::size_t bytes) {
  if (!space_.reserve(bytes)) return false;
  bytes_ = bytes / kStepBytes * kStepBytes;
  return true;
}

bool BlockRuns::grow(std::size_t bytes) {
  const std::size_t wanted = (used_ + bytes + kStepBytes - 1) / kStepBytes * kStepBytes;
  if (wanted > bytes_) return false;
  if (wanted > committed_ && !space_.commit(begin() + committed_, wanted - committed_)) return false;
  if (wanted > committed_) committed_ = wanted;
  return true;
}

void* BlockRuns::take(std::size_t bytes) {
  if (bytes > bytes_) return nullptr;
  const std::size_t size = rounded(bytes);
  for (auto run = free_.begin(); run != free_.end(); ++run) {
    if (run->second < size) continue;
    const std::size_t at = run->first;
    const std::size_t left = run->second - size;
    free_.erase(run);
    if (left > 0) free_.emplace(at + size, left);
    return begin() + at;
  }
  if (!grow(size)) return nullptr;
  std::byte* block = begin() + used_;
  used_ += size;
  return block;
}

void BlockRuns::give(void* block, std::size_t bytes) {
  const auto at = static_cast<std::size_t>(static_cast<std::byte*>(block) - begin());
  auto run = free_.emplace(at, rounded(bytes)).first;
  if (const auto next = std::next(run); next != free_.end() && run->first + run->second == next->first) {
    run->second += next->second;
    free_.erase(next);
  }
  if (run == free_.begin()) return;
  const auto before = std::prev(run);
  if (before->first + before->second != run->first) return;
  before->second += run->second;
  free_.erase(run);
}

}  // namespace vayu
