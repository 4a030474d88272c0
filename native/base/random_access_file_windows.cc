#include <windows.h>

#include <algorithm>
#include <system_error>

#include "base/random_access_file.h"

namespace vayu {

namespace {

constexpr std::size_t kMaxReadBytes = 1u << 30;

HANDLE handleOf(std::intptr_t handle) { return reinterpret_cast<HANDLE>(handle); }

std::wstring wide(const std::string& utf8) {
  const int length = static_cast<int>(utf8.size());
  std::wstring text(static_cast<std::size_t>(MultiByteToWideChar(CP_UTF8, 0, utf8.data(), length, nullptr, 0)), L'\0');
  MultiByteToWideChar(CP_UTF8, 0, utf8.data(), length, text.data(), static_cast<int>(text.size()));
  return text;
}

}  // namespace

RandomAccessFile::~RandomAccessFile() {
  if (isOpen()) CloseHandle(handleOf(handle_));
}

bool RandomAccessFile::open(const std::string& path, std::string& error) {
  const HANDLE handle =
      CreateFileW(wide(path).c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                  OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr);
  handle_ = reinterpret_cast<std::intptr_t>(handle);
  LARGE_INTEGER size{};
  if (handle == INVALID_HANDLE_VALUE || (GetFileType(handle) == FILE_TYPE_DISK && GetFileSizeEx(handle, &size) == 0)) {
    error = "it cannot be read: " + std::system_category().message(static_cast<int>(GetLastError()));
    return false;
  }
  if (GetFileType(handle) != FILE_TYPE_DISK) {
    error = "it is not a regular file";
    return false;
  }
  size_ = static_cast<std::uint64_t>(size.QuadPart);
  return true;
}

std::size_t RandomAccessFile::readAt(std::uint64_t offset, char* buffer, std::size_t size) const {
  std::size_t done = 0;
  while (done < size) {
    // With an offset of its own the read does not depend on the file's position, which threads would share.
    const std::uint64_t from = offset + done;
    OVERLAPPED at{};
    at.Offset = static_cast<DWORD>(from);
    at.OffsetHigh = static_cast<DWORD>(from >> 32);
    DWORD got = 0;
    const auto wanted = static_cast<DWORD>(std::min(size - done, kMaxReadBytes));
    if (ReadFile(handleOf(handle_), buffer + done, wanted, &got, &at) == 0 || got == 0) break;
    done += got;
  }
  return done;
}

}  // namespace vayu
