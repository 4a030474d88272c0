#include "script/script_heap.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

// Sanitizers find misuse only in blocks of their own, and reserving address space is a POSIX matter: there every block is "large".
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(_WIN32)
#define VAYU_SCRIPT_HEAP_PAGES 0
#else
#define VAYU_SCRIPT_HEAP_PAGES 1
#include <sys/mman.h>
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

#if VAYU_QUICKJS_NG
ScriptHeap& heapOf(void* opaque) { return *static_cast<ScriptHeap*>(opaque); }
void* heapCalloc(void* opaque, std::size_t count, std::size_t size) {
  if (size != 0 && count > SIZE_MAX / size) return nullptr;
  void* block = heapOf(opaque).allocate(count * size);
  return block ? std::memset(block, 0, count * size) : nullptr;
}
void* heapMalloc(void* opaque, std::size_t size) { return heapOf(opaque).allocate(size); }
void heapFree(void* opaque, void* block) { heapOf(opaque).release(block); }
void* heapRealloc(void* opaque, void* block, std::size_t size) { return heapOf(opaque).reallocate(block, size); }
std::size_t heapUsable(const void*) { return 0; }
#else
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
#endif

}  // namespace

ScriptHeap::ScriptHeap(std::size_t limitBytes) : limit_(limitBytes) {
#if VAYU_SCRIPT_HEAP_PAGES
  // Pages belong to one size class for good, so leave room for a mix that shifts. Address space only; nothing is committed.
  const std::size_t wanted =
      (std::min<std::size_t>(limit_, std::size_t{1} << 36) * 3 + kPageBytes - 1) / kPageBytes * kPageBytes;
  reservationBytes_ = wanted + kPageBytes;
  void* mapped =
      mmap(nullptr, reservationBytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped != MAP_FAILED) {
    reservation_ = static_cast<std::byte*>(mapped);
    const auto address = reinterpret_cast<std::uintptr_t>(mapped);
    region_ = reservation_ + ((kPageBytes - address % kPageBytes) % kPageBytes);
    regionBytes_ = wanted;
  }
#endif
}

ScriptHeap::~ScriptHeap() {
  while (large_) {
    LargeHeader* next = large_->next;
    std::free(large_);
    large_ = next;
  }
#if VAYU_SCRIPT_HEAP_PAGES
  if (reservation_) munmap(reservation_, reservationBytes_);
#endif
}

// Not every path of QuickJS stands a second refusal while it builds the error of the first (2025-04-26: build_backtrace uses an
// error object that the second one frees). So each refusal is followed by an allowance, which lasts for the unwinding; the interrupt
// handler ends the script before it can make much of it, and the ceiling bounds what it can.
bool ScriptHeap::admit(std::size_t bytes) {
  if (bytes <= limit_ && used_ <= limit_ - bytes) return true;
  limitReached_ = true;
  const std::size_t ceiling = limit_ + std::max<std::size_t>(limit_ / 2, 16u << 20);
  if (bytes <= allowance_ && used_ + bytes <= ceiling) {
    allowance_ -= bytes;
    return true;
  }
  allowance_ = kUnwindingBytes;
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
  SizeClass& sizeClass = classes_[index];
  void* block;
  if (sizeClass.free) {
    block = sizeClass.free;
    sizeClass.free = sizeClass.free->next;
  } else {
    block = takeFresh(sizeClass, classBytes);
    if (!block) return nullptr;
  }
  used_ += classBytes;
  return block;
}

void* ScriptHeap::takeFresh(SizeClass& sizeClass, std::size_t classBytes) {
  if (sizeClass.fresh == nullptr || sizeClass.fresh + classBytes > sizeClass.freshEnd) {
    if ((pagesTaken_ + 1) * kPageBytes > regionBytes_) {
      limitReached_ = true;
      return nullptr;
    }
    std::byte* page = region_ + pagesTaken_ * kPageBytes;
    ++pagesTaken_;
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
  auto* header = static_cast<LargeHeader*>(std::malloc(size + sizeof(LargeHeader)));
  if (!header) {
    limitReached_ = true;
    return nullptr;
  }
  header->previous = nullptr;
  header->next = large_;
  header->size = size;
  if (large_) large_->previous = header;
  large_ = header;
  used_ += size + sizeof(LargeHeader);
  largeBytes_ += size + sizeof(LargeHeader);
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
  } else if (size > kMaxSmallBytes || regionBytes_ == 0) {
    LargeHeader* header = static_cast<LargeHeader*>(block) - 1;
    if (size > held && !admit(size - held)) return nullptr;
    if (size > SIZE_MAX - sizeof(LargeHeader)) return nullptr;
    auto* moved = static_cast<LargeHeader*>(std::realloc(header, size + sizeof(LargeHeader)));
    if (!moved) {
      limitReached_ = true;
      return nullptr;
    }
    used_ = used_ - held + size;
    largeBytes_ = largeBytes_ - held + size;
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

void ScriptHeap::release(void* block) {
  if (!block) return;
  if (isSmall(block)) {
    const auto address = reinterpret_cast<std::uintptr_t>(block);
    const std::size_t classBytes = reinterpret_cast<PageHeader*>(address & ~(kPageBytes - 1))->blockBytes;
    SizeClass& sizeClass = classes_[kClassOf[classBytes / 16]];
    auto* freed = static_cast<FreeBlock*>(block);
    freed->next = sizeClass.free;
    sizeClass.free = freed;
    used_ -= classBytes;
    return;
  }
  LargeHeader* header = static_cast<LargeHeader*>(block) - 1;
  if (header->previous)
    header->previous->next = header->next;
  else
    large_ = header->next;
  if (header->next) header->next->previous = header->previous;
  used_ -= header->size + sizeof(LargeHeader);
  largeBytes_ -= header->size + sizeof(LargeHeader);
  std::free(header);
}

std::size_t ScriptHeap::blockBytes(const void* block) const {
  if (isSmall(block)) {
    const auto address = reinterpret_cast<std::uintptr_t>(block);
    return reinterpret_cast<const PageHeader*>(address & ~(kPageBytes - 1))->blockBytes;
  }
  return (static_cast<const LargeHeader*>(block) - 1)->size;
}

const JSMallocFunctions& ScriptHeap::functions() {
#if VAYU_QUICKJS_NG
  static const JSMallocFunctions table = {heapCalloc, heapMalloc, heapFree, heapRealloc, heapUsable};
#else
  static const JSMallocFunctions table = {heapMalloc, heapFree, heapRealloc, heapUsable};
#endif
  return table;
}

}  // namespace vayu
