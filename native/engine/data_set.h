// The rows that feed the iterations of a run. A DataSet knows where each row begins, eight bytes a row, and is shared by all workers;
// rows themselves are read from the file when an iteration needs them. Immutable once opened; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/random_access_file.h"
#include "engine/data_rows.h"
#include "script/script_host.h"

namespace vayu {

enum class DataMode : std::uint8_t { kSequential, kShuffle, kUnique };

class DataSet {
 public:
  // Reads a file once from end to end: a JSON array of objects where its first character is '[', else CSV with a header line.
  // Null with `error` set when it cannot be read or is malformed; every row has been looked at then.
  static std::shared_ptr<const DataSet> openFile(const std::string& path, std::string& error);
  // The same for a text that is kept in memory.
  static std::shared_ptr<const DataSet> openText(std::string text, std::string& error);
  DataSet(const DataSet&) = delete;
  DataSet& operator=(const DataSet&) = delete;

  std::size_t rows() const { return offsets_.empty() ? 0 : offsets_.size() - 1; }
  // Of CSV; the members of a JSON row are its own.
  const std::vector<std::string>& columns() const { return columns_; }

 private:
  friend class DataReader;
  DataSet() = default;

  // Up to `size` bytes at `offset`; fewer at the end, and on failure.
  std::size_t readAt(std::uint64_t offset, char* buffer, std::size_t size) const;
  bool index(std::string& error);
  bool indexCsv(std::string& error);
  bool indexJson(std::string& error);
  bool checkRows(std::string& error) const;

  std::string text_;
  RandomAccessFile file_;
  std::uint64_t size_ = 0;
  std::uint64_t start_ = 0;  // behind a byte order mark
  bool isJson_ = false;
  std::vector<std::string> columns_;
  std::vector<std::uint64_t> offsets_;  // of each row, and where the last one ends
};

// Reads rows through a window of its own, so that rows in order cost one system call for many. One thread at a time.
class DataReader {
 public:
  explicit DataReader(std::shared_ptr<const DataSet> data) : data_(std::move(data)) {}

  // Puts a row's fields into `scope`, whose strings keep their capacity. False: the file is not what it was.
  bool read(std::size_t row, VariableScope& scope);

 private:
  std::string_view bytesOf(std::size_t row);

  std::shared_ptr<const DataSet> data_;
  std::vector<char> window_;
  std::uint64_t windowStart_ = 0;
  std::size_t windowSize_ = 0;
  std::size_t lastRow_ = SIZE_MAX;
  std::vector<CsvField> fields_;
};

// The row of the n-th iteration: in order, or every round in another order that follows from the seed alone, each row once a round.
// Takes no memory per row.
std::size_t rowOf(std::uint64_t iteration, std::size_t rows, DataMode mode, std::uint64_t seed);

}  // namespace vayu
