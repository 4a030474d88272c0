// Variable scopes: reads and writes go straight to the virtual user's VariableScopes.
#include <charconv>
#include <iterator>
#include <limits>
#include <string>

#include "script/bindings.h"
#include "script/realm.h"
#include "script/variables.h"

namespace vayu {
namespace {

VariableScopes* scopesOf(JSContext* context) {
  const ScriptExecution* execution = Realm::of(context).execution();
  if (execution && execution->context.variables) return execution->context.variables;
  JS_ThrowTypeError(context, "there are no variables here");
  return nullptr;
}

// The scope that argument 0 names by its position in VariableScopes.
VariableScope* scopeArgument(JSContext* context, int argc, JSValueConst* argv) {
  VariableScopes* scopes = scopesOf(context);
  if (!scopes) return nullptr;
  std::int32_t index = -1;
  if (argc > 0 && JS_ToInt32(context, &index, argv[0]) < 0) return nullptr;
  VariableScope* const all[] = {&scopes->local,      &scopes->data,    &scopes->environment,
                                &scopes->collection, &scopes->globals, &scopes->vault};
  if (index < 0 || index >= static_cast<std::int32_t>(std::size(all))) {
    JS_ThrowRangeError(context, "no variable scope %d", index);
    return nullptr;
  }
  if (all[index] == &scopes->vault && !scopes->hasVault) {
    JS_ThrowTypeError(context, "Vault access denied");
    return nullptr;
  }
  return all[index];
}

JSValue toJs(JSContext* context, const VariableValue& value) {
  switch (value.kind) {
    case VariableValue::Kind::kString: return newString(context, value.text);
    case VariableValue::Kind::kBoolean: return JS_NewBool(context, value.text == "true");
    case VariableValue::Kind::kNull: return JS_NULL;
    case VariableValue::Kind::kNumber:
      if (value.text == "NaN") return JS_NewFloat64(context, std::numeric_limits<double>::quiet_NaN());
      if (value.text == "Infinity") return JS_NewFloat64(context, std::numeric_limits<double>::infinity());
      if (value.text == "-Infinity") return JS_NewFloat64(context, -std::numeric_limits<double>::infinity());
      [[fallthrough]];
    case VariableValue::Kind::kJson:
      if (value.text.empty()) return JS_UNDEFINED;
      return Realm::of(context).jsonParser().parse(context, value.text);
  }
  return JS_UNDEFINED;
}

JSValue get(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  const VariableScope* scope = scopeArgument(context, argc, argv);
  if (!scope || argc < 2) return scope ? JS_UNDEFINED : JS_EXCEPTION;
  JsText name(context, argv[1]);
  if (!name.ok()) return JS_EXCEPTION;
  const Variable* variable = findVariable(*scope, name.view());
  return variable ? toJs(context, variable->value) : JS_UNDEFINED;
}

JSValue has(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  const VariableScope* scope = scopeArgument(context, argc, argv);
  if (!scope || argc < 2) return scope ? JS_FALSE : JS_EXCEPTION;
  JsText name(context, argv[1]);
  if (!name.ok()) return JS_EXCEPTION;
  return JS_NewBool(context, findVariable(*scope, name.view()) != nullptr);
}

// resolve(name): the nearest scope's value.
JSValue resolve(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  const VariableScopes* scopes = scopesOf(context);
  if (!scopes || argc < 1) return scopes ? JS_UNDEFINED : JS_EXCEPTION;
  JsText name(context, argv[0]);
  if (!name.ok()) return JS_EXCEPTION;
  const Variable* variable = resolveVariable(*scopes, name.view());
  return variable ? toJs(context, variable->value) : JS_UNDEFINED;
}

JSValue hasAny(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  const VariableScopes* scopes = scopesOf(context);
  if (!scopes || argc < 1) return scopes ? JS_FALSE : JS_EXCEPTION;
  JsText name(context, argv[0]);
  if (!name.ok()) return JS_EXCEPTION;
  return JS_NewBool(context, resolveVariable(*scopes, name.view()) != nullptr);
}

// set(scope, name, value): strings, numbers, booleans and null; objects come as setJson(scope, name, text), "" for undefined.
JSValue set(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  VariableScope* scope = scopeArgument(context, argc, argv);
  if (!scope || argc < 3) return scope ? JS_UNDEFINED : JS_EXCEPTION;
  JsText name(context, argv[1]);
  JsText text(context, argv[2]);
  if (!name.ok() || !text.ok()) return JS_EXCEPTION;
  VariableValue::Kind kind = VariableValue::Kind::kString;
  if (JS_IsNumber(argv[2])) kind = VariableValue::Kind::kNumber;
  if (JS_IsBool(argv[2])) kind = VariableValue::Kind::kBoolean;
  if (JS_IsNull(argv[2])) kind = VariableValue::Kind::kNull;
  setVariable(*scope, name.view(), kind, text.view());
  ScriptExecution& execution = *Realm::of(context).execution();
  if (scope == &execution.context.variables->vault) execution.outcome.secrets.push_back(text.str());
  return JS_UNDEFINED;
}

JSValue setJson(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  VariableScope* scope = scopeArgument(context, argc, argv);
  if (!scope || argc < 3) return scope ? JS_UNDEFINED : JS_EXCEPTION;
  JsText name(context, argv[1]);
  JsText text(context, argv[2]);
  if (!name.ok() || !text.ok()) return JS_EXCEPTION;
  setVariable(*scope, name.view(), VariableValue::Kind::kJson, text.view());
  return JS_UNDEFINED;
}

JSValue unset(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  VariableScope* scope = scopeArgument(context, argc, argv);
  if (!scope || argc < 2) return scope ? JS_UNDEFINED : JS_EXCEPTION;
  JsText name(context, argv[1]);
  if (!name.ok()) return JS_EXCEPTION;
  unsetVariable(*scope, name.view());
  return JS_UNDEFINED;
}

JSValue clear(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  VariableScope* scope = scopeArgument(context, argc, argv);
  if (!scope) return JS_EXCEPTION;
  if (!scope->variables.empty()) scope->changed = true;
  scope->variables.clear();
  return JS_UNDEFINED;
}

// entries(scope) → [name, value, …] in order of insertion.
JSValue entries(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  const VariableScope* scope = scopeArgument(context, argc, argv);
  if (!scope) return JS_EXCEPTION;
  JsRef list(context, JS_NewArray(context));
  if (list.failed()) return JS_EXCEPTION;
  std::uint32_t index = 0;
  for (const Variable& variable : scope->variables) {
    const JSValue value = toJs(context, variable.value);
    if (JS_IsException(value)) return value;
    if (JS_DefinePropertyValueUint32(context, list.get(), index, newString(context, variable.name), JS_PROP_C_W_E) <
        0) {
      JS_FreeValue(context, value);
      return JS_EXCEPTION;
    }
    if (JS_DefinePropertyValueUint32(context, list.get(), index + 1, value, JS_PROP_C_W_E) < 0) return JS_EXCEPTION;
    index += 2;
  }
  return list.take();
}

JSValue hasVault(JSContext* context, JSValueConst, int, JSValueConst*) {
  const VariableScopes* scopes = scopesOf(context);
  return scopes ? JS_NewBool(context, scopes->hasVault) : JS_EXCEPTION;
}

constexpr BindingEntry kEntries[] = {
    {"variableGet", get, 2},       {"variableHas", has, 2},     {"variableResolve", resolve, 1},
    {"variableHasAny", hasAny, 1}, {"variableSet", set, 3},     {"variableSetJson", setJson, 3},
    {"variableUnset", unset, 2},   {"variableClear", clear, 1}, {"variableEntries", entries, 1},
    {"hasVault", hasVault, 0},
};

}  // namespace

void addVariableBindings(JSContext* context, JSValueConst target) { addAll(context, target, kEntries); }

}  // namespace vayu
