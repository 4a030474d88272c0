#if !defined(__linux__) || defined(VAYU_NO_PAGE_IMAGE)

#include "base/page_image.h"

namespace vayu {

std::unique_ptr<PageImage> PageImage::of(std::byte*, std::size_t) { return nullptr; }
PageImage::~PageImage() = default;
std::size_t PageImage::restore() { return 0; }

}  // namespace vayu

#endif
