// All memory of one QuickJS runtime. Owns every block the runtime ever asked for and gives all of it back at once when it dies, so a
// runtime in any state (out of memory, jobs pending, an execution abandoned half-way) can be dropped without running its destructors,
// or taken back to the state it had when the heap was sealed, which costs a copy of the pages that were written to since; where the system
// does not tell of them, of everything. Used on one thread. Dies after the runtime was last touched.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/address_space.h"
#include "base/page_image.h"
#include "script/block_runs.h"
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
  bool limitReached() const { return now_.limitReached; }
  std::size_t usedBytes() const { return now_.used; }
  // What the process holds for this heap: only ever grows.
  std::size_t footprintBytes() const { return now_.pagesTaken * kPageBytes + now_.largeBytes; }

  // Keeps a copy of everything that is allocated now. From here on those blocks stay where they are, released or not. Once per heap.
  void seal();
  bool sealed() const { return sealed_; }
  // Makes every block and the accounting what they were when sealed; whatever was allocated since is gone.
  void rewind();

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
    bool sealed;  // belongs to the sealed state: never freed, in no list
    bool inRuns;
  };
  struct SizeClass {
    FreeBlock* free = nullptr;
    std::byte* fresh = nullptr;  // the part of the newest page that was never handed out
    std::byte* freshEnd = nullptr;
  };

  // The part of a page that was ever handed out.
  std::size_t filledBytes(const std::byte* page) const;
  bool isSmall(const void* block) const {
    return static_cast<std::size_t>(static_cast<const std::byte*>(block) - region_) < regionBytes_;
  }
  void* allocateSmall(std::size_t size);
  void* takeFresh(SizeClass& sizeClass, std::size_t classBytes);
  void* allocateLarge(std::size_t size);
  LargeHeader* takeLarge(std::size_t bytes);
  void freeLarge(LargeHeader* header);
  void freeLargeList();
  LargeHeader* growLarge(LargeHeader* header, std::size_t size);
  bool admit(std::size_t bytes);

  static constexpr std::size_t kUnwindingBytes = 128u << 10;

  // What rewind() restores beside the blocks themselves.
  struct Accounts {
    std::size_t allowance = 0;  // what may still be had beyond the limit
    std::size_t used = 0;
    std::size_t pagesTaken = 0;
    std::size_t largeBytes = 0;
    bool limitReached = false;
    std::array<SizeClass, kClassCount> classes{};
  };
  struct Range {
    std::byte* at;
    std::size_t size;
  };

  std::size_t limit_;
  Accounts now_;
  AddressSpace reservation_;
  std::byte* region_ = nullptr;  // begin of the reservation
  std::size_t regionBytes_ = 0;
  std::size_t pagesCommitted_ = 0;
  BlockRuns runs_;  // large blocks from before the seal; empty where every block is malloc's
  LargeHeader* large_ = nullptr;

  bool sealed_ = false;
  Accounts then_;
  std::vector<LargeHeader*> sealedLarge_;
  std::unique_ptr<PageImage> sealedPages_;
  std::unique_ptr<PageImage> sealedRuns_;
  std::vector<Range> sealedRanges_;     // what is not in it
  std::vector<std::byte> sealedBytes_;  // of the ranges, in order
};

}  // namespace vayu
