// Owners of QuickJS values and strings, for use within one call on the runtime's thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "script/quickjs_compat.h"

namespace vayu {

class JsRef {
 public:
  JsRef() = default;
  JsRef(JSContext* context, JSValue value) : context_(context), value_(value) {}
  JsRef(JsRef&& other) noexcept : context_(other.context_), value_(std::exchange(other.value_, JS_UNDEFINED)) {}
  JsRef& operator=(JsRef&& other) noexcept {
    if (this != &other) {
      reset();
      context_ = other.context_;
      value_ = std::exchange(other.value_, JS_UNDEFINED);
    }
    return *this;
  }
  JsRef(const JsRef&) = delete;
  JsRef& operator=(const JsRef&) = delete;
  ~JsRef() { reset(); }

  JSValueConst get() const { return value_; }
  JSValue take() { return std::exchange(value_, JS_UNDEFINED); }
  bool failed() const { return JS_IsException(value_); }
  void reset() {
    if (context_) JS_FreeValue(context_, std::exchange(value_, JS_UNDEFINED));
  }

 private:
  JSContext* context_ = nullptr;
  JSValue value_ = JS_UNDEFINED;
};

// The UTF-8 of a value converted with ToString. `ok()` is false when the conversion threw.
class JsText {
 public:
  JsText(JSContext* context, JSValueConst value) : context_(context) {
    text_ = JS_ToCStringLen(context, &length_, value);
  }
  JsText(const JsText&) = delete;
  JsText& operator=(const JsText&) = delete;
  ~JsText() {
    if (text_) JS_FreeCString(context_, text_);
  }
  bool ok() const { return text_ != nullptr; }
  std::string_view view() const { return {text_ ? text_ : "", text_ ? length_ : 0}; }
  std::string str() const { return std::string(view()); }

 private:
  JSContext* context_;
  const char* text_ = nullptr;
  std::size_t length_ = 0;
};

inline JSValue newString(JSContext* context, std::string_view text) {
  return JS_NewStringLen(context, text.data(), text.size());
}

}  // namespace vayu
