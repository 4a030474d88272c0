#include "engine/data_rows.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"

namespace vayu {

namespace {

constexpr std::size_t kMaxDigits = 15;  // a double holds them all

bool isBlank(char character) { return character == ' ' || character == '\t' || character == '\r' || character == '\n'; }

bool isDigit(char character) { return character >= '0' && character <= '9'; }

std::size_t skipBlanks(std::string_view text, std::size_t at) {
  while (at < text.size() && isBlank(text[at])) ++at;
  return at;
}

bool readHex(std::string_view text, std::size_t at, std::uint32_t& code) {
  if (at + 4 > text.size()) return false;
  code = 0;
  for (const char digit : text.substr(at, 4)) {
    const char lower = static_cast<char>(digit | 0x20);
    if (isDigit(digit)) {
      code = code * 16 + static_cast<std::uint32_t>(digit - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      code = code * 16 + static_cast<std::uint32_t>(lower - 'a' + 10);
    } else {
      return false;
    }
  }
  return true;
}

// At the character behind the opening quote; leaves `at` behind the closing one.
bool readJsonString(std::string_view text, std::size_t& at, std::string& out) {
  out.clear();
  for (;;) {
    const std::size_t stop = text.find_first_of("\"\\", at);
    if (stop == std::string_view::npos) return false;
    out.append(text, at, stop - at);
    at = stop + 1;
    if (text[stop] == '"') return true;
    if (at >= text.size()) return false;
    switch (const char escape = text[at++]) {
      case '"':
      case '\\':
      case '/': out.push_back(escape); break;
      case 'b': out.push_back('\b'); break;
      case 'f': out.push_back('\f'); break;
      case 'n': out.push_back('\n'); break;
      case 'r': out.push_back('\r'); break;
      case 't': out.push_back('\t'); break;
      case 'u': {
        std::uint32_t code = 0;
        if (!readHex(text, at, code)) return false;
        at += 4;
        std::uint32_t low = 0;
        if (code >= 0xd800 && code < 0xdc00 && text.substr(at, 2) == "\\u" && readHex(text, at + 2, low) &&
            low >= 0xdc00 && low < 0xe000) {
          code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
          at += 6;
        }
        appendUtf8(out, code);
        break;
      }
      default: return false;
    }
  }
}

// The end of an object or array that begins at `at`; npos when it is not closed.
std::size_t endOfNested(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  for (; at < text.size(); ++at) {
    switch (text[at]) {
      case '{':
      case '[': ++depth; break;
      case '}':
      case ']':
        if (--depth == 0) return at + 1;
        break;
      case '"':
        for (++at; at < text.size() && text[at] != '"'; ++at) {
          if (text[at] == '\\') ++at;
        }
        break;
      default: break;
    }
  }
  return std::string_view::npos;
}

bool readJsonValue(std::string_view text, std::size_t& at, VariableValue& value) {
  if (at >= text.size()) return false;
  if (text[at] == '"') {
    value.kind = VariableValue::Kind::kString;
    return readJsonString(text, ++at, value.text);
  }
  std::size_t end = 0;
  if (text[at] == '{' || text[at] == '[') {
    value.kind = VariableValue::Kind::kJson;
    end = endOfNested(text, at);
    if (end == std::string_view::npos) return false;
  } else {
    end = std::min(text.find_first_of(",} \t\r\n", at), text.size());
    const std::string_view word = text.substr(at, end - at);
    if (word == "true" || word == "false") {
      value.kind = VariableValue::Kind::kBoolean;
    } else if (word == "null") {
      value.kind = VariableValue::Kind::kNull;
    } else if (!word.empty() && (word[0] == '-' || isDigit(word[0])) &&
               word.find_first_not_of("0123456789+-.eE") == std::string_view::npos) {
      value.kind = VariableValue::Kind::kNumber;
    } else {
      return false;
    }
  }
  value.text.assign(text.substr(at, end - at));
  at = end;
  return true;
}

}  // namespace

CsvScanner::Step CsvScanner::feed(char character) {
  if (std::exchange(ended_, false)) {
    fields_ = 1;
    content_ = false;
  }
  if (character == '\n' && state_ != State::kQuoted) {
    state_ = State::kStart;
    ended_ = true;
    return std::exchange(content_, false) ? Step::kRecordEnds : Step::kBlankEnds;
  }
  content_ = content_ || !isBlank(character);
  switch (state_) {
    case State::kStart:
      if (character == '"') {
        state_ = State::kQuoted;
      } else if (character == ',') {
        ++fields_;
      } else if (!isBlank(character)) {
        state_ = State::kPlain;
      }
      break;
    case State::kQuoted:
      if (character == '"') state_ = State::kQuote;
      break;
    case State::kQuote:
      if (character == '"') {
        state_ = State::kQuoted;
        break;
      }
      state_ = State::kAfterQuote;
      [[fallthrough]];
    case State::kPlain:
    case State::kAfterQuote:
      if (character == ',') {
        ++fields_;
        state_ = State::kStart;
      }
      break;
  }
  return Step::kInside;
}

JsonArrayScanner::Step JsonArrayScanner::feed(char character) {
  if (state_ == State::kRow) {
    if (inString_) {
      if (escaped_) {
        escaped_ = false;
      } else if (character == '\\') {
        escaped_ = true;
      } else if (character == '"') {
        inString_ = false;
      }
      return Step::kInside;
    }
    if (character == '"') inString_ = true;
    if (character == '{' || character == '[') ++depth_;
    if (character != '}' && character != ']') return Step::kInside;
    if (--depth_ > 0) return Step::kInside;
    state_ = State::kAfterRow;
    return Step::kRowEnds;
  }
  if (isBlank(character)) return Step::kInside;
  switch (state_) {
    case State::kBefore:
      if (character != '[') return Step::kMalformed;
      state_ = State::kWantsRowOrEnd;
      return Step::kInside;
    case State::kWantsRow:
    case State::kWantsRowOrEnd:
      if (character == '{') {
        state_ = State::kRow;
        depth_ = 1;
        return Step::kRowBegins;
      }
      if (character != ']' || state_ == State::kWantsRow) return Step::kMalformed;
      state_ = State::kClosed;
      return Step::kInside;
    case State::kAfterRow:
      if (character != ',' && character != ']') return Step::kMalformed;
      state_ = character == ',' ? State::kWantsRow : State::kClosed;
      return Step::kInside;
    default: return Step::kMalformed;
  }
}

std::size_t readCsvRecord(std::string_view record, std::vector<CsvField>& fields) {
  std::size_t count = 0;
  std::size_t at = 0;
  for (bool more = true; more;) {
    if (count == fields.size()) fields.emplace_back();
    CsvField& field = fields[count++];
    field.text.clear();
    while (at < record.size() && record[at] != '\n' && isBlank(record[at])) ++at;
    field.quoted = at < record.size() && record[at] == '"';
    if (field.quoted) {
      for (++at; at < record.size(); ++at) {
        if (record[at] == '"') {
          if (at + 1 >= record.size() || record[at + 1] != '"') break;
          ++at;
        }
        field.text.push_back(record[at]);
      }
      at = std::min(record.find_first_of(",\n", std::min(at + 1, record.size())), record.size());
    } else {
      std::size_t end = std::min(record.find_first_of(",\n", at), record.size());
      const std::size_t next = end;
      while (end > at && isBlank(record[end - 1])) --end;
      field.text.assign(record.substr(at, end - at));
      at = next;
    }
    more = at < record.size() && record[at] == ',';
    ++at;
  }
  return count;
}

bool isPlainNumber(std::string_view text) {
  if (!text.empty() && text.front() == '-') text.remove_prefix(1);
  if (text.empty() || text.size() > kMaxDigits + 1) return false;
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction = point == text.size() ? std::string_view() : text.substr(point + 1);
  if (whole.empty() || (whole.size() > 1 && whole.front() == '0')) return false;
  if (point != text.size() && fraction.empty()) return false;
  return std::all_of(whole.begin(), whole.end(), isDigit) && std::all_of(fraction.begin(), fraction.end(), isDigit) &&
         whole.size() + fraction.size() <= kMaxDigits;
}

bool readJsonRow(std::string_view object, VariableScope& scope) {
  std::vector<Variable>& variables = scope.variables;
  std::size_t count = 0;
  std::size_t at = skipBlanks(object, 0);
  if (at >= object.size() || object[at] != '{') return false;
  at = skipBlanks(object, at + 1);
  for (bool more = at < object.size() && object[at] != '}'; more;) {
    if (count == variables.size()) variables.emplace_back();
    Variable& variable = variables[count++];
    at = skipBlanks(object, at);
    if (at >= object.size() || object[at] != '"' || !readJsonString(object, ++at, variable.name)) return false;
    at = skipBlanks(object, at);
    if (at >= object.size() || object[at] != ':') return false;
    at = skipBlanks(object, at + 1);
    if (!readJsonValue(object, at, variable.value)) return false;
    at = skipBlanks(object, at);
    more = at < object.size() && object[at] == ',';
    if (more) ++at;
  }
  if (at >= object.size() || object[at] != '}') return false;
  variables.resize(count);
  scope.changed = false;
  return true;
}

}  // namespace vayu
