#include "addon/data_set_to_js.h"
#include "addon/engine_object.h"
#include "addon/napi_setup.h"
#include "curl/handles.h"
#include "script/script_host.h"

namespace vayu::addon {

namespace {

Napi::Value versions(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const CurlVersion version = curlVersion();
  Napi::Object object = Napi::Object::New(env);
  object.Set("engine", VAYU_VERSION);
  object.Set("curl", version.curl);
  object.Set("tlsBuilt", version.tlsBuilt);
  object.Set("tls", version.tls);
  object.Set("http2", version.http2);
  object.Set("http3", version.http3);
  object.Set("brotli", version.brotli);
  object.Set("zstd", version.zstd);
  object.Set("quickjs", ScriptHost::quickjsVersion());
  return object;
}

// Every object belongs to the environment that asked for it: the addon may be loaded in several worker_threads at once.
Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  if (!ensureCurl()) throw Napi::Error::New(env, "libcurl could not be initialised");
  exports.Set("NativeEngine", EngineObject::define(env));
  exports.Set("versions", Napi::Function::New<versions>(env, "versions"));
  exports.Set("openData", Napi::Function::New<openData>(env, "openData"));
  exports.Set("readRow", Napi::Function::New<readRow>(env, "readRow"));
  return exports;
}

}  // namespace

}  // namespace vayu::addon

static Napi::Object vayuInitialise(Napi::Env env, Napi::Object exports) {
  return vayu::addon::initialise(env, exports);
}

NODE_API_MODULE(vayu, vayuInitialise)
