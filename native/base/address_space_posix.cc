#include <sys/mman.h>

#include <cstdint>

#include "base/address_space.h"

namespace vayu {

AddressSpace::~AddressSpace() {
  if (mapped_ != nullptr) munmap(mapped_, mappedBytes_);
}

bool AddressSpace::reserve(std::size_t bytes) {
  const std::size_t size = bytes + kAlignment;
  void* mapped = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) return false;
  mapped_ = mapped;
  mappedBytes_ = size;
  const auto address = reinterpret_cast<std::uintptr_t>(mapped);
  begin_ = static_cast<std::byte*>(mapped) + (kAlignment - address % kAlignment) % kAlignment;
  return true;
}

// The first touch of a page brings it.
bool AddressSpace::commit(std::byte*, std::size_t) { return true; }

void AddressSpace::decommit(std::byte* at, std::size_t bytes) { madvise(at, bytes, MADV_DONTNEED); }

}  // namespace vayu
