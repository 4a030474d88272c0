#include "script/json_parser.h"

#include <charconv>
#include <cstdlib>
#include <utility>

#include "base/utf8.h"

namespace vayu {
namespace {

inline bool isDigit(char c) { return c >= '0' && c <= '9'; }

inline int hexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

double toDouble(const char* begin, const char* end) {
#if defined(__cpp_lib_to_chars) && __cpp_lib_to_chars >= 201611L
  double value = 0;
  const auto result = std::from_chars(begin, end, value);
  if (result.ec != std::errc::result_out_of_range) return value;
#endif
  // Out of range (strtod yields the infinity or zero that JSON.parse gives), or no from_chars for doubles.
  return std::strtod(std::string(begin, end).c_str(), nullptr);
}

}  // namespace

JSValue JsonParser::parse(JSContext* context, std::string_view text) {
  context_ = context;
  begin_ = at_ = text.data();
  end_ = begin_ + text.size();
  depth_ = 0;
  frames_.clear();
  const JSValue value = run();
  if (JS_IsException(value)) unwind();
  if (frames_.capacity() > 4096) std::vector<Frame>().swap(frames_);
  if (scratch_.capacity() > (64u << 10)) std::string().swap(scratch_);
  return value;
}

void JsonParser::unwind() {
  for (const Frame& frame : frames_) {
    JS_FreeValue(context_, frame.container);
    if (frame.key != JS_ATOM_NULL) JS_FreeAtom(context_, frame.key);
  }
  frames_.clear();
}

inline void JsonParser::skipSpace() {
  while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
}

JSValue JsonParser::run() {
  for (;;) {
    // A value begins here.
    skipSpace();
    JSValue value;
    if (at_ >= end_) return failUnexpected();
    switch (*at_) {
      case '{': {
        ++at_;
        value = JS_NewObject(context_);
        if (JS_IsException(value)) return value;
        skipSpace();
        if (at_ < end_ && *at_ == '}') {
          ++at_;
          break;
        }
        frames_.push_back({value, JS_ATOM_NULL, 0, false});
        if (frames_.size() > depth_) depth_ = frames_.size();
        if (at_ >= end_ || *at_ != '"') {
          failAt("Expected property name or '}'", at_);
          return JS_EXCEPTION;
        }
        if (!parseKey(frames_.back().key)) return JS_EXCEPTION;
        continue;
      }
      case '[': {
        ++at_;
        value = JS_NewArray(context_);
        if (JS_IsException(value)) return value;
        skipSpace();
        if (at_ < end_ && *at_ == ']') {
          ++at_;
          break;
        }
        frames_.push_back({value, JS_ATOM_NULL, 0, true});
        if (frames_.size() > depth_) depth_ = frames_.size();
        continue;
      }
      case '"':
        ++at_;
        value = parseString();
        break;
      case 't': value = parseWord("true", JS_TRUE); break;
      case 'f': value = parseWord("false", JS_FALSE); break;
      case 'n': value = parseWord("null", JS_NULL); break;
      default:
        if (*at_ != '-' && !isDigit(*at_)) return failUnexpected();
        value = parseNumber();
    }
    if (JS_IsException(value)) return value;

    // A value ended: hand it to its container, and close the containers that end with it.
    for (;;) {
      if (frames_.empty()) {
        skipSpace();
        if (at_ == end_) return value;
        JS_FreeValue(context_, value);
        failAt("Unexpected non-whitespace character after JSON", at_);
        return JS_EXCEPTION;
      }
      Frame& frame = frames_.back();
      if (!store(frame, value)) return JS_EXCEPTION;
      skipSpace();
      if (at_ < end_ && *at_ == ',') {
        ++at_;
        if (frame.isArray) break;
        skipSpace();
        if (at_ >= end_ || *at_ != '"') {
          failAt("Expected double-quoted property name", at_);
          return JS_EXCEPTION;
        }
        if (!parseKey(frame.key)) return JS_EXCEPTION;
        break;
      }
      if (at_ >= end_ || *at_ != (frame.isArray ? ']' : '}')) {
        failAt(frame.isArray ? "Expected ',' or ']' after array element" : "Expected ',' or '}' after property value",
               at_);
        return JS_EXCEPTION;
      }
      ++at_;
      value = frame.container;
      frames_.pop_back();
    }
  }
}

inline bool JsonParser::store(Frame& frame, JSValue value) {
  if (frame.isArray) {
    return JS_DefinePropertyValueUint32(context_, frame.container, frame.length++, value, JS_PROP_C_W_E) >= 0;
  }
  const JSAtom key = std::exchange(frame.key, JS_ATOM_NULL);
  const int result = JS_DefinePropertyValue(context_, frame.container, key, value, JS_PROP_C_W_E);
  JS_FreeAtom(context_, key);
  return result >= 0;
}

// at_ is on the opening quote; leaves it behind the colon.
bool JsonParser::parseKey(JSAtom& key) {
  const char* start = ++at_;
  const char* p = start;
  while (p < end_ && *p != '"' && *p != '\\' && static_cast<unsigned char>(*p) >= 0x20) ++p;
  JSAtom atom;
  if (p < end_ && *p == '"') {
    atom = JS_NewAtomLen(context_, start, static_cast<std::size_t>(p - start));
    at_ = p + 1;
  } else {
    std::string text;
    if (!decodeString(start, text)) return false;
    atom = JS_NewAtomLen(context_, text.data(), text.size());
  }
  if (atom == JS_ATOM_NULL) return false;
  key = atom;
  skipSpace();
  if (at_ >= end_ || *at_ != ':') return failAt("Expected ':' after property name", at_);
  ++at_;
  return true;
}

// at_ is behind the opening quote.
JSValue JsonParser::parseString() {
  const char* start = at_;
  const char* p = start;
  while (p < end_ && *p != '"' && *p != '\\' && static_cast<unsigned char>(*p) >= 0x20) ++p;
  if (p < end_ && *p == '"') {
    at_ = p + 1;
    return JS_NewStringLen(context_, start, static_cast<std::size_t>(p - start));
  }
  return parseEscapedString(start);
}

JSValue JsonParser::parseEscapedString(const char* start) {
  if (!decodeString(start, scratch_)) return JS_EXCEPTION;
  return JS_NewStringLen(context_, scratch_.data(), scratch_.size());
}

bool JsonParser::decodeString(const char* start, std::string& out) {
  out.clear();
  at_ = start;
  for (;;) {
    const char* run = at_;
    while (at_ < end_ && *at_ != '"' && *at_ != '\\' && static_cast<unsigned char>(*at_) >= 0x20) ++at_;
    out.append(run, at_);
    if (at_ >= end_) return failAt("Unterminated string", at_);
    if (*at_ == '"') {
      ++at_;
      return true;
    }
    if (*at_ != '\\') return failAt("Bad control character in string literal", at_);
    ++at_;
    if (at_ >= end_) {
      JS_ThrowSyntaxError(context_, "Unexpected end of JSON input");
      return false;
    }
    switch (const char escape = *at_++) {
      case '"':
      case '\\':
      case '/': out.push_back(escape); break;
      case 'b': out.push_back('\b'); break;
      case 'f': out.push_back('\f'); break;
      case 'n': out.push_back('\n'); break;
      case 'r': out.push_back('\r'); break;
      case 't': out.push_back('\t'); break;
      case 'u': {
        const auto readUnit = [this](std::uint32_t& unit) {
          unit = 0;
          for (int i = 0; i < 4; ++i, ++at_) {
            const int digit = at_ < end_ ? hexValue(*at_) : -1;
            if (digit < 0) return false;
            unit = unit * 16 + static_cast<std::uint32_t>(digit);
          }
          return true;
        };
        std::uint32_t unit;
        if (!readUnit(unit)) return failAt("Bad Unicode escape", at_);
        if (unit >= 0xd800 && unit < 0xdc00 && end_ - at_ >= 6 && at_[0] == '\\' && at_[1] == 'u') {
          const char* before = at_;
          at_ += 2;
          std::uint32_t low;
          if (!readUnit(low)) return failAt("Bad Unicode escape", at_);
          if (low >= 0xdc00 && low < 0xe000) {
            unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
          } else {
            at_ = before;
          }
        }
        appendUtf8(out, unit);
        break;
      }
      default: return failAt("Bad escaped character", at_ - 1);
    }
  }
}

JSValue JsonParser::parseNumber() {
  const char* start = at_;
  const char* p = at_;
  const bool negative = *p == '-';
  if (negative) {
    ++p;
    if (p >= end_ || !isDigit(*p)) {
      failAt("No number after minus sign", p);
      return JS_EXCEPTION;
    }
  }
  std::uint64_t integer = 0;
  const char* digits = p;
  if (*p == '0') {
    ++p;
    if (p < end_ && isDigit(*p)) {
      failAt("Unexpected number", p);
      return JS_EXCEPTION;
    }
  } else {
    while (p < end_ && isDigit(*p)) {
      integer = integer * 10 + static_cast<std::uint64_t>(*p - '0');
      ++p;
    }
  }
  const bool fitsInteger = p - digits <= 9;
  bool isInteger = true;
  if (p < end_ && *p == '.') {
    isInteger = false;
    ++p;
    if (p >= end_ || !isDigit(*p)) {
      failAt("Unterminated fractional number", p);
      return JS_EXCEPTION;
    }
    while (p < end_ && isDigit(*p)) ++p;
  }
  if (p < end_ && (*p == 'e' || *p == 'E')) {
    isInteger = false;
    ++p;
    if (p < end_ && (*p == '+' || *p == '-')) ++p;
    if (p >= end_ || !isDigit(*p)) {
      failAt("Exponent part is missing a number", p);
      return JS_EXCEPTION;
    }
    while (p < end_ && isDigit(*p)) ++p;
  }
  at_ = p;
  if (isInteger && fitsInteger && !(negative && integer == 0)) {
    const auto value = static_cast<std::int32_t>(integer);
    return JS_NewInt32(context_, negative ? -value : value);
  }
  return JS_NewFloat64(context_, toDouble(start, p));
}

JSValue JsonParser::parseWord(std::string_view word, JSValue value) {
  for (const char expected : word) {
    if (at_ >= end_ || *at_ != expected) return failUnexpected();
    ++at_;
  }
  return value;
}

std::size_t JsonParser::utf16Offset(const char* where) const {
  std::size_t units = 0;
  for (const char* p = begin_; p < where; ++p) {
    const auto byte = static_cast<unsigned char>(*p);
    if ((byte & 0xc0) != 0x80) units += byte >= 0xf0 ? 2 : 1;
  }
  return units;
}

bool JsonParser::failAt(const char* message, const char* where) {
  JS_ThrowSyntaxError(context_, "%s in JSON at position %s", message, std::to_string(utf16Offset(where)).c_str());
  return false;
}

JSValue JsonParser::failUnexpected() {
  if (at_ >= end_) return JS_ThrowSyntaxError(context_, "Unexpected end of JSON input");
  const auto isContinuation = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; };
  const char* tokenEnd = at_ + 1;
  while (tokenEnd < end_ && isContinuation(*tokenEnd)) ++tokenEnd;
  const std::string token(at_, tokenEnd);
  if (*at_ == '"') {
    return JS_ThrowSyntaxError(context_, "Unexpected string in JSON at position %s",
                               std::to_string(utf16Offset(at_)).c_str());
  }
  // The excerpt: the whole text when short, else ten characters on either side.
  constexpr std::ptrdiff_t kContext = 10;
  constexpr std::ptrdiff_t kMinLengthForContext = kContext * 2;
  const char* from = begin_;
  const char* to = end_;
  if (end_ - begin_ > kMinLengthForContext) {
    from = at_ - begin_ > kContext ? at_ - kContext : begin_;
    to = end_ - at_ > kContext ? at_ + kContext : end_;
    while (from > begin_ && isContinuation(*from)) --from;
    while (to < end_ && isContinuation(*to)) ++to;
  }
  const std::string excerpt(from, to);
  return JS_ThrowSyntaxError(context_, "Unexpected token '%s', %s\"%s\"%s is not valid JSON", token.c_str(),
                             from == begin_ ? "" : "...", excerpt.c_str(), to == end_ ? "" : "...");
}

}  // namespace vayu
