#include "addon/js_reader.h"

#include <cmath>

namespace vayu::addon {

std::int64_t toInteger(double value) {
  if (std::isnan(value)) return 0;
  if (value >= 0x1p63) return INT64_MAX;
  if (value <= -0x1p63) return INT64_MIN;
  return static_cast<std::int64_t>(value);
}

JsReader::JsReader(Napi::Value value) {
  if (!value.IsObject()) throw Napi::TypeError::New(value.Env(), "vayu: expected an object from lib/engine");
  object_ = value.As<Napi::Object>();
}

void JsReader::refuse(const char* name, const char* expected) const {
  throw Napi::TypeError::New(object_.Env(), std::string("vayu: field \"") + name + "\" is not " + expected);
}

std::string JsReader::text(const char* name) const {
  const Napi::Value value = field(name);
  if (!value.IsString()) refuse(name, "a string");
  return value.As<Napi::String>().Utf8Value();
}

double JsReader::number(const char* name) const {
  const Napi::Value value = field(name);
  if (!value.IsNumber()) refuse(name, "a number");
  return value.As<Napi::Number>().DoubleValue();
}

bool JsReader::boolean(const char* name) const {
  const Napi::Value value = field(name);
  if (!value.IsBoolean()) refuse(name, "a boolean");
  return value.As<Napi::Boolean>().Value();
}

bool JsReader::has(const char* name) const {
  const Napi::Value value = field(name);
  return !value.IsUndefined() && !value.IsNull();
}

std::vector<std::string> JsReader::texts(const char* name) const {
  const Napi::Value value = field(name);
  if (!value.IsArray()) refuse(name, "an array");
  const auto array = value.As<Napi::Array>();
  std::vector<std::string> result;
  result.reserve(array.Length());
  for (std::uint32_t index = 0; index < array.Length(); ++index) {
    const Napi::Value item = array.Get(index);
    if (!item.IsString()) refuse(name, "an array of strings");
    result.push_back(item.As<Napi::String>().Utf8Value());
  }
  return result;
}

std::string JsReader::bytes(const char* name) const {
  const Napi::Value value = field(name);
  if (value.IsString()) return value.As<Napi::String>().Utf8Value();
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    refuse(name, "a string or a Uint8Array");
  }
  const auto array = value.As<Napi::Uint8Array>();
  return {reinterpret_cast<const char*>(array.Data()), array.ByteLength()};
}

}  // namespace vayu::addon
