// What scripts read of the response. Nothing is materialised before it is asked for.
#include <cstring>
#include <string>

#include "base/header_text.h"
#include "script/bindings.h"
#include "script/realm.h"

namespace vayu {
namespace {

// The response that pm.response shows, or null with an exception pending.
const ResponseView* responseOf(JSContext* context) {
  const ScriptExecution* execution = Realm::of(context).execution();
  if (execution && execution->context.response) return execution->context.response;
  JS_ThrowTypeError(context, "there is no response here");
  return nullptr;
}

JSValue hasResponse(JSContext* context, JSValueConst, int, JSValueConst*) {
  const ScriptExecution* execution = Realm::of(context).execution();
  return JS_NewBool(context, execution && execution->context.response);
}

JSValue status(JSContext* context, JSValueConst, int, JSValueConst*) {
  const ResponseView* response = responseOf(context);
  return response ? JS_NewInt32(context, response->status) : JS_EXCEPTION;
}

JSValue statusText(JSContext* context, JSValueConst, int, JSValueConst*) {
  const ResponseView* response = responseOf(context);
  return response ? newString(context, response->statusText) : JS_EXCEPTION;
}

JSValue httpVersion(JSContext* context, JSValueConst, int, JSValueConst*) {
  const ResponseView* response = responseOf(context);
  return response ? newString(context, response->httpVersion) : JS_EXCEPTION;
}

JSValue timeMs(JSContext* context, JSValueConst, int, JSValueConst*) {
  const ResponseView* response = responseOf(context);
  if (!response) return JS_EXCEPTION;
  return JS_NewInt64(context, (response->responseTimeUs + 500) / 1000);
}

JSValue size(JSContext* context, JSValueConst, int, JSValueConst*) {
  const ResponseView* response = responseOf(context);
  return response ? JS_NewInt64(context, static_cast<std::int64_t>(response->bodyBytes)) : JS_EXCEPTION;
}

JSValue headerSize(JSContext* context, JSValueConst, int, JSValueConst*) {
  const ResponseView* response = responseOf(context);
  return response ? JS_NewInt64(context, static_cast<std::int64_t>(response->headerBlock.size())) : JS_EXCEPTION;
}

std::string_view withoutMark(std::string_view body) {
  if (body.starts_with("\xef\xbb\xbf")) body.remove_prefix(3);
  return body;
}

JSValue text(JSContext* context, JSValueConst, int, JSValueConst*) {
  const ResponseView* response = responseOf(context);
  return response ? newString(context, withoutMark(response->body)) : JS_EXCEPTION;
}

JSValue bytes(JSContext* context, JSValueConst, int, JSValueConst*) {
  const ResponseView* response = responseOf(context);
  if (!response) return JS_EXCEPTION;
  return JS_NewArrayBufferCopy(context, reinterpret_cast<const std::uint8_t*>(response->body.data()),
                               response->body.size());
}

JSValue json(JSContext* context, JSValueConst, int, JSValueConst*) {
  const ResponseView* response = responseOf(context);
  if (!response) return JS_EXCEPTION;
  return Realm::of(context).jsonParser().parse(context, withoutMark(response->body));
}

// header(name) → its value, the last one when it is repeated, or undefined.
JSValue header(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  const ResponseView* response = responseOf(context);
  if (!response) return JS_EXCEPTION;
  if (argc < 1) return JS_UNDEFINED;
  JsText name(context, argv[0]);
  if (!name.ok()) return JS_EXCEPTION;
  std::string_view found;
  bool present = false;
  eachHeader(response->headerBlock, [&](std::string_view key, std::string_view value) {
    if (sameHeaderName(key, name.view())) {
      found = value;
      present = true;
    }
    return true;
  });
  return present ? newString(context, found) : JS_UNDEFINED;
}

// headers() → [name, value, name, value, …]
JSValue headers(JSContext* context, JSValueConst, int, JSValueConst*) {
  const ResponseView* response = responseOf(context);
  if (!response) return JS_EXCEPTION;
  JsRef list(context, JS_NewArray(context));
  if (list.failed()) return JS_EXCEPTION;
  std::uint32_t index = 0;
  bool ok = true;
  eachHeader(response->headerBlock, [&](std::string_view key, std::string_view value) {
    ok = JS_DefinePropertyValueUint32(context, list.get(), index++, newString(context, key), JS_PROP_C_W_E) >= 0 &&
         JS_DefinePropertyValueUint32(context, list.get(), index++, newString(context, value), JS_PROP_C_W_E) >= 0;
    return ok;
  });
  return ok ? list.take() : JS_EXCEPTION;
}

constexpr BindingEntry kEntries[] = {
    {"hasResponse", hasResponse, 0},
    {"responseStatus", status, 0},
    {"responseStatusText", statusText, 0},
    {"responseHttpVersion", httpVersion, 0},
    {"responseTimeMs", timeMs, 0},
    {"responseBodyBytes", size, 0},
    {"responseHeaderBytes", headerSize, 0},
    {"responseText", text, 0},
    {"responseBytes", bytes, 0},
    {"responseJson", json, 0},
    {"responseHeader", header, 1},
    {"responseHeaders", headers, 0},
};

}  // namespace

void addResponseBindings(JSContext* context, JSValueConst target) { addAll(context, target, kEntries); }

}  // namespace vayu
