#if defined(__linux__)

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "base/page_image.h"

namespace vayu {

namespace {

// Entries of /proc/self/pagemap: https://docs.kernel.org/admin-guide/mm/pagemap.html.
constexpr std::uint64_t kIsPresent = 1ull << 63;
constexpr std::uint64_t kIsSwapped = 1ull << 62;
constexpr std::uint64_t kIsOfFile = 1ull << 61;

// A private page is the file's until it is written to, and anonymous from then on.
bool isWritten(std::uint64_t page) { return (page & (kIsPresent | kIsSwapped)) != 0 && (page & kIsOfFile) == 0; }

std::size_t pageBytes() {
  static const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

// As long as the process; negative where there is none.
int pagemap() {
  static const int file = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  return file;
}

bool look(const std::byte* at, std::vector<std::uint64_t>& pages) {
  const auto size = static_cast<ssize_t>(pages.size() * sizeof(std::uint64_t));
  const auto first = reinterpret_cast<std::uintptr_t>(at) / pageBytes();
  return pread(pagemap(), pages.data(), static_cast<std::size_t>(size),
               static_cast<off_t>(first * sizeof(std::uint64_t))) == size;
}

bool writeAll(int file, const std::byte* data, std::size_t size) {
  while (size > 0) {
    const ssize_t written = write(file, data, size);
    if (written <= 0) return false;
    data += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace

std::unique_ptr<PageImage> PageImage::of(std::byte* at, std::size_t bytes) {
  if (bytes == 0 || bytes % pageBytes() != 0 || pagemap() < 0) return nullptr;
  const File file(memfd_create("vayu-page-image", MFD_CLOEXEC));
  if (file.get() < 0 || !writeAll(file.get(), at, bytes)) return nullptr;
  std::unique_ptr<PageImage> image(new PageImage(at, bytes));
  void* saved = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file.get(), 0);
  if (saved == MAP_FAILED) return nullptr;
  image->saved_ = static_cast<const std::byte*>(saved);
  image->pages_.resize(bytes / pageBytes());
  if (mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, file.get(), 0) == MAP_FAILED) return nullptr;
  // Not every kernel that has the file tells this in it.
  auto* first = reinterpret_cast<volatile std::byte*>(at);
  *first = *first;
  if (!look(at, image->pages_) || !isWritten(image->pages_.front())) return nullptr;
  return image;
}

PageImage::~PageImage() {
  if (saved_ != nullptr) munmap(const_cast<std::byte*>(saved_), bytes_);
}

std::size_t PageImage::restore() {
  const std::size_t page = pageBytes();
  if (!look(at_, pages_)) {
    std::memcpy(at_, saved_, bytes_);
    return pages_.size();
  }
  std::size_t restored = 0;
  for (std::size_t index = 0; index < pages_.size(); ++index) {
    if (!isWritten(pages_[index])) continue;
    std::memcpy(at_ + index * page, saved_ + index * page, page);
    ++restored;
  }
  return restored;
}

}  // namespace vayu

#endif
