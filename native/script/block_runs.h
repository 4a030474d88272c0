// Blocks of any size side by side in one part of memory, so that a PageImage can hold them all. For what is allocated before a heap is sealed:
// a library's code and tables. First fit, and freed neighbours become one. Owned by a ScriptHeap; one thread.
#pragma once

#include <cstddef>
#include <map>

#include "base/address_space.h"

namespace vayu {

class BlockRuns {
 public:
  // False when the system refuses. Once.
  bool reserve(std::size_t bytes);
  // Aligned to 16 bytes; null when there is no room.
  void* take(std::size_t bytes);
  // What take() gave for as many bytes.
  void give(void* block, std::size_t bytes);
  // Whether a block of one size may be called one of the other.
  static bool areAlike(std::size_t bytes, std::size_t otherBytes) { return rounded(bytes) == rounded(otherBytes); }

  std::byte* begin() const { return space_.begin(); }
  // From begin() to the end of the last block there ever was, in whole pages.
  std::size_t extent() const { return committed_; }

 private:
  static constexpr std::size_t kUnitBytes = 256;
  static constexpr std::size_t kStepBytes = AddressSpace::kAlignment;
  static std::size_t rounded(std::size_t bytes) { return (bytes + kUnitBytes - 1) / kUnitBytes * kUnitBytes; }
  bool grow(std::size_t bytes);

  AddressSpace space_;
  std::size_t bytes_ = 0;
  std::size_t used_ = 0;  // the first byte that was never part of a block
  std::size_t committed_ = 0;
  std::map<std::size_t, std::size_t> free_;  // size by offset
};

}  // namespace vayu
