// Text and random bytes: what would be slow or impossible in JavaScript.
#include <cstdint>
#include <random>
#include <string>

#include "script/bindings.h"
#include "script/realm.h"
#include "script/sha.h"

namespace vayu {
namespace {

constexpr char kBase64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int base64Value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

// A buffer or typed array's bytes.
bool bytesOf(JSContext* context, JSValueConst value, const std::uint8_t** data, std::size_t* size) {
  std::size_t offset = 0;
  std::size_t length = 0;
  std::size_t elementBytes = 0;
  JsRef buffer(context, JS_GetTypedArrayBuffer(context, value, &offset, &length, &elementBytes));
  if (buffer.failed()) {
    JS_FreeValue(context, JS_GetException(context));
    *data = JS_GetArrayBuffer(context, size, value);
    return *data != nullptr;
  }
  std::size_t whole = 0;
  const std::uint8_t* base = JS_GetArrayBuffer(context, &whole, buffer.get());
  if (!base && whole != 0) return false;
  *data = base + offset;
  *size = length;
  return true;
}

// utf8Encode(text) → ArrayBuffer
JSValue utf8Encode(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  if (argc < 1) return JS_NewArrayBufferCopy(context, nullptr, 0);
  JsText text(context, argv[0]);
  if (!text.ok()) return JS_EXCEPTION;
  return JS_NewArrayBufferCopy(context, reinterpret_cast<const std::uint8_t*>(text.view().data()), text.view().size());
}

// utf8Decode(bytes) → text
JSValue utf8Decode(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  const std::uint8_t* data = nullptr;
  std::size_t size = 0;
  if (argc < 1 || !bytesOf(context, argv[0], &data, &size)) return JS_EXCEPTION;
  return JS_NewStringLen(context, reinterpret_cast<const char*>(data), size);
}

// base64Encode(bytes) → text
JSValue base64Encode(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  const std::uint8_t* data = nullptr;
  std::size_t size = 0;
  if (argc < 1 || !bytesOf(context, argv[0], &data, &size)) return JS_EXCEPTION;
  std::string out;
  out.reserve((size + 2) / 3 * 4);
  for (std::size_t i = 0; i < size; i += 3) {
    const std::uint32_t word = (std::uint32_t{data[i]} << 16) | (i + 1 < size ? std::uint32_t{data[i + 1]} << 8 : 0) |
                               (i + 2 < size ? std::uint32_t{data[i + 2]} : 0);
    out.push_back(kBase64[word >> 18]);
    out.push_back(kBase64[(word >> 12) & 63]);
    out.push_back(i + 1 < size ? kBase64[(word >> 6) & 63] : '=');
    out.push_back(i + 2 < size ? kBase64[word & 63] : '=');
  }
  return newString(context, out);
}

// base64Decode(text) → ArrayBuffer; characters outside of the alphabet are passed over.
JSValue base64Decode(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  if (argc < 1) return JS_NewArrayBufferCopy(context, nullptr, 0);
  JsText text(context, argv[0]);
  if (!text.ok()) return JS_EXCEPTION;
  std::string out;
  std::uint32_t word = 0;
  int bits = 0;
  for (const char c : text.view()) {
    if (c == '=') break;
    const int value = base64Value(c);
    if (value < 0) continue;
    word = (word << 6) | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out.push_back(static_cast<char>((word >> bits) & 0xff));
    }
  }
  return JS_NewArrayBufferCopy(context, reinterpret_cast<const std::uint8_t*>(out.data()), out.size());
}

// randomBytes(count) → ArrayBuffer, from the operating system's source.
JSValue randomBytes(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  std::uint32_t count = 0;
  if (argc < 1 || JS_ToUint32(context, &count, argv[0]) < 0) return JS_EXCEPTION;
  if (count > 65536) return JS_ThrowRangeError(context, "at most 65536 random bytes at a time");
  thread_local std::random_device source;
  std::string bytes(count, '\0');
  for (std::size_t i = 0; i < bytes.size(); i += 4) {
    std::uint32_t word = source();
    for (std::size_t j = i; j < bytes.size() && j < i + 4; ++j, word >>= 8) bytes[j] = static_cast<char>(word & 0xff);
  }
  return JS_NewArrayBufferCopy(context, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

// random() → a number in [0, 1): Math.random, with a state that outlives the realm's.
JSValue random(JSContext* context, JSValueConst, int, JSValueConst*) {
  thread_local std::mt19937_64 source{std::random_device{}()};
  return JS_NewFloat64(context, static_cast<double>(source() >> 11) * 0x1.0p-53);
}

// digest("SHA-256", bytes) → ArrayBuffer
JSValue digest(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  const std::uint8_t* data = nullptr;
  std::size_t size = 0;
  JsText algorithm(context, argc > 0 ? argv[0] : JS_UNDEFINED);
  if (!algorithm.ok() || argc < 2 || !bytesOf(context, argv[1], &data, &size)) return JS_EXCEPTION;
  const std::string result = shaDigest(algorithm.view(), {reinterpret_cast<const char*>(data), size});
  if (result.empty()) return JS_ThrowTypeError(context, "Unrecognized algorithm name");
  return JS_NewArrayBufferCopy(context, reinterpret_cast<const std::uint8_t*>(result.data()), result.size());
}

// parseJson(text) → value. With a reviver the walk over the result is QuickJS's own.
JSValue parseJson(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  JsText text(context, argc > 0 ? argv[0] : JS_UNDEFINED);
  if (!text.ok()) return JS_EXCEPTION;
  return Realm::of(context).jsonParser().parse(context, text.view());
}

constexpr BindingEntry kEntries[] = {
    {"utf8Encode", utf8Encode, 1},     {"utf8Decode", utf8Decode, 1},   {"base64Encode", base64Encode, 1},
    {"base64Decode", base64Decode, 1}, {"randomBytes", randomBytes, 1}, {"random", random, 0},
    {"parseJson", parseJson, 1},       {"digest", digest, 2},
};

}  // namespace

void addTextBindings(JSContext* context, JSValueConst target) { addAll(context, target, kEntries); }

}  // namespace vayu
