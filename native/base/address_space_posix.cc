#include <sys/mman.h>

#include "base/address_space.h"

namespace vayu {

AddressSpace::~AddressSpace() {
  if (begin_ != nullptr) munmap(begin_, bytes_);
}

bool AddressSpace::reserve(std::size_t bytes) {
  void* mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) return false;
  begin_ = static_cast<std::byte*>(mapped);
  bytes_ = bytes;
  return true;
}

// The first touch of a page brings it.
bool AddressSpace::commit(std::byte*, std::size_t) { return true; }

void AddressSpace::decommit(std::byte* at, std::size_t bytes) { madvise(at, bytes, MADV_DONTNEED); }

}  // namespace vayu
