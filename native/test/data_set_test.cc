// Rows of data files: what is in them, in which order they come, and what a million of them costs.
#include "engine/data_set.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <numeric>
#include <set>

namespace vayu {
namespace {

using Kind = VariableValue::Kind;

std::shared_ptr<const DataSet> opened(const std::string& text) {
  std::string error;
  std::shared_ptr<const DataSet> data = DataSet::openText(text, error);
  EXPECT_NE(data, nullptr) << error;
  return data;
}

std::string refusal(const std::string& text) {
  std::string error;
  EXPECT_EQ(DataSet::openText(text, error), nullptr);
  return error;
}

// "name=text:kind" of each field.
std::string rowText(const std::shared_ptr<const DataSet>& data, std::size_t row) {
  VariableScope scope;
  EXPECT_TRUE(DataReader(data).read(row, scope));
  std::string out;
  for (const Variable& variable : scope.variables) {
    out += (out.empty() ? "" : " ") + variable.name + "=" + variable.value.text + ":" +
           std::to_string(static_cast<int>(variable.value.kind));
  }
  return out;
}

TEST(DataSetTest, ReadsCsvAsSpreadsheetsWriteIt) {
  const auto data = opened(
      "\xef\xbb\xbfid,name , note\r\n1,\"Ann \"\"A\"\"\",\"two\nlines, one field\"\r\n\r\n 2 ,  bob  ,\r\n3,\"\",x\"y");
  EXPECT_EQ(data->columns(), (std::vector<std::string>{"id", "name", "note"}));
  ASSERT_EQ(data->rows(), 3u);
  EXPECT_EQ(rowText(data, 0), "id=1:1 name=Ann \"A\":0 note=two\nlines, one field:0");
  EXPECT_EQ(rowText(data, 1), "id=2:1 name=bob:0 note=:0");
  EXPECT_EQ(rowText(data, 2), "id=3:1 name=:0 note=x\"y:0");
}

TEST(DataSetTest, TakesForNumbersWhatJsonWouldWriteSo) {
  for (const char* text : {"0", "7", "-7", "3.25", "123456789012345"}) EXPECT_TRUE(isPlainNumber(text)) << text;
  for (const char* text : {"", "-", "007", "1.", ".5", "1e3", "+1", "1234567890123456", "0x1", "1 2", "-0.-1"}) {
    EXPECT_FALSE(isPlainNumber(text)) << text;
  }
  EXPECT_EQ(rowText(opened("zip,quoted\n007,\"7\"\n"), 0), "zip=007:0 quoted=7:0");
}

TEST(DataSetTest, ReadsJsonWithTypesAndNesting) {
  const auto data = opened(R"( [ {"id": 7, "name": "é\u00e9\n\ud83d\ude00", "on": true, "none": null,
      "nested": {"a": [1, "}]", {"b": "\""}]}} , {} ,{"x":-1.5e3}] )");
  ASSERT_EQ(data->rows(), 3u);
  EXPECT_EQ(rowText(data, 0),
            "id=7:1 name=éé\n😀:0 on=true:2 none=null:3 nested={\"a\": [1, \"}]\", {\"b\": \"\\\"\"}]}:4");
  EXPECT_EQ(rowText(data, 1), "");
  EXPECT_EQ(rowText(data, 2), "x=-1.5e3:1");
}

TEST(DataSetTest, SaysWhichRowIsWrong) {
  EXPECT_EQ(refusal("a,b\n1,2\n1,2,3\n"), "row 2 has 3 fields where the header has 2");
  EXPECT_EQ(refusal("a,b\n1,\"2\n"), "row 1 has a quote that is not closed");
  EXPECT_EQ(refusal("a,,b\n1,2,3\n"), "its header line has a column without a name");
  EXPECT_EQ(refusal("a,b\n\n"), "it has no rows");
  EXPECT_EQ(refusal(""), "it has no rows");
  EXPECT_EQ(refusal("[]"), "it has no rows");
  EXPECT_EQ(refusal("[{\"a\":1},"), "its array is not closed");
  EXPECT_EQ(refusal("[{\"a\":1} 2]"), "it is not an array of objects: unexpected '2' behind 1 rows");
  EXPECT_EQ(refusal("[{\"a\":1},{\"a\" 1}]"), "row 2 is not a JSON object");
  std::string error;
  EXPECT_EQ(DataSet::openFile("/nonexistent/rows.csv", error), nullptr);
  EXPECT_EQ(error, "it cannot be read: No such file or directory");
  EXPECT_EQ(DataSet::openFile("/tmp", error), nullptr);
  EXPECT_EQ(error, "it is not a regular file");
}

TEST(DataSetTest, ShufflesEveryRoundAnewAndTheSameForASeed) {
  for (const std::size_t rows : {1u, 2u, 3u, 10u, 1000u, 4097u}) {
    const auto round = [rows](std::uint64_t number, std::uint64_t seed) {
      std::vector<std::size_t> order;
      for (std::size_t i = 0; i < rows; ++i) order.push_back(rowOf(number * rows + i, rows, DataMode::kShuffle, seed));
      return order;
    };
    for (const std::uint64_t number : {0u, 1u, 7u}) {
      std::vector<std::size_t> sorted = round(number, 5);
      std::sort(sorted.begin(), sorted.end());
      std::vector<std::size_t> all(rows);
      std::iota(all.begin(), all.end(), 0u);
      EXPECT_EQ(sorted, all) << rows;
    }
    EXPECT_EQ(round(0, 5), round(0, 5));
    if (rows < 10) continue;
    EXPECT_NE(round(0, 5), round(0, 6));
    EXPECT_NE(round(0, 5), round(1, 5));
  }
  EXPECT_EQ(rowOf(23, 10, DataMode::kSequential, 5), 3u);
}

std::size_t residentKib() {
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  file >> total >> resident;
  return resident * 4;
}

TEST(DataSetTest, AMillionRowsOfAFileCostEightBytesEach) {
  const std::string path = ::testing::TempDir() + "vayu-rows-" + std::to_string(getpid()) + ".csv";
  constexpr std::size_t kRows = 1'000'000;
  {
    std::ofstream file(path);
    file << "id,email,comment\n";
    for (std::size_t i = 0; i < kRows; ++i) {
      file << i << ",user" << i << "@example.com,\"some text that makes the row longer, " << i << "\"\n";
    }
  }
  [[maybe_unused]] const std::size_t before = residentKib();
  std::string error;
  const auto data = DataSet::openFile(path, error);
  ASSERT_NE(data, nullptr) << error;
  ASSERT_EQ(data->rows(), kRows);
  DataReader reader(data);
  VariableScope scope;
  for (std::uint64_t i = 0; i < kRows; ++i) {
    ASSERT_TRUE(reader.read(static_cast<std::size_t>(i), scope));
    ASSERT_EQ(scope.variables[0].value.text, std::to_string(i));
  }
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const std::size_t row = rowOf(i, kRows, DataMode::kShuffle, 1);
    ASSERT_TRUE(reader.read(row, scope));
    ASSERT_EQ(scope.variables[1].value.text, "user" + std::to_string(row) + "@example.com");
  }
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  // 7.6 MiB of offsets, and while the vector grows as much again; the file has 75 MiB.
  EXPECT_LE(residentKib() - before, 20u << 10);
#endif
  // Cut under the reader's hands.
  ASSERT_EQ(truncate(path.c_str(), 100), 0);
  EXPECT_FALSE(reader.read(kRows - 1, scope));
  std::remove(path.c_str());
}

}  // namespace
}  // namespace vayu
