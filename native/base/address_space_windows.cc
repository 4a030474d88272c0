#include <windows.h>

#include "base/address_space.h"

namespace vayu {

AddressSpace::~AddressSpace() {
  if (begin_ != nullptr) VirtualFree(begin_, 0, MEM_RELEASE);
}

bool AddressSpace::reserve(std::size_t bytes) {
  begin_ = static_cast<std::byte*>(VirtualAlloc(nullptr, bytes, MEM_RESERVE, PAGE_READWRITE));
  if (begin_ == nullptr) return false;
  bytes_ = bytes;
  return true;
}

bool AddressSpace::commit(std::byte* at, std::size_t bytes) {
  return VirtualAlloc(at, bytes, MEM_COMMIT, PAGE_READWRITE) != nullptr;
}

void AddressSpace::decommit(std::byte* at, std::size_t bytes) { VirtualFree(at, bytes, MEM_DECOMMIT); }

}  // namespace vayu
