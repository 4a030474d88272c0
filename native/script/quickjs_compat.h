// The only place that includes QuickJS.
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

namespace vayu::qjs {

// An exception of this kind passes every catch and finally of the script.
inline void setUncatchable(JSContext* context, JSValueConst error) { JS_SetUncatchableError(context, error, 1); }

inline void freePropertyNames(JSContext* context, JSPropertyEnum* names, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) JS_FreeAtom(context, names[i].atom);
  js_free(context, names);
}

inline const char* version() {
#if defined(VAYU_QUICKJS_VERSION)
  return VAYU_QUICKJS_VERSION;
#else
  return "2025-04-26";
#endif
}

}  // namespace vayu::qjs
