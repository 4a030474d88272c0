#include "script/variables.h"

#include <algorithm>

namespace vayu {

bool appendVariable(const Variable* variable, std::string& out) {
  if (variable == nullptr) return false;
  const VariableValue& value = variable->value;
  out += value.kind == VariableValue::Kind::kNull ? std::string_view("null") : std::string_view(value.text);
  return true;
}

void setVariable(VariableScope& scope, std::string_view name, VariableValue::Kind kind, std::string_view text) {
  scope.changed = true;
  for (Variable& variable : scope.variables) {
    if (variable.name == name) {
      variable.value.kind = kind;
      variable.value.text.assign(text);
      return;
    }
  }
  scope.variables.push_back({std::string(name), {kind, std::string(text)}});
}

void unsetVariable(VariableScope& scope, std::string_view name) {
  const auto removed = std::remove_if(scope.variables.begin(), scope.variables.end(),
                                      [&](const Variable& variable) { return variable.name == name; });
  if (removed == scope.variables.end()) return;
  scope.variables.erase(removed, scope.variables.end());
  scope.changed = true;
}

void maskSecrets(std::string& text, const std::vector<std::string>& secrets) {
  constexpr std::size_t kMinLength = 4;
  constexpr std::string_view kMask = "***";
  for (const std::string& secret : secrets) {
    if (secret.size() < kMinLength) continue;
    for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + kMask.size()))
      text.replace(at, secret.size(), kMask);
  }
}

std::string substituteTemplates(std::string_view text, const ResolveName& resolve, std::vector<std::string>* unresolved,
                                int rounds) {
  std::string current(text);
  for (int round = 0; round < rounds && current.find("{{") != std::string::npos; ++round) {
    std::string next;
    next.reserve(current.size());
    bool replaced = false;
    std::size_t at = 0;
    std::size_t open = current.find("{{");
    while (open != std::string::npos) {
      const std::size_t close = current.find_first_of("{}", open + 2);
      if (close == std::string::npos) break;
      if (current[close] != '}' || close + 1 >= current.size() || current[close + 1] != '}') {
        open = current.find("{{", open + 1);
        continue;
      }
      next.append(current, at, open - at);
      const std::string_view name(current.data() + open + 2, close - open - 2);
      if (resolve(name, next)) {
        replaced = true;
      } else {
        next.append(current, open, close + 2 - open);
      }
      at = close + 2;
      open = current.find("{{", at);
    }
    next.append(current, at, current.size() - at);
    current.swap(next);
    if (!replaced) break;
  }
  if (unresolved) listNames(current, *unresolved);
  return current;
}

void listNames(std::string_view text, std::vector<std::string>& names) {
  for (std::size_t open = text.find("{{"); open != std::string_view::npos; open = text.find("{{", open + 1)) {
    const std::size_t close = text.find_first_of("{}", open + 2);
    if (close == std::string_view::npos) break;
    if (close == open + 2 || text.substr(close, 2) != "}}") continue;
    const std::string_view name = text.substr(open + 2, close - open - 2);
    if (std::find(names.begin(), names.end(), name) == names.end()) names.emplace_back(name);
  }
}

}  // namespace vayu
