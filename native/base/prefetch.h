// Asks the processor to bring memory near before it is needed. Any thread.
#pragma once

#include <cstddef>

namespace vayu {

// A line of the cache, on every machine that this runs on but some with 128 bytes, where each second request is idle.
inline constexpr std::size_t kCacheLine = 64;

// The address need not be valid.
inline void prefetch(const void* address, std::size_t bytes) {
#if defined(__GNUC__)
  const char* at = static_cast<const char*>(address);
  for (std::size_t offset = 0; offset < bytes; offset += kCacheLine) __builtin_prefetch(at + offset, 1);
#else
  static_cast<void>(address);
  static_cast<void>(bytes);
#endif
}

}  // namespace vayu
