// The native functions that lib/scripting calls (its side of the contract: lib/scripting/src/native.ts). Each acts on the execution
// that the realm has attached and throws a TypeError when there is none.
#pragma once

#include "script/quickjs_compat.h"

namespace vayu {

// Adds every group to `target`, the bridge object that only the core bundle sees.
void addBindings(JSContext* context, JSValueConst target);

void addResponseBindings(JSContext* context, JSValueConst target);
void addRequestBindings(JSContext* context, JSValueConst target);
void addVariableBindings(JSContext* context, JSValueConst target);
void addOutcomeBindings(JSContext* context, JSValueConst target);
void addCookieBindings(JSContext* context, JSValueConst target);
void addTimerBindings(JSContext* context, JSValueConst target);
void addTextBindings(JSContext* context, JSValueConst target);
void addRealmBindings(JSContext* context, JSValueConst target);

struct BindingEntry {
  const char* name;
  JSCFunction* function;
  int length;
};

template <std::size_t N>
void addAll(JSContext* context, JSValueConst target, const BindingEntry (&entries)[N]) {
  for (const BindingEntry& entry : entries) {
    JS_DefinePropertyValueStr(context, target, entry.name,
                              JS_NewCFunction(context, entry.function, entry.name, entry.length), JS_PROP_C_W_E);
  }
}

}  // namespace vayu
