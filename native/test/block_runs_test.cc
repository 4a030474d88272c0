#include "script/block_runs.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

namespace vayu {
namespace {

TEST(BlockRuns, TakesFreedNeighboursAsOne) {
  BlockRuns runs;
  ASSERT_TRUE(runs.reserve(1u << 20));
  void* first = runs.take(1000);
  void* second = runs.take(1000);
  void* third = runs.take(1000);
  ASSERT_NE(third, nullptr);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(second) % 16, 0u);
  runs.give(first, 1000);
  runs.give(third, 1000);
  runs.give(second, 1000);
  EXPECT_EQ(runs.take(3000), first);
}

TEST(BlockRuns, SaysSoWhenThereIsNoRoom) {
  BlockRuns runs;
  EXPECT_EQ(runs.take(1), nullptr);
  EXPECT_EQ(runs.extent(), 0u);
  ASSERT_TRUE(runs.reserve(128u << 10));
  EXPECT_EQ(runs.take(SIZE_MAX), nullptr);
  EXPECT_EQ(runs.take((128u << 10) + 1), nullptr);
  void* all = runs.take(128u << 10);
  EXPECT_NE(all, nullptr);
  EXPECT_EQ(runs.take(1), nullptr);
  runs.give(all, 128u << 10);
  EXPECT_EQ(runs.take(1), all);
  EXPECT_EQ(runs.extent(), 128u << 10);
}

TEST(BlockRuns, BlocksDoNotOverlapThroughManyRounds) {
  struct Block {
    unsigned char* at;
    std::size_t size;
    unsigned char mark;
  };
  BlockRuns runs;
  ASSERT_TRUE(runs.reserve(4u << 20));
  std::mt19937 random(1);
  std::vector<Block> blocks;
  for (int round = 0; round < 20'000; ++round) {
    if (blocks.size() < 40 || random() % 2 == 0) {
      const std::size_t size = 1 + random() % 20'000;
      auto* at = static_cast<unsigned char*>(runs.take(size));
      if (at != nullptr) {
        const auto mark = static_cast<unsigned char>(random());
        std::memset(at, mark, size);
        blocks.push_back({at, size, mark});
      }
    } else {
      const std::size_t index = random() % blocks.size();
      const Block block = blocks[index];
      ASSERT_EQ(block.at[0], block.mark) << round;
      ASSERT_EQ(std::memcmp(block.at, block.at + 1, block.size - 1), 0) << round;
      runs.give(block.at, block.size);
      blocks[index] = blocks.back();
      blocks.pop_back();
    }
  }
  EXPECT_LE(runs.extent(), 4u << 20);
}

}  // namespace
}  // namespace vayu
