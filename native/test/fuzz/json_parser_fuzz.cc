// Response bodies as scripts parse them. The judge is QuickJS's own JSON.parse, which reads the same language as long as the text is shallow
// enough for its recursion, but for what it takes beyond JSON: what both accept prints alike.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "script/json_parser.h"
#include "script/patch_scan.h"
#include "script/quickjs_compat.h"

namespace {

constexpr std::size_t kMostJudgedBytes = 2048;

void require(bool holds) {
  if (!holds) std::abort();
}

JSContext* sharedContext() {
  static JSContext* const context = [] {
    JSRuntime* runtime = JS_NewRuntime();
    JS_SetMaxStackSize(runtime, 4u << 20);
    return JS_NewContext(runtime);
  }();
  return context;
}

// What JSON.stringify makes of the value, which is freed; empty for a pending exception, which is cleared.
std::string printed(JSContext* context, JSValue value) {
  std::string text;
  if (JS_IsException(value)) {
    JS_FreeValue(context, JS_GetException(context));
    return text;
  }
  const JSValue string = JS_JSONStringify(context, value, JS_UNDEFINED, JS_UNDEFINED);
  std::size_t length = 0;
  const char* bytes = JS_ToCStringLen(context, &length, string);
  if (bytes != nullptr) text.assign(bytes, length);
  JS_FreeCString(context, bytes);
  JS_FreeValue(context, string);
  JS_FreeValue(context, value);
  return text;
}

bool isDigitAt(std::string_view text, std::size_t index) {
  return index < text.size() && text[index] >= '0' && text[index] <= '9';
}

// Where QuickJS may take what JSON forbids: any escape, a point without digits behind it (`1.`), a leading zero behind a minus (`-01`).
bool mayBeTakenBeyondJson(std::string_view text) {
  for (std::size_t index = 0; index < text.size(); ++index) {
    const char byte = text[index];
    if (byte == '\\') return true;
    if (byte == '.' && !isDigitAt(text, index + 1)) return true;
    if (byte == '-' && text.substr(index + 1, 1) == "0" && isDigitAt(text, index + 2)) return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Allocated to its exact size, so that AddressSanitizer sees the first byte read behind it.
  const std::vector<char> bytes(data, data + size);
  const std::string_view text(bytes.data(), bytes.size());
  vayu::patchesBuiltins(text);

  JSContext* context = sharedContext();
  vayu::JsonParser parser;
  const JSValue value = parser.parse(context, text);
  if (size > kMostJudgedBytes) {
    if (JS_IsException(value)) JS_FreeValue(context, JS_GetException(context));
    JS_FreeValue(context, value);
    return 0;
  }
  const std::string ours = printed(context, value);
  // Text that is not ASCII may not be UTF-8 either, about which the two differ.
  for (const char byte : text) {
    if (static_cast<unsigned char>(byte) >= 0x80 || byte == '\0') return 0;
  }
  const std::string terminated(text);
  const std::string theirs = printed(context, JS_ParseJSON(context, terminated.c_str(), terminated.size(), "input"));
  if (ours.empty() && mayBeTakenBeyondJson(text)) return 0;
  require(ours == theirs);
  return 0;
}
