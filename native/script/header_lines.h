// Walks a raw header block ("Name: value\r\n"…) without copying. Status lines and the final empty line are passed over.
#pragma once

#include <string_view>

namespace vayu {

inline std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

// Calls visit(name, value) per header; stops when it returns false.
template <typename Visit>
void eachHeader(std::string_view block, Visit visit) {
  while (!block.empty()) {
    const std::size_t eol = block.find('\n');
    const std::string_view line = block.substr(0, eol);
    block = eol == std::string_view::npos ? std::string_view{} : block.substr(eol + 1);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0 || line.starts_with("HTTP/")) continue;
    if (!visit(trimmed(line.substr(0, colon)), trimmed(line.substr(colon + 1)))) return;
  }
}

inline bool equalsIgnoringCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

}  // namespace vayu
