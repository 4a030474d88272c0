#include "script/patch_scan.h"

#include <array>

namespace vayu {
namespace {

constexpr std::array<std::string_view, 16> kBuiltIns = {"Object",   "Array", "String", "Number",  "Boolean", "Date",
                                                        "Math",     "JSON",  "RegExp", "Promise", "Map",     "Set",
                                                        "Function", "Error", "Symbol", "Buffer"};

bool isWordCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
}

void skipSpace(std::string_view code, std::size_t& at) {
  while (at < code.size() && (code[at] == ' ' || code[at] == '\t' || code[at] == '\n' || code[at] == '\r')) ++at;
}

// At `at`: `.name` or `[…]`, then `=` that is no comparison.
bool assignsMember(std::string_view code, std::size_t at) {
  skipSpace(code, at);
  if (at >= code.size()) return false;
  if (code[at] == '.') {
    ++at;
    skipSpace(code, at);
    while (at < code.size() && isWordCharacter(code[at])) ++at;
  } else if (code[at] == '[') {
    at = code.find(']', at);
    if (at == std::string_view::npos) return false;
    ++at;
  } else {
    return false;
  }
  skipSpace(code, at);
  if (at >= code.size() || code[at] != '=') return false;
  const char next = at + 1 < code.size() ? code[at + 1] : '\0';
  return next != '=' && next != '>';
}

}  // namespace

bool patchesBuiltins(std::string_view code) {
  for (const std::string_view name : kBuiltIns) {
    for (std::size_t at = code.find(name); at != std::string_view::npos; at = code.find(name, at + 1)) {
      if (at > 0 && (isWordCharacter(code[at - 1]) || code[at - 1] == '.')) continue;
      std::size_t after = at + name.size();
      if (after < code.size() && isWordCharacter(code[after])) continue;
      if (assignsMember(code, after)) return true;
      constexpr std::string_view kPrototype = ".prototype";
      if (code.compare(after, kPrototype.size(), kPrototype) == 0) {
        after += kPrototype.size();
        if (assignsMember(code, after)) return true;
        // Object.defineProperty(Array.prototype, …), Object.assign(String.prototype, …)
        skipSpace(code, after);
        if (after < code.size() && code[after] == ',') {
          for (const std::string_view writer : {"defineProperty(", "defineProperties(", "assign("}) {
            std::size_t before = at;
            while (before > 0 && (code[before - 1] == ' ' || code[before - 1] == '\n')) --before;
            if (before >= writer.size() && code.substr(before - writer.size(), writer.size()) == writer) return true;
          }
        }
      }
    }
  }
  return false;
}

}  // namespace vayu
