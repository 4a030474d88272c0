#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/random_access_file.h"

namespace vayu {

RandomAccessFile::~RandomAccessFile() {
  if (isOpen()) close(static_cast<int>(handle_));
}

bool RandomAccessFile::open(const std::string& path, std::string& error) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  handle_ = descriptor;
  struct stat status {};
  if (descriptor < 0 || fstat(descriptor, &status) != 0) {
    error = std::string("it cannot be read: ") + std::strerror(errno);
    return false;
  }
  if (!S_ISREG(status.st_mode)) {
    error = "it is not a regular file";
    return false;
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
  return true;
}

std::size_t RandomAccessFile::readAt(std::uint64_t offset, char* buffer, std::size_t size) const {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = pread(static_cast<int>(handle_), buffer + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

}  // namespace vayu
