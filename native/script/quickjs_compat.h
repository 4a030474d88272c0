// The only place that includes QuickJS. Bellard's releases and quickjs-ng differ in a few names; the rest of native/script
// sees one API: what is here plus the common part of quickjs.h.
#pragma once

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wsign-compare"
#endif
#include <quickjs.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

#include <cstddef>
#include <cstdint>

#if defined(VAYU_QUICKJS_NG)
// The build says which.
#elif defined(QJS_VERSION_MAJOR)
#define VAYU_QUICKJS_NG 1
#else
#define VAYU_QUICKJS_NG 0
#endif

namespace vayu::qjs {

inline JSClassID newClassId(JSRuntime* runtime, JSClassID* id) {
#if VAYU_QUICKJS_NG
  return JS_NewClassID(runtime, id);
#else
  (void)runtime;
  return JS_NewClassID(id);
#endif
}

inline bool isArray(JSContext* context, JSValueConst value) {
#if VAYU_QUICKJS_NG
  (void)context;
  return JS_IsArray(value);
#else
  return JS_IsArray(context, value) > 0;
#endif
}

// An exception of this kind passes every catch and finally of the script.
inline void setUncatchable(JSContext* context, JSValueConst error) {
#if VAYU_QUICKJS_NG
  JS_SetUncatchableError(context, error);
#else
  JS_SetUncatchableError(context, error, 1);
#endif
}

inline void freePropertyNames(JSContext* context, JSPropertyEnum* names, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) JS_FreeAtom(context, names[i].atom);
  js_free(context, names);
}

inline const char* version() {
#if VAYU_QUICKJS_NG
  return JS_GetVersion();
#elif defined(VAYU_QUICKJS_VERSION)
  return VAYU_QUICKJS_VERSION;
#else
  return "2025-04-26";
#endif
}

}  // namespace vayu::qjs
