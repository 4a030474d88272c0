#include "base/page_image.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

#include "base/address_space.h"

namespace vayu {
namespace {

constexpr std::size_t kPage = AddressSpace::kAlignment;
constexpr std::size_t kPages = 40;

class PageImageTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(space.reserve(kPages * kPage));
    range = space.begin();
    ASSERT_TRUE(space.commit(range, kPages * kPage));
    std::mt19937 random(1);
    for (std::size_t at = 0; at < kPages * kPage; ++at) range[at] = static_cast<std::byte>(random());
    content.assign(range, range + kPages * kPage);
    image = PageImage::of(range, kPages * kPage);
#if defined(__linux__)
    ASSERT_NE(image, nullptr);
#endif
    if (image == nullptr) GTEST_SKIP() << "this system does not tell which pages were written to";
  }

  bool isAsItWas() const { return std::memcmp(range, content.data(), content.size()) == 0; }

  AddressSpace space;
  std::byte* range = nullptr;
  std::vector<std::byte> content;
  std::unique_ptr<PageImage> image;
};

TEST_F(PageImageTest, LeavesTheContentAsItIs) {
  EXPECT_TRUE(isAsItWas());
  const std::size_t known = image->restore();
  EXPECT_LE(known, 1u);
  EXPECT_TRUE(isAsItWas());
}

TEST_F(PageImageTest, PutsBackThePagesThatWereWrittenTo) {
  const std::size_t known = image->restore();
  for (const std::size_t page : {3, 17, 39}) range[page * kPage + 5] ^= std::byte{1};
  EXPECT_FALSE(isAsItWas());
  EXPECT_EQ(image->restore(), known + 3);
  EXPECT_TRUE(isAsItWas());
  // Theirs for good.
  EXPECT_EQ(image->restore(), known + 3);
  range[3 * kPage + 7] ^= std::byte{1};
  EXPECT_EQ(image->restore(), known + 3);
  EXPECT_TRUE(isAsItWas());
}

TEST_F(PageImageTest, ReadingIsNotWriting) {
  const std::size_t known = image->restore();
  EXPECT_TRUE(isAsItWas());
  EXPECT_EQ(image->restore(), known);
}

TEST_F(PageImageTest, HoldsThroughManyRoundsOfChanges) {
  std::mt19937 random(2);
  for (int round = 0; round < 500; ++round) {
    const std::size_t writes = random() % 50;
    for (std::size_t index = 0; index < writes; ++index) {
      const std::size_t at = random() % content.size();
      std::memset(range + at, static_cast<int>(random()),
                  std::min<std::size_t>(random() % 10'000, content.size() - at));
    }
    image->restore();
    ASSERT_TRUE(isAsItWas()) << round;
  }
  std::memset(range, 0, content.size());
  image->restore();
  EXPECT_TRUE(isAsItWas());
}

TEST_F(PageImageTest, SeveralInOneSpaceDoNotKnowOfEachOther) {
  AddressSpace other;
  ASSERT_TRUE(other.reserve(kPage));
  std::byte* at = other.begin();
  ASSERT_TRUE(other.commit(at, kPage));
  std::memset(at, 7, kPage);
  const auto second = PageImage::of(at, kPage);
  ASSERT_NE(second, nullptr);
  std::memset(at, 8, kPage);
  range[0] ^= std::byte{1};
  second->restore();
  EXPECT_EQ(at[0], std::byte{7});
  EXPECT_FALSE(isAsItWas());
  image->restore();
  EXPECT_TRUE(isAsItWas());
}

TEST(PageImage, OfNothingIsNone) { EXPECT_EQ(PageImage::of(nullptr, 0), nullptr); }

}  // namespace
}  // namespace vayu
