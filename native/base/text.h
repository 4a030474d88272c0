// Parts of texts as HTTP's headers write them.
#pragma once

#include <string_view>

namespace vayu {

// Without the blanks and tabs at both ends: OWS of RFC 9110, 5.6.3.
inline std::string_view trimmed(std::string_view text) {
  const auto isBlank = [](char character) { return character == ' ' || character == '\t'; };
  while (!text.empty() && isBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && isBlank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace vayu
