#include "engine/lazy_deadlines.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <vector>

namespace vayu {
namespace {

struct Item : DeadlineItem {};

TEST(LazyDeadlines, GivesWhatIsDueInTheOrderOfTheDeadlines) {
  LazyDeadlines deadlines;
  std::deque<Item> items(5);
  const std::int64_t times[] = {50, 20, 40, 10, 30};
  for (std::size_t index = 0; index < items.size(); ++index) deadlines.set(items[index], times[index]);
  EXPECT_EQ(deadlines.nextNs(), 10);
  EXPECT_EQ(deadlines.takeDue(9), nullptr);
  EXPECT_EQ(deadlines.takeDue(30), &items[3]);
  EXPECT_EQ(deadlines.takeDue(30), &items[1]);
  EXPECT_EQ(deadlines.takeDue(30), &items[4]);
  EXPECT_EQ(deadlines.takeDue(30), nullptr);
  EXPECT_EQ(deadlines.nextNs(), 40);
  EXPECT_EQ(items[3].deadlineNs(), kNever);
}

TEST(LazyDeadlines, ALaterDeadlineCostsNoVisitUntilTheEarlierOneComes) {
  LazyDeadlines deadlines;
  Item item;
  deadlines.set(item, 100);
  for (std::int64_t at = 1; at <= 99; ++at) {
    deadlines.clear(item);
    deadlines.set(item, at + 100);
  }
  EXPECT_EQ(deadlines.size(), 1u);
  EXPECT_EQ(deadlines.nextNs(), 100);
  EXPECT_EQ(deadlines.takeDue(150), nullptr);
  EXPECT_EQ(deadlines.nextNs(), 199);
  EXPECT_EQ(deadlines.takeDue(199), &item);
  EXPECT_EQ(deadlines.nextNs(), kNever);
}

TEST(LazyDeadlines, AnEarlierDeadlineCountsAtOnce) {
  LazyDeadlines deadlines;
  Item slow;
  Item other;
  deadlines.set(slow, 1000);
  deadlines.set(other, 500);
  deadlines.set(slow, 20);
  EXPECT_EQ(deadlines.nextNs(), 20);
  EXPECT_EQ(deadlines.takeDue(20), &slow);
  EXPECT_EQ(deadlines.nextNs(), 500);
}

TEST(LazyDeadlines, ForgetsWhatWasClearedOrNeverSet) {
  LazyDeadlines deadlines;
  Item cleared;
  Item without;
  deadlines.set(cleared, 10);
  deadlines.set(without, kNever);
  deadlines.clear(cleared);
  EXPECT_EQ(deadlines.size(), 1u);
  EXPECT_EQ(deadlines.takeDue(1000), nullptr);
  EXPECT_EQ(deadlines.size(), 0u);
  EXPECT_EQ(deadlines.nextNs(), kNever);
}

// Against a plain search over all items, with items that come and go.
TEST(LazyDeadlines, AgreesWithASearchOverAllItems) {
  std::mt19937 random(7);
  LazyDeadlines deadlines;
  std::deque<Item> items(200);
  std::vector<std::int64_t> expected(items.size(), kNever);
  const auto below = [&random](std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random);
  };
  std::int64_t now = 0;
  for (int step = 0; step < 200'000; ++step) {
    const std::size_t index = below(items.size());
    switch (below(4)) {
      case 0:
        deadlines.remove(items[index]);
        expected[index] = kNever;
        break;
      case 1:
        deadlines.clear(items[index]);
        expected[index] = kNever;
        break;
      default:
        expected[index] = now + 1 + static_cast<std::int64_t>(below(1000));
        deadlines.set(items[index], expected[index]);
        break;
    }
    now += static_cast<std::int64_t>(below(5));
    while (DeadlineItem* due = deadlines.takeDue(now)) {
      const auto earliest = std::min_element(expected.begin(), expected.end());
      ASSERT_LE(*earliest, now);
      const auto position = std::find_if(items.begin(), items.end(), [due](const Item& item) { return &item == due; });
      const auto which = static_cast<std::size_t>(position - items.begin());
      ASSERT_EQ(expected[which], *earliest);
      expected[which] = kNever;
    }
    const std::int64_t earliest = *std::min_element(expected.begin(), expected.end());
    ASSERT_GT(earliest, now);
    ASSERT_LE(deadlines.nextNs(), earliest);
  }
  for (Item& item : items) deadlines.remove(item);
  EXPECT_EQ(deadlines.size(), 0u);
}

}  // namespace
}  // namespace vayu
