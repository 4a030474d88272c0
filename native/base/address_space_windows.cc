#include <windows.h>

#include "base/address_space.h"

namespace vayu {

AddressSpace::~AddressSpace() {
  if (mapped_ != nullptr) VirtualFree(mapped_, 0, MEM_RELEASE);
}

// Windows reserves from multiples of 64 KiB on.
bool AddressSpace::reserve(std::size_t bytes) {
  mapped_ = VirtualAlloc(nullptr, bytes, MEM_RESERVE, PAGE_READWRITE);
  begin_ = static_cast<std::byte*>(mapped_);
  mappedBytes_ = bytes;
  return begin_ != nullptr;
}

bool AddressSpace::commit(std::byte* at, std::size_t bytes) {
  return VirtualAlloc(at, bytes, MEM_COMMIT, PAGE_READWRITE) != nullptr;
}

void AddressSpace::decommit(std::byte* at, std::size_t bytes) { VirtualFree(at, bytes, MEM_DECOMMIT); }

}  // namespace vayu
