#include "script/bytecode_cache.h"

#include <map>
#include <mutex>
#include <string>

#include "script/bundles.h"
#include "script/js_ref.h"

namespace vayu {

Bytecode writeBytecode(JSContext* context, JSValueConst function) {
  std::size_t size = 0;
  std::uint8_t* bytes = JS_WriteObject(context, &size, function, JS_WRITE_OBJ_BYTECODE);
  if (!bytes) return {};
  Bytecode copy(bytes, bytes + size);
  js_free(context, bytes);
  return copy;
}

std::shared_ptr<const Bytecode> bundleBytecode(JSContext* context, std::string_view name) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<const Bytecode>, std::less<>> cache;
  std::lock_guard lock(mutex);
  if (const auto found = cache.find(name); found != cache.end()) return found->second;
  for (const ScriptBundle& bundle : scriptBundles()) {
    if (bundle.name != name) continue;
    const std::string file = "vayu:" + std::string(name);
    JsRef compiled(context, JS_Eval(context, bundle.code.data(), bundle.code.size(), file.c_str(),
                                    JS_EVAL_TYPE_GLOBAL | JS_EVAL_FLAG_COMPILE_ONLY));
    if (compiled.failed()) return nullptr;
    auto bytecode = std::make_shared<const Bytecode>(writeBytecode(context, compiled.get()));
    if (bytecode->empty()) return nullptr;
    cache.emplace(name, bytecode);
    return bytecode;
  }
  JS_ThrowReferenceError(context, "no script bundle '%.*s'", static_cast<int>(name.size()), name.data());
  return nullptr;
}

}  // namespace vayu
