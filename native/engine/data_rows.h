// Records of data files, CSV as RFC 4180 has it and JSON: where they end, and what is in one. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "script/script_host.h"

namespace vayu {

// Finds the records of a CSV text that comes in pieces. Blank lines are none.
class CsvScanner {
 public:
  enum class Step : std::uint8_t { kInside, kRecordEnds, kBlankEnds };

  Step feed(char character);
  // At the end of the text.
  bool atRecordStart() const { return !content_; }
  bool inQuotes() const { return state_ == State::kQuoted; }
  // Of the record that has just ended or is under way.
  std::size_t fields() const { return fields_; }

 private:
  enum class State : std::uint8_t { kStart, kPlain, kQuoted, kQuote, kAfterQuote };
  State state_ = State::kStart;
  bool content_ = false;  // something but white space was seen
  bool ended_ = true;
  std::size_t fields_ = 1;
};

// Finds the objects of a JSON array that comes in pieces.
class JsonArrayScanner {
 public:
  enum class Step : std::uint8_t { kInside, kRowBegins, kRowEnds, kMalformed };

  Step feed(char character);
  // The array is closed.
  bool complete() const { return state_ == State::kClosed; }

 private:
  enum class State : std::uint8_t { kBefore, kWantsRow, kWantsRowOrEnd, kRow, kAfterRow, kClosed };
  State state_ = State::kBefore;
  std::size_t depth_ = 0;
  bool inString_ = false;
  bool escaped_ = false;
};

struct CsvField {
  std::string text;
  bool quoted = false;
};

// The fields of one record, without white space around them. `fields` keeps its storage; the number of fields is returned.
std::size_t readCsvRecord(std::string_view record, std::vector<CsvField>& fields);

// Whether an unquoted field is a number that its text writes as JSON would: 007 and 1e400 are not, so that they keep their text.
bool isPlainNumber(std::string_view text);

// Puts the members of a JSON object into `scope`, whose strings keep their capacity. False: it is malformed.
bool readJsonRow(std::string_view object, VariableScope& scope);

}  // namespace vayu
