#include "script/global_guard.h"

#include <mutex>

#include "script/js_ref.h"

namespace vayu {
namespace {

int setOnReceiver(JSContext* context, JSValueConst, JSAtom name, JSValueConst value, JSValueConst receiver, int) {
  if (!JS_IsObject(receiver)) return 0;
  return JS_DefinePropertyValue(context, receiver, name, JS_DupValue(context, value), JS_PROP_C_W_E | JS_PROP_THROW);
}

int refuseDefine(JSContext* context, JSValueConst, JSAtom, JSValueConst, JSValueConst, JSValueConst, int flags) {
  if (flags & JS_PROP_THROW) {
    JS_ThrowTypeError(context, "object is not extensible");
    return -1;
  }
  return 0;
}

int refuseDelete(JSContext*, JSValueConst, JSAtom) { return 0; }

JSClassExoticMethods guardMethods() {
  JSClassExoticMethods methods{};
  methods.delete_property = refuseDelete;
  methods.define_own_property = refuseDefine;
  methods.set_property = setOnReceiver;
  return methods;
}

JSClassID guardClass(JSRuntime* runtime) {
  static std::mutex mutex;
  static JSClassID id = 0;
  static JSClassExoticMethods methods = guardMethods();
  std::lock_guard lock(mutex);
  if (id == 0) JS_NewClassID(&id);
  if (!JS_IsRegisteredClass(runtime, id)) {
    JSClassDef definition{};
    definition.class_name = "Object";
    definition.exotic = &methods;
    JS_NewClass(runtime, id, &definition);
  }
  return id;
}

}  // namespace

bool installGlobalGuard(JSContext* context, JSValueConst builtins) {
  JsRef guard(context, JS_NewObjectProtoClass(context, builtins, guardClass(JS_GetRuntime(context))));
  if (guard.failed() || JS_PreventExtensions(context, guard.get()) < 0) return false;
  JsRef global(context, JS_GetGlobalObject(context));
  return JS_SetPrototype(context, global.get(), guard.get()) >= 0;
}

}  // namespace vayu
