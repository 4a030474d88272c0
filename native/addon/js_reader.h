// Reads the plain objects that lib/engine has normalised: every field is there and of its type, and anything else is a bug on our side
// that throws a TypeError naming the field. JavaScript thread only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "addon/napi_setup.h"

namespace vayu::addon {

std::int64_t toInteger(double value);

class JsReader {
 public:
  explicit JsReader(Napi::Value value);

  std::string text(const char* name) const;
  double number(const char* name) const;
  // Towards zero; what lies beyond the type's range (infinity included) becomes its end, and NaN 0.
  std::int64_t integer(const char* name) const { return toInteger(number(name)); }
  bool boolean(const char* name) const;
  JsReader object(const char* name) const { return JsReader(field(name)); }
  Napi::Value field(const char* name) const { return object_.Get(name); }
  bool has(const char* name) const;
  std::vector<std::string> texts(const char* name) const;
  // A string, or the bytes of a Uint8Array.
  std::string bytes(const char* name) const;

 private:
  [[noreturn]] void refuse(const char* name, const char* expected) const;
  Napi::Object object_;
};

}  // namespace vayu::addon
