// The content that a part of memory had once, and a way back to it that costs what has been written since, not what there is: the range is
// mapped onto a copy, a page at a time is made the range's own by the first write to it, and the kernel tells which pages are.
// The range belongs to somebody else, who must not unmap parts of it meanwhile. One thread at a time, and nobody else writes to the range while
// of() or restore() runs. page_image_linux.cc; page_image_absent.cc elsewhere or with
// VAYU_NO_PAGE_IMAGE.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace vayu {

class PageImage {
 public:
  // Of the range's present content, which stays as it is. Null where the system offers nothing of the kind. Both ends lie on pages.
  static std::unique_ptr<PageImage> of(std::byte* at, std::size_t bytes);
  ~PageImage();
  PageImage(const PageImage&) = delete;
  PageImage& operator=(const PageImage&) = delete;

  // Makes the range what it was. Returns how many pages that took: those that have been written to since of().
  std::size_t restore();

 private:
  PageImage(std::byte* at, std::size_t bytes) : at_(at), bytes_(bytes) {}

  std::byte* at_;
  std::size_t bytes_;
  const std::byte* saved_ = nullptr;
  std::vector<std::uint64_t> pages_;  // what the kernel says of each
};

}  // namespace vayu
