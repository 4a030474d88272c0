#include "script/script_heap.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

// Sanitizers find misuse only in blocks of their own: there every block is "large".
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define VAYU_SCRIPT_HEAP_PAGES 0
#else
#define VAYU_SCRIPT_HEAP_PAGES 1
#endif

namespace vayu {
namespace {

// 16-byte steps to 256, then four steps per doubling: at most a quarter of a block is wasted.
constexpr std::array<std::uint16_t, 28> kClassBytes = {16,  32,  48,  64,   80,   96,   112,  128, 144, 160,
                                                       176, 192, 208, 224,  240,  256,  320,  384, 448, 512,
                                                       640, 768, 896, 1024, 1280, 1536, 1792, 2048};

constexpr std::array<std::uint8_t, 129> classTable() {
  std::array<std::uint8_t, 129> table{};
  std::size_t sizeClass = 0;
  for (std::size_t units = 0; units <= 128; ++units) {
    while (kClassBytes[sizeClass] < units * 16) ++sizeClass;
    table[units] = static_cast<std::uint8_t>(sizeClass);
  }
  return table;
}
constexpr auto kClassOf = classTable();

// QuickJS decides from malloc_size when to collect cycles; the limit is ours.
ScriptHeap& heapOf(JSMallocState* state) { return *static_cast<ScriptHeap*>(state->opaque); }
void* heapMalloc(JSMallocState* state, std::size_t size) {
  ScriptHeap& heap = heapOf(state);
  void* block = heap.allocate(size);
  state->malloc_size = heap.usedBytes();
  return block;
}
void heapFree(JSMallocState* state, void* block) {
  ScriptHeap& heap = heapOf(state);
  heap.release(block);
  state->malloc_size = heap.usedBytes();
}
void* heapRealloc(JSMallocState* state, void* block, std::size_t size) {
  ScriptHeap& heap = heapOf(state);
  void* result = heap.reallocate(block, size);
  state->malloc_size = heap.usedBytes();
  return result;
}
std::size_t heapUsable(const void*) { return 0; }

}  // namespace

ScriptHeap::ScriptHeap(std::size_t limitBytes) : limit_(limitBytes) {
#if VAYU_SCRIPT_HEAP_PAGES
  // Pages belong to one size class for good, so leave room for a mix that shifts. Address space only; nothing is committed.
  const std::size_t wanted =
      (std::min<std::size_t>(limit_, std::size_t{1} << 36) * 3 + kPageBytes - 1) / kPageBytes * kPageBytes;
  static_assert(AddressSpace::kAlignment % kPageBytes == 0);
  if (reservation_.reserve(wanted)) {
    region_ = reservation_.begin();
    regionBytes_ = wanted;
    runs_.reserve(wanted);
  }
#endif
}

ScriptHeap::~ScriptHeap() {
  freeLargeList();
  for (LargeHeader* header : sealedLarge_) freeLarge(header);
}

// Says where it is from; the rest of the header is the caller's to fill in. Null when there is no memory.
ScriptHeap::LargeHeader* ScriptHeap::takeLarge(std::size_t bytes) {
  void* taken = sealed_ ? nullptr : runs_.take(bytes);
  const bool inRuns = taken != nullptr;
  auto* header = static_cast<LargeHeader*>(inRuns ? taken : std::malloc(bytes));
  if (header) header->inRuns = inRuns;
  return header;
}

void ScriptHeap::freeLarge(LargeHeader* header) {
  if (header->inRuns) {
    runs_.give(header, header->size + sizeof(LargeHeader));
  } else {
    std::free(header);
  }
}

void ScriptHeap::freeLargeList() {
  while (large_) {
    LargeHeader* next = large_->next;
    freeLarge(large_);
    large_ = next;
  }
}

std::size_t ScriptHeap::filledBytes(const std::byte* page) const {
  for (const SizeClass& sizeClass : now_.classes) {
    if (sizeClass.fresh > page && sizeClass.freshEnd == page + kPageBytes) {
      return static_cast<std::size_t>(sizeClass.fresh - page);
    }
  }
  return kPageBytes;
}

void ScriptHeap::seal() {
  sealed_ = true;
  then_ = now_;
  while (large_) {
    LargeHeader* header = large_;
    large_ = header->next;
    header->previous = header->next = nullptr;
    header->sealed = true;
    sealedLarge_.push_back(header);
  }
  sealedPages_ = PageImage::of(region_, now_.pagesTaken * kPageBytes);
  sealedRuns_ = PageImage::of(runs_.begin(), runs_.extent());
  for (std::size_t index = 0; sealedPages_ == nullptr && index < now_.pagesTaken; ++index) {
    std::byte* page = region_ + index * kPageBytes;
    sealedRanges_.push_back({page, filledBytes(page)});
  }
  for (LargeHeader* header : sealedLarge_) {
    if (header->inRuns && sealedRuns_ != nullptr) continue;
    sealedRanges_.push_back({reinterpret_cast<std::byte*>(header + 1), header->size});
  }
  std::size_t total = 0;
  for (const Range& range : sealedRanges_) total += range.size;
  sealedBytes_.reserve(total);
  for (const Range& range : sealedRanges_) sealedBytes_.insert(sealedBytes_.end(), range.at, range.at + range.size);
}

void ScriptHeap::rewind() {
  freeLargeList();
  // What an execution took beyond the sealed pages goes back to the system when it is much.
  constexpr std::size_t kKeptPages = 32;
  if (const std::size_t kept = then_.pagesTaken + kKeptPages; now_.pagesTaken > kept) {
    reservation_.decommit(region_ + kept * kPageBytes, (now_.pagesTaken - kept) * kPageBytes);
    pagesCommitted_ = kept;
  }
  now_ = then_;
  if (sealedPages_ != nullptr) sealedPages_->restore();
  if (sealedRuns_ != nullptr) sealedRuns_->restore();
  const std::byte* from = sealedBytes_.data();
  for (const Range& range : sealedRanges_) {
    std::memcpy(range.at, from, range.size);
    from += range.size;
  }
}

// Not every path of QuickJS stands a second refusal while it builds the error of the first (2025-04-26: build_backtrace uses an
// error object that the second one frees). So each refusal is followed by an allowance, which lasts for the unwinding; the interrupt
// handler ends the script before it can make much of it, and the ceiling bounds what it can.
bool ScriptHeap::admit(std::size_t bytes) {
  if (bytes <= limit_ && now_.used <= limit_ - bytes) return true;
  now_.limitReached = true;
  const std::size_t ceiling = limit_ + std::max<std::size_t>(limit_ / 2, 16u << 20);
  if (bytes <= now_.allowance && now_.used + bytes <= ceiling) {
    now_.allowance -= bytes;
    return true;
  }
  now_.allowance = kUnwindingBytes;
  return false;
}

void* ScriptHeap::allocate(std::size_t size) {
  if (size <= kMaxSmallBytes && regionBytes_ != 0) return allocateSmall(size);
  return allocateLarge(size);
}

void* ScriptHeap::allocateSmall(std::size_t size) {
  const std::size_t index = kClassOf[(size + 15) / 16];
  const std::size_t classBytes = kClassBytes[index];
  if (!admit(classBytes)) return nullptr;
  SizeClass& sizeClass = now_.classes[index];
  void* block;
  if (sizeClass.free) {
    block = sizeClass.free;
    sizeClass.free = sizeClass.free->next;
  } else {
    block = takeFresh(sizeClass, classBytes);
    if (!block) return nullptr;
  }
  now_.used += classBytes;
  return block;
}

void* ScriptHeap::takeFresh(SizeClass& sizeClass, std::size_t classBytes) {
  if (sizeClass.fresh == nullptr || sizeClass.fresh + classBytes > sizeClass.freshEnd) {
    std::byte* page = region_ + now_.pagesTaken * kPageBytes;
    const bool isCommitted = now_.pagesTaken < pagesCommitted_;
    if ((now_.pagesTaken + 1) * kPageBytes > regionBytes_ || (!isCommitted && !reservation_.commit(page, kPageBytes))) {
      now_.limitReached = true;
      return nullptr;
    }
    ++now_.pagesTaken;
    if (!isCommitted) pagesCommitted_ = now_.pagesTaken;
    reinterpret_cast<PageHeader*>(page)->blockBytes = classBytes;
    sizeClass.fresh = page + std::max<std::size_t>(sizeof(PageHeader), 16);
    sizeClass.freshEnd = page + kPageBytes;
  }
  void* block = sizeClass.fresh;
  sizeClass.fresh += classBytes;
  return block;
}

void* ScriptHeap::allocateLarge(std::size_t size) {
  if (size > SIZE_MAX - sizeof(LargeHeader) || !admit(size + sizeof(LargeHeader))) return nullptr;
  LargeHeader* header = takeLarge(size + sizeof(LargeHeader));
  if (!header) {
    now_.limitReached = true;
    return nullptr;
  }
  header->previous = nullptr;
  header->next = large_;
  header->size = size;
  header->sealed = false;
  if (large_) large_->previous = header;
  large_ = header;
  now_.used += size + sizeof(LargeHeader);
  now_.largeBytes += size + sizeof(LargeHeader);
  return header + 1;
}

void* ScriptHeap::reallocate(void* block, std::size_t size) {
  if (!block) return size == 0 ? nullptr : allocate(size);
  if (size == 0) {
    release(block);
    return nullptr;
  }
  const std::size_t held = blockBytes(block);
  if (isSmall(block)) {
    if (size <= held && size > held / 2) return block;
  } else if ((static_cast<LargeHeader*>(block) - 1)->sealed) {
    if (size <= held) return block;
  } else if (size > kMaxSmallBytes || regionBytes_ == 0) {
    LargeHeader* header = static_cast<LargeHeader*>(block) - 1;
    if (size > held && !admit(size - held)) return nullptr;
    if (size > SIZE_MAX - sizeof(LargeHeader)) return nullptr;
    LargeHeader* moved = growLarge(header, size);
    if (!moved) {
      now_.limitReached = true;
      return nullptr;
    }
    now_.used = now_.used - held + size;
    now_.largeBytes = now_.largeBytes - held + size;
    moved->size = size;
    if (moved->previous)
      moved->previous->next = moved;
    else
      large_ = moved;
    if (moved->next) moved->next->previous = moved;
    return moved + 1;
  }
  void* fresh = allocate(size);
  if (!fresh) return nullptr;
  std::memcpy(fresh, block, std::min(size, held));
  release(block);
  return fresh;
}

// Where it is now, of another size; null when there is no memory, and it stays where it was.
ScriptHeap::LargeHeader* ScriptHeap::growLarge(LargeHeader* header, std::size_t size) {
  const std::size_t held = header->size + sizeof(LargeHeader);
  const std::size_t wanted = size + sizeof(LargeHeader);
  if (!header->inRuns) return static_cast<LargeHeader*>(std::realloc(header, wanted));
  if (BlockRuns::areAlike(held, wanted)) return header;
  LargeHeader* moved = takeLarge(wanted);
  if (!moved) return nullptr;
  const bool inRuns = moved->inRuns;
  std::memcpy(moved, header, std::min(held, wanted));
  moved->inRuns = inRuns;
  runs_.give(header, held);
  return moved;
}

void ScriptHeap::release(void* block) {
  if (!block) return;
  if (isSmall(block)) {
    const auto address = reinterpret_cast<std::uintptr_t>(block);
    const std::size_t classBytes = reinterpret_cast<PageHeader*>(address & ~(kPageBytes - 1))->blockBytes;
    SizeClass& sizeClass = now_.classes[kClassOf[classBytes / 16]];
    auto* freed = static_cast<FreeBlock*>(block);
    freed->next = sizeClass.free;
    sizeClass.free = freed;
    now_.used -= classBytes;
    return;
  }
  LargeHeader* header = static_cast<LargeHeader*>(block) - 1;
  if (header->sealed) {
    now_.used -= header->size + sizeof(LargeHeader);
    return;
  }
  if (header->previous)
    header->previous->next = header->next;
  else
    large_ = header->next;
  if (header->next) header->next->previous = header->previous;
  now_.used -= header->size + sizeof(LargeHeader);
  now_.largeBytes -= header->size + sizeof(LargeHeader);
  freeLarge(header);
}

std::size_t ScriptHeap::blockBytes(const void* block) const {
  if (isSmall(block)) {
    const auto address = reinterpret_cast<std::uintptr_t>(block);
    return reinterpret_cast<const PageHeader*>(address & ~(kPageBytes - 1))->blockBytes;
  }
  return (static_cast<const LargeHeader*>(block) - 1)->size;
}

const JSMallocFunctions& ScriptHeap::functions() {
  static const JSMallocFunctions table = {heapMalloc, heapFree, heapRealloc, heapUsable};
  return table;
}

}  // namespace vayu
