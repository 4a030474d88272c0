#include "engine/data_set.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace vayu {

namespace {

constexpr std::size_t kIndexWindow = 256u << 10;
constexpr std::size_t kReadWindow = 64u << 10;
constexpr std::size_t kMaxRowBytes = 16u << 20;

std::uint64_t mix(std::uint64_t value) {
  // The finaliser of splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
  value += 0x9e3779b97f4a7c15u;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

// A permutation of [0, count): a Feistel network over the next even power of two, walked until it lands inside (cycle walking; Black,
// Rogaway: Ciphers with arbitrary finite domains, 2002).
std::uint64_t permuted(std::uint64_t value, std::uint64_t count, std::uint64_t key) {
  const int half = std::max(1, static_cast<int>(std::bit_width(count - 1) + 1) / 2);
  const std::uint64_t mask = (std::uint64_t{1} << half) - 1;
  do {
    std::uint64_t left = value >> half;
    std::uint64_t right = value & mask;
    for (std::uint64_t round = 0; round < 4; ++round) {
      const std::uint64_t next = left ^ (mix(key ^ (round << 60) ^ right) & mask);
      left = std::exchange(right, next);
    }
    value = (left << half) | right;
  } while (value >= count);
  return value;
}

std::string rowName(std::size_t row) { return "row " + std::to_string(row + 1); }

}  // namespace

std::shared_ptr<const DataSet> DataSet::openFile(const std::string& path, std::string& error) {
  const std::shared_ptr<DataSet> data(new DataSet);
  if (!data->file_.open(path, error)) return nullptr;
  data->size_ = data->file_.size();
  return data->index(error) ? data : nullptr;
}

std::shared_ptr<const DataSet> DataSet::openText(std::string text, std::string& error) {
  const std::shared_ptr<DataSet> data(new DataSet);
  data->size_ = text.size();
  data->text_ = std::move(text);
  return data->index(error) ? data : nullptr;
}

std::size_t DataSet::readAt(std::uint64_t offset, char* buffer, std::size_t size) const {
  if (file_.isOpen()) return file_.readAt(offset, buffer, size);
  if (offset >= text_.size()) return 0;
  const std::size_t count = std::min<std::size_t>(size, text_.size() - offset);
  std::memcpy(buffer, text_.data() + offset, count);
  return count;
}

bool DataSet::index(std::string& error) {
  char head[64];
  const std::string_view begin(head, readAt(0, head, sizeof head));
  if (begin.substr(0, 3) == "\xef\xbb\xbf") start_ = 3;
  const std::size_t first = begin.find_first_not_of(" \t\r\n", start_);
  isJson_ = first != std::string_view::npos && begin[first] == '[';
  if (!(isJson_ ? indexJson(error) : indexCsv(error))) return false;
  offsets_.shrink_to_fit();
  if (rows() == 0) {
    error = "it has no rows";
    return false;
  }
  return checkRows(error);
}

bool DataSet::indexCsv(std::string& error) {
  CsvScanner scanner;
  std::vector<char> window(kIndexWindow);
  std::uint64_t recordStart = start_;
  const auto endRecord = [&](std::uint64_t end) {
    if (columns_.empty()) {
      std::string header(static_cast<std::size_t>(std::min<std::uint64_t>(end - recordStart, kMaxRowBytes)), '\0');
      header.resize(readAt(recordStart, header.data(), header.size()));
      std::vector<CsvField> fields;
      const std::size_t count = readCsvRecord(header, fields);
      for (std::size_t i = 0; i < count; ++i) columns_.push_back(fields[i].text);
      return true;
    }
    if (scanner.fields() != columns_.size()) {
      error = rowName(offsets_.size()) + " has " + std::to_string(scanner.fields()) + " fields where the header has " +
              std::to_string(columns_.size());
      return false;
    }
    offsets_.push_back(recordStart);
    return true;
  };
  for (std::uint64_t at = start_; at < size_;) {
    const std::size_t count = readAt(at, window.data(), window.size());
    if (count == 0) break;
    for (std::size_t i = 0; i < count; ++i) {
      const CsvScanner::Step step = scanner.feed(window[i]);
      if (step == CsvScanner::Step::kInside) continue;
      if (step == CsvScanner::Step::kRecordEnds && !endRecord(at + i + 1)) return false;
      recordStart = at + i + 1;
    }
    at += count;
  }
  if (scanner.inQuotes()) {
    error = rowName(offsets_.size()) + " has a quote that is not closed";
    return false;
  }
  if (!scanner.atRecordStart() && !endRecord(size_)) return false;
  if (std::find(columns_.begin(), columns_.end(), "") != columns_.end()) {
    error = "its header line has a column without a name";
    return false;
  }
  if (!offsets_.empty()) offsets_.push_back(size_);
  return true;
}

bool DataSet::indexJson(std::string& error) {
  JsonArrayScanner scanner;
  std::vector<char> window(kIndexWindow);
  std::uint64_t end = start_;
  for (std::uint64_t at = start_; at < size_;) {
    const std::size_t count = readAt(at, window.data(), window.size());
    if (count == 0) break;
    for (std::size_t i = 0; i < count; ++i) {
      switch (scanner.feed(window[i])) {
        case JsonArrayScanner::Step::kInside: break;
        case JsonArrayScanner::Step::kRowBegins: offsets_.push_back(at + i); break;
        case JsonArrayScanner::Step::kRowEnds: end = at + i + 1; break;
        case JsonArrayScanner::Step::kMalformed:
          error = "it is not an array of objects: unexpected '" + std::string(1, window[i]) + "' behind " +
                  std::to_string(offsets_.size()) + " rows";
          return false;
      }
    }
    at += count;
  }
  if (!scanner.complete()) {
    error = "its array is not closed";
    return false;
  }
  if (!offsets_.empty()) offsets_.push_back(end);
  return true;
}

bool DataSet::checkRows(std::string& error) const {
  // A view that does not own: it ends before the set does.
  DataReader reader(std::shared_ptr<const DataSet>(this, [](const DataSet*) {}));
  VariableScope scope;
  for (std::size_t row = 0; row < rows(); ++row) {
    if (offsets_[row + 1] - offsets_[row] > kMaxRowBytes) {
      error = rowName(row) + " is longer than 16 MiB";
      return false;
    }
    if (isJson_ && !reader.read(row, scope)) {
      error = rowName(row) + " is not a JSON object";
      return false;
    }
  }
  return true;
}

std::string_view DataReader::bytesOf(std::size_t row) {
  const std::uint64_t begin = data_->offsets_[row];
  const auto size = static_cast<std::size_t>(data_->offsets_[row + 1] - begin);
  if (!data_->file_.isOpen()) return std::string_view(data_->text_).substr(begin, size);
  const bool inOrder = row == std::exchange(lastRow_, row) + 1;
  if (begin < windowStart_ || begin + size > windowStart_ + windowSize_) {
    // Read ahead only for rows in order: those of a shuffle lie elsewhere.
    const std::size_t wanted = std::max(size, inOrder ? kReadWindow : 0);
    if (window_.size() < wanted) window_.resize(wanted);
    windowStart_ = begin;
    windowSize_ = data_->readAt(begin, window_.data(), wanted);
    if (windowSize_ < size) return {};
  }
  return {window_.data() + (begin - windowStart_), size};
}

bool DataReader::read(std::size_t row, VariableScope& scope) {
  const std::string_view bytes = bytesOf(row);
  if (bytes.empty()) return false;
  if (data_->isJson_) return readJsonRow(bytes, scope);
  const std::vector<std::string>& columns = data_->columns_;
  if (readCsvRecord(bytes, fields_) != columns.size()) return false;
  scope.variables.resize(columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    Variable& variable = scope.variables[i];
    variable.name = columns[i];
    // By copy and not by swap: both keep their storage.
    variable.value.text = fields_[i].text;
    variable.value.kind = !fields_[i].quoted && isPlainNumber(fields_[i].text) ? VariableValue::Kind::kNumber
                                                                               : VariableValue::Kind::kString;
  }
  scope.changed = false;
  return true;
}

std::size_t rowOf(std::uint64_t iteration, std::size_t rows, DataMode mode, std::uint64_t seed) {
  const std::uint64_t position = iteration % rows;
  if (mode != DataMode::kShuffle || rows < 2) return static_cast<std::size_t>(position);
  return static_cast<std::size_t>(permuted(position, rows, mix(seed ^ mix(iteration / rows))));
}

}  // namespace vayu
