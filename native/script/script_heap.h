// All memory of one QuickJS runtime. Owns every block the runtime ever asked for and gives all of it back at once when it dies, so a
// runtime in any state (out of memory, jobs pending, an execution abandoned half-way) can be dropped without running its destructors.
// Used on one thread. Dies after the runtime was last touched.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "script/quickjs_compat.h"

namespace vayu {

class ScriptHeap {
 public:
  explicit ScriptHeap(std::size_t limitBytes);
  ~ScriptHeap();
  ScriptHeap(const ScriptHeap&) = delete;
  ScriptHeap& operator=(const ScriptHeap&) = delete;

  static const JSMallocFunctions& functions();

  // True once an allocation was refused because of the limit.
  bool limitReached() const { return limitReached_; }
  std::size_t usedBytes() const { return used_; }
  // What the process holds for this heap: only ever grows.
  std::size_t footprintBytes() const { return pagesTaken_ * kPageBytes + largeBytes_; }

  void* allocate(std::size_t size);
  void* reallocate(void* block, std::size_t size);
  void release(void* block);
  std::size_t blockBytes(const void* block) const;

 private:
  static constexpr std::size_t kPageBytes = 64u << 10;
  static constexpr std::size_t kMaxSmallBytes = 2048;
  static constexpr std::size_t kClassCount = 28;

  struct FreeBlock {
    FreeBlock* next;
  };
  struct PageHeader {
    std::size_t blockBytes;
  };
  // Precedes every large block.
  struct alignas(16) LargeHeader {
    LargeHeader* previous;
    LargeHeader* next;
    std::size_t size;
  };
  struct SizeClass {
    FreeBlock* free = nullptr;
    std::byte* fresh = nullptr;  // the part of the newest page that was never handed out
    std::byte* freshEnd = nullptr;
  };

  bool isSmall(const void* block) const {
    return static_cast<std::size_t>(static_cast<const std::byte*>(block) - region_) < regionBytes_;
  }
  void* allocateSmall(std::size_t size);
  void* takeFresh(SizeClass& sizeClass, std::size_t classBytes);
  void* allocateLarge(std::size_t size);
  bool admit(std::size_t bytes);

  static constexpr std::size_t kUnwindingBytes = 128u << 10;

  std::size_t limit_;
  std::size_t allowance_ = 0;  // what may still be had beyond the limit
  std::size_t used_ = 0;
  bool limitReached_ = false;
  std::byte* reservation_ = nullptr;
  std::size_t reservationBytes_ = 0;
  std::byte* region_ = nullptr;  // page-aligned part of the reservation
  std::size_t regionBytes_ = 0;
  std::size_t pagesTaken_ = 0;
  std::size_t largeBytes_ = 0;
  LargeHeader* large_ = nullptr;
  std::array<SizeClass, kClassCount> classes_{};
};

}  // namespace vayu
