#include "base/percent_encoding.h"

#include <algorithm>
#include <cstddef>

namespace vayu {

namespace {

bool isLetterOrDigit(unsigned char byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

bool isOneOf(unsigned char byte, std::string_view characters) {
  return characters.find(static_cast<char>(byte)) != std::string_view::npos;
}

void appendEscape(unsigned char byte, std::string& out) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  out += '%';
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

bool staysInPath(unsigned char byte) { return byte > ' ' && byte < 0x7f && !isOneOf(byte, "\"<>`{}\\"); }
bool staysInQuery(unsigned char byte) { return byte > ' ' && byte < 0x7f && !isOneOf(byte, "\"<>'"); }

// The length of the {{name}} at the start of `text`; 0: there is none.
std::size_t lengthOfName(std::string_view text) {
  if (!text.starts_with("{{")) return 0;
  const std::size_t close = text.find_first_of("{}", 2);
  return close != std::string_view::npos && close > 2 && text.substr(close, 2) == "}}" ? close + 2 : 0;
}

template <typename Stays>
void appendEncoded(std::string_view text, Stays stays, std::string& out) {
  for (std::size_t at = 0; at < text.size();) {
    if (const std::size_t name = lengthOfName(text.substr(at)); name != 0) {
      out.append(text, at, name);
      at += name;
      continue;
    }
    const auto byte = static_cast<unsigned char>(text[at++]);
    if (stays(byte)) {
      out += static_cast<char>(byte);
    } else {
      appendEscape(byte, out);
    }
  }
}

}  // namespace

void appendUrlComponent(std::string_view text, std::string& out) {
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (isLetterOrDigit(byte) || isOneOf(byte, "-_.!~*'()")) {
      out += character;
    } else {
      appendEscape(byte, out);
    }
  }
}

void appendFormComponent(std::string_view text, std::string& out) {
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (isLetterOrDigit(byte) || isOneOf(byte, "-_.*")) {
      out += character;
    } else if (character == ' ') {
      out += '+';
    } else {
      appendEscape(byte, out);
    }
  }
}

void appendQuotedName(std::string_view text, std::string& out) {
  for (const char character : text) {
    if (isOneOf(static_cast<unsigned char>(character), "\"\r\n")) {
      appendEscape(static_cast<unsigned char>(character), out);
    } else {
      out += character;
    }
  }
}

void encodeUrl(std::string& url) {
  const auto isBlank = [](char character) { return static_cast<unsigned char>(character) <= ' '; };
  const auto begin = std::find_if_not(url.begin(), url.end(), isBlank);
  const auto end = std::find_if_not(url.rbegin(), std::make_reverse_iterator(begin), isBlank).base();
  std::string_view text(begin, end);
  text = text.substr(0, text.find('#'));

  const std::size_t scheme = text.find("://");
  const std::size_t authority = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::size_t path = std::min(text.find_first_of("/?\\", authority), text.size());
  const std::size_t query = std::min(text.find('?', path), text.size());
  const bool isClean = text.size() == url.size() &&
                       std::all_of(text.begin() + static_cast<std::ptrdiff_t>(path),
                                   text.begin() + static_cast<std::ptrdiff_t>(query), staysInPath) &&
                       std::all_of(text.begin() + static_cast<std::ptrdiff_t>(query), text.end(), staysInQuery);
  if (isClean) return;

  std::string encoded(text.substr(0, path));
  std::string slashes(text.substr(path, query - path));
  std::replace(slashes.begin(), slashes.end(), '\\', '/');
  appendEncoded(slashes, staysInPath, encoded);
  appendEncoded(text.substr(query), staysInQuery, encoded);
  url = std::move(encoded);
}

}  // namespace vayu
