// A regular file that is read at any offset. Any thread reads; opening and closing is its owner's. random_access_file_posix.cc,
// random_access_file_windows.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace vayu {

class RandomAccessFile {
 public:
  RandomAccessFile() = default;
  ~RandomAccessFile();
  RandomAccessFile(const RandomAccessFile&) = delete;
  RandomAccessFile& operator=(const RandomAccessFile&) = delete;

  // `path` is UTF-8. False with `error` set, as the end of a sentence about the file. Once.
  bool open(const std::string& path, std::string& error);
  bool isOpen() const { return handle_ != kNone; }
  // In bytes, when it was opened.
  std::uint64_t size() const { return size_; }
  // Up to `size` bytes at `offset`; fewer at the end, and on failure.
  std::size_t readAt(std::uint64_t offset, char* buffer, std::size_t size) const;

 private:
  // A descriptor, or a HANDLE, of which both have this value for none.
  static constexpr std::intptr_t kNone = -1;

  std::intptr_t handle_ = kNone;
  std::uint64_t size_ = 0;
};

}  // namespace vayu
