#include "metrics/test_table.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace vayu {
namespace {

std::vector<TestCount> totalsOf(const TestTable& table) {
  std::vector<TestCount> totals;
  table.addTo(totals);
  return totals;
}

TEST(TestTable, CountsByNameInOrderOfAppearance) {
  TestTable table;
  for (int run = 0; run < 3; ++run) {
    table.begin();
    table.count("status", true, false, "");
    table.count("body", run != 1, false, "expected 1 to equal 2");
    table.count("later", false, true, "");
  }
  const auto totals = totalsOf(table);
  ASSERT_EQ(totals.size(), 3u);
  EXPECT_EQ(totals[0].name, "status");
  EXPECT_EQ(totals[0].passed, 3u);
  EXPECT_EQ(totals[1].passed, 2u);
  EXPECT_EQ(totals[1].failed, 1u);
  EXPECT_EQ(totals[1].failures, (std::vector<std::string>{"expected 1 to equal 2"}));
  EXPECT_EQ(totals[2].skipped, 3u);
  EXPECT_EQ(totals[2].failed + totals[2].passed, 0u);
}

TEST(TestTable, OrderMayChangeFromExecutionToExecution) {
  TestTable table;
  const std::vector<std::vector<std::string>> executions = {
      {"a", "b", "c"}, {"c", "a"}, {"b"}, {"b", "b", "a"}, {"d", "c"}};
  for (const auto& names : executions) {
    table.begin();
    for (const std::string& name : names) table.count(name, true, false, "");
  }
  const auto totals = totalsOf(table);
  ASSERT_EQ(totals.size(), 4u);
  EXPECT_EQ(totals[0].passed, 3u);
  EXPECT_EQ(totals[1].passed, 4u);
  EXPECT_EQ(totals[2].passed, 3u);
  EXPECT_EQ(totals[3].passed, 1u);
}

TEST(TestTable, KeepsTheFirstFiveDistinctFailures) {
  TestTable table;
  for (int count = 0; count < 40; ++count) {
    table.begin();
    table.count("t", false, false, "message " + std::to_string(count % 8));
  }
  const auto totals = totalsOf(table);
  EXPECT_EQ(totals[0].failed, 40u);
  ASSERT_EQ(totals[0].failures.size(), TestTable::kMaxFailures);
  EXPECT_EQ(totals[0].failures.front(), "message 0");
  EXPECT_EQ(totals[0].failures.back(), "message 4");
}

TEST(TestTable, NamesWithoutEndAreCountedTogether) {
  TestTable table;
  for (std::size_t count = 0; count < TestTable::kMaxNames + 250; ++count) {
    table.begin();
    table.count("test " + std::to_string(count), true, false, "");
  }
  const auto totals = totalsOf(table);
  ASSERT_EQ(totals.size(), TestTable::kMaxNames + 1);
  EXPECT_EQ(totals.back().passed, 250u);
}

TEST(TestTable, AddsUpOverWorkers) {
  TestTable left;
  TestTable right;
  left.begin();
  left.count("shared", true, false, "");
  left.count("left", false, false, "why");
  right.begin();
  right.count("right", true, false, "");
  right.count("shared", false, false, "because");
  std::vector<TestCount> totals;
  left.addTo(totals);
  right.addTo(totals);
  ASSERT_EQ(totals.size(), 3u);
  EXPECT_EQ(totals[0].name, "shared");
  EXPECT_EQ(totals[0].passed, 1u);
  EXPECT_EQ(totals[0].failed, 1u);
  EXPECT_EQ(totals[0].failures, (std::vector<std::string>{"because"}));
}

TEST(TestTable, ReadWhileCounting) {
  TestTable table;
  std::atomic<bool> done{false};
  std::thread worker([&] {
    for (int run = 0; run < 20'000; ++run) {
      table.begin();
      table.count("steady", true, false, "");
      table.count("name " + std::to_string(run % 700), run % 3 != 0, false, "error " + std::to_string(run % 11));
    }
    done = true;
  });
  std::uint64_t last = 0;
  while (!done) {
    const auto totals = totalsOf(table);
    if (totals.empty()) continue;
    ASSERT_GE(totals[0].passed, last);
    last = totals[0].passed;
  }
  worker.join();
  std::uint64_t counted = 0;
  for (const TestCount& total : totalsOf(table)) counted += total.passed + total.failed;
  EXPECT_EQ(counted, 40'000u);
}

}  // namespace
}  // namespace vayu
