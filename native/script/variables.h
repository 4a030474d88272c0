// Look-up and change of VariableScopes, and {{templates}} over them. Pure; any thread that owns the scopes.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "script/script_host.h"

namespace vayu {

inline const Variable* findVariable(const VariableScope& scope, std::string_view name) {
  for (const Variable& variable : scope.variables) {
    if (variable.name == name) return &variable;
  }
  return nullptr;
}

// The value that pm.variables would read: local → data → environment → collection → globals.
inline const Variable* resolveVariable(const VariableScopes& scopes, std::string_view name) {
  for (const VariableScope* scope :
       {&scopes.local, &scopes.data, &scopes.environment, &scopes.collection, &scopes.globals}) {
    if (const Variable* found = findVariable(*scope, name)) return found;
  }
  return nullptr;
}

// As resolveVariable(), and {{vault:name}} beside it.
inline const Variable* resolveTemplateName(const VariableScopes& scopes, std::string_view name) {
  constexpr std::string_view kVault = "vault:";
  if (name.starts_with(kVault)) return findVariable(scopes.vault, name.substr(kVault.size()));
  return resolveVariable(scopes, name);
}

// Puts "***" in the place of each secret of four bytes or more, as lib/model/redaction.ts does; the longest come first.
void maskSecrets(std::string& text, const std::vector<std::string>& secrets);

void setVariable(VariableScope& scope, std::string_view name, VariableValue::Kind kind, std::string_view text);
void unsetVariable(VariableScope& scope, std::string_view name);

// Appends the text that stands for a variable in a template; false when there is none of its name. As in Postman, null is the text "null" and
// undefined no text at all.
bool appendVariable(const Variable* variable, std::string& out);

// Appends the value of a name to `out`; false when it has none, and nothing is appended.
using ResolveName = std::function<bool(std::string_view name, std::string& out)>;

inline constexpr int kMaxTemplateRounds = 20;

// Replaces {{name}}, also inside of the values that come in (at most so many rounds, so that cycles end). Names without a value stay.
std::string substituteTemplates(std::string_view text, const ResolveName& resolve, std::vector<std::string>* unresolved,
                                int rounds = kMaxTemplateRounds);

// Adds the names in braces to `names`, each once.
void listNames(std::string_view text, std::vector<std::string>& names);

}  // namespace vayu
