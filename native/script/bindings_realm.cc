// What the library needs of the realm itself: more bundles, the guard of the globals, templates.
#include <string>

#include "script/bindings.h"
#include "script/global_guard.h"
#include "script/realm.h"
#include "script/variables.h"

namespace vayu {
namespace {

// loadBundle(name) → what the bundle's factory returns.
JSValue loadBundle(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  JsText name(context, argc > 0 ? argv[0] : JS_UNDEFINED);
  if (!name.ok()) return JS_EXCEPTION;
  return Realm::of(context).loadBundle(name.view());
}

// loadLibrary(name): loadBundle for what the script itself asks for.
JSValue loadLibrary(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  JsText name(context, argc > 0 ? argv[0] : JS_UNDEFINED);
  if (!name.ok()) return JS_EXCEPTION;
  return Realm::of(context).loadLibrary(name.view());
}

JSValue guardGlobals(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  if (argc < 1 || !installGlobalGuard(context, argv[0])) return JS_EXCEPTION;
  return JS_UNDEFINED;
}

// needEnd(): asks for end() when this script is done.
JSValue needEnd(JSContext* context, JSValueConst, int, JSValueConst*) {
  if (ScriptExecution* execution = Realm::of(context).execution()) execution->needsEnd = true;
  return JS_UNDEFINED;
}

// substitute(text, scope): {{templates}} over one scope, or over all of them when scope is -1.
JSValue substitute(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  Realm& realm = Realm::of(context);
  const ScriptExecution* execution = realm.execution();
  if (!execution || !execution->context.variables) return JS_ThrowTypeError(context, "there are no variables here");
  JsText text(context, argc > 0 ? argv[0] : JS_UNDEFINED);
  std::int32_t only = -1;
  if (!text.ok() || (argc > 1 && JS_ToInt32(context, &only, argv[1]) < 0)) return JS_EXCEPTION;
  return newString(context, realm.substitute(text.view(), *execution->context.variables, only, nullptr));
}

// dynamicValue("$guid") → text or undefined, for the names that need no library.
JSValue dynamicValue(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  JsText name(context, argc > 0 ? argv[0] : JS_UNDEFINED);
  if (!name.ok()) return JS_EXCEPTION;
  std::string out;
  return Realm::of(context).dynamicValue(name.view(), out) ? newString(context, out) : JS_UNDEFINED;
}

constexpr BindingEntry kEntries[] = {
    {"loadBundle", loadBundle, 1}, {"loadLibrary", loadLibrary, 1}, {"guardGlobals", guardGlobals, 1},
    {"needEnd", needEnd, 0},       {"substitute", substitute, 2},   {"dynamicValue", dynamicValue, 1},
};

}  // namespace

void addRealmBindings(JSContext* context, JSValueConst target) { addAll(context, target, kEntries); }

}  // namespace vayu
