// The cookie jar as pm.cookies and pm.cookies.jar() read and change it.
#include <string>

#include "base/cookie_jar.h"
#include "script/bindings.h"
#include "script/realm.h"

namespace vayu {
namespace {

CookieJar* jarOf(JSContext* context) {
  const ScriptExecution* execution = Realm::of(context).execution();
  if (execution && execution->context.cookies) return execution->context.cookies;
  JS_ThrowTypeError(context, "there is no cookie jar here");
  return nullptr;
}

bool append(JSContext* context, JSValueConst list, std::uint32_t& index, JSValue value) {
  return JS_DefinePropertyValueUint32(context, list, index++, value, JS_PROP_C_W_E) >= 0;
}

JSValue hasJar(JSContext* context, JSValueConst, int, JSValueConst*) {
  const ScriptExecution* execution = Realm::of(context).execution();
  return JS_NewBool(context, execution && execution->context.cookies);
}

// cookies(url) → of each cookie that goes with it [name, value, domain, path, expires in ms or null, secure, httpOnly, hostOnly, sameSite]
JSValue cookies(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  CookieJar* jar = jarOf(context);
  if (!jar) return JS_EXCEPTION;
  JsText url(context, argc > 0 ? argv[0] : JS_UNDEFINED);
  JsRef list(context, JS_NewArray(context));
  if (!url.ok() || list.failed()) return JS_EXCEPTION;
  std::uint32_t at = 0;
  for (const Cookie* cookie : jar->matching(url.view())) {
    const bool isSession = cookie->expiresMs == Cookie::kSession;
    if (!append(context, list.get(), at, newString(context, cookie->name)) ||
        !append(context, list.get(), at, newString(context, cookie->value)) ||
        !append(context, list.get(), at, newString(context, cookie->domain)) ||
        !append(context, list.get(), at, newString(context, cookie->path)) ||
        !append(context, list.get(), at, isSession ? JS_NULL : JS_NewInt64(context, cookie->expiresMs)) ||
        !append(context, list.get(), at, JS_NewBool(context, cookie->secure)) ||
        !append(context, list.get(), at, JS_NewBool(context, cookie->httpOnly)) ||
        !append(context, list.get(), at, JS_NewBool(context, cookie->hostOnly)) ||
        !append(context, list.get(), at, newString(context, cookie->sameSite))) {
      return JS_EXCEPTION;
    }
  }
  return list.take();
}

// cookieSet(url, name, value, attributes) → whether it was stored: 0 yes, 1 no cookie, 2 of another domain.
// cookieSet(url, setCookie) takes the text of a Set-Cookie header.
JSValue cookieSet(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  CookieJar* jar = jarOf(context);
  if (!jar) return JS_EXCEPTION;
  const auto argument = [argc, argv](int index) { return index < argc ? argv[index] : JS_UNDEFINED; };
  JsText url(context, argument(0));
  JsText name(context, argument(1));
  if (!url.ok() || !name.ok()) return JS_EXCEPTION;
  if (argc < 3) return JS_NewInt32(context, static_cast<int>(jar->store(url.view(), name.view())));
  JsText value(context, argument(2));
  JsText attributes(context, argument(3));
  if (!value.ok() || !attributes.ok()) return JS_EXCEPTION;
  return JS_NewInt32(context, static_cast<int>(jar->store(url.view(), name.view(), value.view(), attributes.view())));
}

// cookieRemove(url, name), or of all names that go with the URL.
JSValue cookieRemove(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  CookieJar* jar = jarOf(context);
  if (!jar) return JS_EXCEPTION;
  JsText url(context, argc > 0 ? argv[0] : JS_UNDEFINED);
  if (!url.ok()) return JS_EXCEPTION;
  if (argc < 2) {
    jar->clear(url.view());
    return JS_UNDEFINED;
  }
  JsText name(context, argv[1]);
  if (!name.ok()) return JS_EXCEPTION;
  jar->remove(url.view(), name.view());
  return JS_UNDEFINED;
}

constexpr BindingEntry kEntries[] = {
    {"hasCookieJar", hasJar, 0},
    {"cookies", cookies, 1},
    {"cookieSet", cookieSet, 4},
    {"cookieRemove", cookieRemove, 2},
};

}  // namespace

void addCookieBindings(JSContext* context, JSValueConst target) { addAll(context, target, kEntries); }

}  // namespace vayu
