// The text of HTTP's headers: their names, their values, a block of them.
#pragma once

#include <algorithm>
#include <string_view>

namespace vayu {

// Without the blanks and tabs at both ends: OWS of RFC 9110, 5.6.3.
inline std::string_view trimmed(std::string_view text) {
  const auto isBlank = [](char character) { return character == ' ' || character == '\t'; };
  while (!text.empty() && isBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && isBlank(text.back())) text.remove_suffix(1);
  return text;
}

// Header names compare without case.
inline bool sameHeaderName(std::string_view left, std::string_view right) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return left.size() == right.size() &&
         std::equal(left.begin(), left.end(), right.begin(), [&](char a, char b) { return lower(a) == lower(b); });
}

// Calls visit(name, value) per header of a raw block ("Name: value\r\n"…), without copying; stops when it returns false. Status lines and
// the final empty line are passed over.
template <typename Visit>
void eachHeader(std::string_view block, Visit visit) {
  while (!block.empty()) {
    const std::size_t end = block.find('\n');
    std::string_view line = block.substr(0, end);
    block.remove_prefix(end == std::string_view::npos ? block.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0 || line.starts_with("HTTP/")) continue;
    if (!visit(trimmed(line.substr(0, colon)), trimmed(line.substr(colon + 1)))) return;
  }
}

}  // namespace vayu
