// A parsed template renders what substitution over the whole text yields, whatever the text and the values of its variables are.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "script/text_template.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Three values of up to 15 bytes, the rest is the text.
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::string values[3];
  for (std::string& value : values) {
    if (rest.empty()) return 0;
    const std::size_t length = std::min<std::size_t>(static_cast<unsigned char>(rest.front()) & 15, rest.size() - 1);
    value = rest.substr(1, length);
    rest.remove_prefix(1 + length);
  }
  // A value that holds its own name doubles in each round.
  if (rest.size() > 4096) return 0;
  for (const std::string& value : values) {
    std::size_t names = 0;
    for (std::size_t at = value.find("{{"); at != std::string::npos; at = value.find("{{", at + 1)) ++names;
    if (names > 1) return 0;
  }
  const vayu::ResolveName resolve = [&](std::string_view name, std::string& out) {
    if (name.size() != 1 || name[0] < 'a' || name[0] > 'c') return false;
    out += values[name[0] - 'a'];
    return true;
  };
  std::vector<std::string> expectedNames;
  std::vector<std::string> names;
  const std::string expected = vayu::substituteTemplates(rest, resolve, &expectedNames);
  std::string rendered = "left over";
  vayu::TextTemplate(rest).render(resolve, rendered, &names);
  if (rendered != expected || names != expectedNames) std::abort();
  return 0;
}
