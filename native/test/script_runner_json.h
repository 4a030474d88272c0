// Just enough JSON for the script runner's protocol.
#pragma once

#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace vayu::runner {

struct Json {
  enum class Kind { kNull, kBoolean, kNumber, kString, kArray, kObject };
  Kind kind = Kind::kNull;
  bool boolean = false;
  double number = 0;
  std::string text;  // strings; of anything else, the source text
  std::vector<Json> items;
  std::vector<std::pair<std::string, Json>> members;

  const Json& operator[](std::string_view name) const {
    static const Json kMissing;
    for (const auto& [key, value] : members) {
      if (key == name) return value;
    }
    return kMissing;
  }
  bool isNull() const { return kind == Kind::kNull; }
  double numberOr(double fallback) const { return kind == Kind::kNumber ? number : fallback; }
};

class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  Json read() {
    skip();
    const std::size_t start = at_;
    Json value;
    switch (peek()) {
      case '{':
        value.kind = Json::Kind::kObject;
        ++at_;
        for (skip(); peek() != '}'; skip()) {
          if (peek() == ',') ++at_;
          skip();
          std::string key = string();
          skip();
          expect(':');
          value.members.emplace_back(std::move(key), read());
        }
        ++at_;
        break;
      case '[':
        value.kind = Json::Kind::kArray;
        ++at_;
        for (skip(); peek() != ']'; skip()) {
          if (peek() == ',') ++at_;
          value.items.push_back(read());
        }
        ++at_;
        break;
      case '"':
        value.kind = Json::Kind::kString;
        value.text = string();
        return value;
      case 't':
        value.kind = Json::Kind::kBoolean;
        value.boolean = true;
        at_ += 4;
        break;
      case 'f':
        value.kind = Json::Kind::kBoolean;
        at_ += 5;
        break;
      case 'n': at_ += 4; break;
      default: {
        value.kind = Json::Kind::kNumber;
        char* end = nullptr;
        const std::string rest(text_.substr(at_, 40));
        value.number = std::strtod(rest.c_str(), &end);
        if (end == rest.c_str()) throw std::runtime_error("not JSON at " + std::to_string(at_));
        at_ += static_cast<std::size_t>(end - rest.c_str());
      }
    }
    value.text = std::string(text_.substr(start, at_ - start));
    return value;
  }

 private:
  char peek() const {
    if (at_ >= text_.size()) throw std::runtime_error("JSON ends early");
    return text_[at_];
  }
  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r'))
      ++at_;
  }
  void expect(char c) {
    if (peek() != c) throw std::runtime_error(std::string("expected ") + c + " at " + std::to_string(at_));
    ++at_;
  }
  std::string string() {
    expect('"');
    std::string out;
    while (peek() != '"') {
      char c = text_[at_++];
      if (c != '\\') {
        out.push_back(c);
        continue;
      }
      c = text_[at_++];
      switch (c) {
        case 'n': out.push_back('\n'); break;
        case 't': out.push_back('\t'); break;
        case 'r': out.push_back('\r'); break;
        case 'b': out.push_back('\b'); break;
        case 'f': out.push_back('\f'); break;
        case 'u': {
          const auto code = static_cast<unsigned>(std::strtoul(std::string(text_.substr(at_, 4)).c_str(), nullptr, 16));
          at_ += 4;
          if (code < 0x80) {
            out.push_back(static_cast<char>(code));
          } else if (code < 0x800) {
            out.push_back(static_cast<char>(0xc0 | (code >> 6)));
            out.push_back(static_cast<char>(0x80 | (code & 63)));
          } else {
            out.push_back(static_cast<char>(0xe0 | (code >> 12)));
            out.push_back(static_cast<char>(0x80 | ((code >> 6) & 63)));
            out.push_back(static_cast<char>(0x80 | (code & 63)));
          }
          break;
        }
        default: out.push_back(c);
      }
    }
    ++at_;
    return out;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

inline std::string quoted(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20) {
      out += "\\u00";
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    } else {
      out.push_back(c);
    }
  }
  return out + "\"";
}

}  // namespace vayu::runner
