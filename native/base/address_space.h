// Address space that is reserved at once and gets memory where it is used. Its owner's thread only. address_space_posix.cc,
// address_space_windows.cc.
#pragma once

#include <cstddef>

namespace vayu {

class AddressSpace {
 public:
  AddressSpace() = default;
  ~AddressSpace();
  AddressSpace(const AddressSpace&) = delete;
  AddressSpace& operator=(const AddressSpace&) = delete;

  // Of begin(): a multiple of every system's page.
  static constexpr std::size_t kAlignment = 64u << 10;

  // False when the system refuses. Once.
  bool reserve(std::size_t bytes);
  // Null before reserve().
  std::byte* begin() const { return begin_; }
  // Makes a range usable, which it must be before it is touched; false when there is no memory. Both ends lie on pages.
  bool commit(std::byte* at, std::size_t bytes);
  // Gives the memory of a range back; it must be committed before it is touched again.
  void decommit(std::byte* at, std::size_t bytes);

 private:
  std::byte* begin_ = nullptr;
  void* mapped_ = nullptr;  // what begin_ lies in
  std::size_t mappedBytes_ = 0;
};

}  // namespace vayu
