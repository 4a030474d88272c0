// The request as scripts see and change it, and those that they have sent (pm.sendRequest, pm.execution.runRequest).
#include <string>
#include <utility>
#include <vector>

#include "script/bindings.h"
#include "script/realm.h"

namespace vayu {
namespace {

RequestDraft* draftOf(JSContext* context) {
  const ScriptExecution* execution = Realm::of(context).execution();
  if (execution && execution->context.request) return execution->context.request;
  JS_ThrowTypeError(context, "there is no request here");
  return nullptr;
}

JSValue method(JSContext* context, JSValueConst, int, JSValueConst*) {
  const RequestDraft* draft = draftOf(context);
  return draft ? newString(context, draft->method) : JS_EXCEPTION;
}

JSValue url(JSContext* context, JSValueConst, int, JSValueConst*) {
  const RequestDraft* draft = draftOf(context);
  return draft ? newString(context, draft->url) : JS_EXCEPTION;
}

JSValue body(JSContext* context, JSValueConst, int, JSValueConst*) {
  const RequestDraft* draft = draftOf(context);
  return draft ? newString(context, draft->body) : JS_EXCEPTION;
}

JSValue bytes(JSContext* context, JSValueConst, int, JSValueConst*) {
  const RequestDraft* draft = draftOf(context);
  if (!draft) return JS_EXCEPTION;
  return JS_NewArrayBufferCopy(context, reinterpret_cast<const std::uint8_t*>(draft->body.data()), draft->body.size());
}

JSValue headers(JSContext* context, JSValueConst, int, JSValueConst*) {
  const RequestDraft* draft = draftOf(context);
  if (!draft) return JS_EXCEPTION;
  JsRef list(context, JS_NewArray(context));
  if (list.failed()) return JS_EXCEPTION;
  std::uint32_t index = 0;
  for (const HeaderField& field : draft->headers) {
    if (JS_DefinePropertyValueUint32(context, list.get(), index++, newString(context, field.name), JS_PROP_C_W_E) < 0 ||
        JS_DefinePropertyValueUint32(context, list.get(), index++, newString(context, field.value), JS_PROP_C_W_E) <
            0) {
      return JS_EXCEPTION;
    }
  }
  return list.take();
}

// Reads (method, url, [name, value, …], body) into `draft`.
bool readDraft(JSContext* context, int argc, JSValueConst* argv, RequestDraft& draft) {
  if (argc < 4) {
    JS_ThrowTypeError(context, "a request takes method, url, headers and body");
    return false;
  }
  std::string* texts[] = {&draft.method, &draft.url};
  for (int i = 0; i < 2; ++i) {
    JsText text(context, argv[i]);
    if (!text.ok()) return false;
    *texts[i] = text.view();
  }
  JsRef lengthValue(context, JS_GetPropertyStr(context, argv[2], "length"));
  std::uint32_t length = 0;
  if (lengthValue.failed() || JS_ToUint32(context, &length, lengthValue.get()) < 0) return false;
  draft.headers.clear();
  for (std::uint32_t i = 0; i + 1 < length; i += 2) {
    JsRef nameValue(context, JS_GetPropertyUint32(context, argv[2], i));
    JsRef valueValue(context, JS_GetPropertyUint32(context, argv[2], i + 1));
    JsText name(context, nameValue.get());
    JsText value(context, valueValue.get());
    if (!name.ok() || !value.ok()) return false;
    draft.headers.push_back({name.str(), value.str()});
  }
  std::size_t size = 0;
  if (JS_IsUndefined(argv[3])) return true;
  if (std::uint8_t* raw = JS_IsObject(argv[3]) ? JS_GetArrayBuffer(context, &size, argv[3]) : nullptr) {
    draft.body.assign(reinterpret_cast<const char*>(raw), size);
  } else {
    JsText text(context, argv[3]);
    if (!text.ok()) return false;
    draft.body = text.view();
  }
  return true;
}

// setRequest(method, url, [name, value, …], body): replaces what will be sent; an undefined body stays as it is, whatever its bytes.
JSValue setRequest(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  RequestDraft* draft = draftOf(context);
  if (!draft) return JS_EXCEPTION;
  RequestDraft fresh;
  if (!readDraft(context, argc, argv, fresh)) return JS_EXCEPTION;
  if (JS_IsUndefined(argv[3])) fresh.body = draft->body;
  if (fresh.method == draft->method && fresh.url == draft->url && fresh.body == draft->body &&
      fresh.headers.size() == draft->headers.size()) {
    bool same = true;
    for (std::size_t i = 0; same && i < fresh.headers.size(); ++i) {
      same = fresh.headers[i].name == draft->headers[i].name && fresh.headers[i].value == draft->headers[i].value;
    }
    if (same) return JS_UNDEFINED;
  }
  *draft = std::move(fresh);
  draft->changed = true;
  return JS_UNDEFINED;
}

// sendRequest(method, url, [name, value, …], body, callback(error, response…))
JSValue sendRequest(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  ScriptExecution* execution = Realm::of(context).execution();
  if (!execution || !execution->context.sendRequest) {
    return JS_ThrowTypeError(context, "pm.sendRequest is not available here");
  }
  if (argc < 5 || !JS_IsFunction(context, argv[4])) return JS_ThrowTypeError(context, "sendRequest takes a callback");
  ScriptRequest request;
  if (!readDraft(context, argc, argv, request.draft)) return JS_EXCEPTION;
  request.token = Realm::of(context).newRequestToken();
  execution->requests.push_back({request.token, JS_DupValue(context, argv[4])});
  // The engine may answer on the spot, so the entry exists before it is asked.
  execution->context.sendRequest(std::move(request));
  return JS_UNDEFINED;
}

// Reads [name, kind, text, …] into `variables`.
bool readVariables(JSContext* context, JSValueConst list, std::vector<Variable>& variables) {
  JsRef lengthValue(context, JS_GetPropertyStr(context, list, "length"));
  std::uint32_t length = 0;
  if (lengthValue.failed() || JS_ToUint32(context, &length, lengthValue.get()) < 0) return false;
  for (std::uint32_t i = 0; i + 2 < length; i += 3) {
    JsRef nameValue(context, JS_GetPropertyUint32(context, list, i));
    JsRef kindValue(context, JS_GetPropertyUint32(context, list, i + 1));
    JsRef textValue(context, JS_GetPropertyUint32(context, list, i + 2));
    JsText name(context, nameValue.get());
    JsText text(context, textValue.get());
    std::uint32_t kind = 0;
    if (!name.ok() || !text.ok() || JS_ToUint32(context, &kind, kindValue.get()) < 0) return false;
    variables.push_back({name.str(), {static_cast<VariableValue::Kind>(kind), text.str()}});
  }
  return true;
}

// runReference(id, [name, kind, text, …], callback(error, response…)) → why it is not run, or undefined.
JSValue runReference(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  ScriptExecution* execution = Realm::of(context).execution();
  if (!execution || !execution->context.runReference) {
    return newString(context,
                     "runRequest: there are no saved requests here; save them with POST /requests and send this "
                     "request through the daemon that keeps them");
  }
  if (argc < 3 || !JS_IsFunction(context, argv[2])) return JS_ThrowTypeError(context, "runRequest takes a callback");
  ReferenceCall call;
  JsText id(context, argv[0]);
  if (!id.ok() || !readVariables(context, argv[1], call.overrides)) return JS_EXCEPTION;
  call.id = id.str();
  call.script = execution->scriptIndex;
  call.token = Realm::of(context).newRequestToken();
  const std::uint64_t token = call.token;
  const std::string refusal = (*execution->context.runReference)(std::move(call));
  if (!refusal.empty()) return newString(context, refusal);
  execution->requests.push_back({token, JS_DupValue(context, argv[2])});
  return JS_UNDEFINED;
}

constexpr BindingEntry kEntries[] = {
    {"requestMethod", method, 0},    {"requestUrl", url, 0},
    {"requestBody", body, 0},        {"requestBytes", bytes, 0},
    {"requestHeaders", headers, 0},  {"setRequest", setRequest, 4},
    {"sendRequest", sendRequest, 5}, {"runReference", runReference, 3},
};

}  // namespace

void addRequestBindings(JSContext* context, JSValueConst target) { addAll(context, target, kEntries); }

}  // namespace vayu
