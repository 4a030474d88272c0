// One QuickJS runtime with one context and the `pm` library loaded, hardened so that one execution leaves nothing behind for the next.
// Runs one execution at a time. Created, used and destroyed on one worker thread. Its memory is returned as a whole (script_heap.h),
// so it may be destroyed in any state.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "script/bytecode_cache.h"
#include "script/execution.h"
#include "script/js_ref.h"
#include "script/json_parser.h"
#include "script/quickjs_compat.h"
#include "script/script_heap.h"

namespace vayu {

std::int64_t monotonicNs();

int interruptRealm(JSRuntime* runtime, void* opaque);

// kShared: built-ins frozen, used for one execution after another. kNone: everything may be patched, good for one execution.
enum class Hardening : std::uint8_t { kShared, kNone };

class Realm {
 public:
  // Throws std::runtime_error when the limits do not leave room for the library.
  Realm(const ScriptLimits& limits, Hardening hardening);
  ~Realm() = default;
  Realm(const Realm&) = delete;
  Realm& operator=(const Realm&) = delete;

  static Realm& of(JSContext* context) { return *static_cast<Realm*>(JS_GetContextOpaque(context)); }

  ScriptExecution* execution() const { return execution_; }
  JsonParser& jsonParser() { return jsonParser_; }
  std::uint64_t newRequestToken() { return ++*requestTokens_; }
  void shareRequestTokens(std::uint64_t* counter) { requestTokens_ = counter; }
  // Asked for the dynamic variables that take a library: in the realm of a script it would be loaded for each execution anew.
  using ValueMaker = std::function<bool(std::string_view name, std::string& out)>;
  void makeValuesWith(ValueMaker maker) { makeValue_ = std::move(maker); }

  // Between attach and detach the bindings act on `execution`. detach() is false when the realm must not be used again.
  void attach(ScriptExecution& execution);
  bool detach();

  // Loads Program::bundles ahead of the scripts that will ask for them. False: the limits leave no room, and the realm is spoilt.
  bool preload(const std::vector<std::string>& bundles);
  std::size_t preloadedCount() const { return preloaded_; }
  // Keeps the present state to come back to. Nothing may be attached.
  void seal();
  bool sealed() const { return heap_.sealed(); }
  // Back to the sealed state, whatever has happened since; nothing may be attached.
  void rewind();

  // Starts a script with a fresh `pm`. False: it failed, and execution.outcome.error says how.
  bool startScript(const CompiledScript& script);
  // Runs promise jobs. True while the script waits for a timer or a request.
  bool settle();
  // Removes what the script left in the realm. False: it failed.
  bool finishScript();
  void fireTimers(std::int64_t nowNs);
  std::int64_t nextTimerNs() const;
  // With neither a response nor an error the request was not sent, as it should be.
  void answerRequest(std::size_t index, const ResponseView* response, std::optional<std::string_view> error);
  // Ends an execution whose time is over while it waits.
  void expire();
  void cancel();

  // Compiles to bytecode, or leaves the syntax error in `script`.
  void compile(const ScriptSource& source, CompiledScript& script);
  // Loads the bytecode, so that it is part of what seal() keeps.
  void load(const CompiledScript& script);
  // Drops what was loaded of a script that is about to die.
  void forget(const CompiledScript* script);

  // `only`: a single scope by its position in VariableScopes, or -1 for all.
  std::string substitute(std::string_view text, const VariableScopes& variables, int only,
                         std::vector<std::string>* unresolved);
  // Appends the value of a dynamic variable ("$guid"); false when there is none of that name.
  bool dynamicValue(std::string_view name, std::string& out);

  // Calls a bundle's factory. An exception is pending when the result says so.
  JSValue loadBundle(std::string_view name);
  // The same for a library that the script at hand asks for.
  JSValue loadLibrary(std::string_view name);
  void noteRejection(JSContext* context, JSValueConst promise, JSValueConst reason, bool handled);
  bool spoilt() const { return spoilt_; }

 private:
  friend int interruptRealm(JSRuntime*, void*);

  struct Rejection {
    JSValue promise;
    JSValue reason;
  };

  struct OwnGlobal {
    JSAtom name;
    JSPropertyDescriptor descriptor;
  };

  void loadCore();
  JSValue instantiate(std::string_view name);
  std::vector<OwnGlobal> setGlobalsAside();
  void restoreGlobals(std::vector<OwnGlobal>& aside);
  void clearGlobals();
  void releaseWaiting();
  void captureError();
  bool limitsHit();
  void fail(ScriptError::Kind kind, std::string message);
  JSValue bytecodeOf(const CompiledScript& script);

  ScriptLimits limits_;
  Hardening hardening_;
  ScriptHeap heap_;
  JSRuntime* runtime_ = nullptr;  // lives in heap_, ends with it
  JSContext* context_ = nullptr;
  JSValue native_ = JS_UNDEFINED;
  JSValue global_ = JS_UNDEFINED;
  JSValue guard_ = JS_UNDEFINED;
  JSValue begin_ = JS_UNDEFINED;
  JSValue end_ = JS_UNDEFINED;
  JSValue dynamic_ = JS_UNDEFINED;
  JSValue preload_ = JS_UNDEFINED;
  JSAtom pmAtom_ = JS_ATOM_NULL;
  JSAtom testsAtom_ = JS_ATOM_NULL;
  std::vector<JSAtom> baseGlobals_;
  std::unordered_map<const CompiledScript*, JSValue> loaded_;
  std::unordered_map<const CompiledScript*, JSValue> sealedLoaded_;
  std::size_t preloaded_ = 0;
  ValueMaker makeValue_;
  std::vector<Rejection> rejections_;
  JsonParser jsonParser_;
  ScriptExecution* execution_ = nullptr;
  const ScriptSource* script_ = nullptr;
  std::uint64_t* requestTokens_ = nullptr;
  std::int64_t deadlineNs_ = kNever;
  std::size_t footprintAtStart_ = 0;
  bool timedOut_ = false;
  bool spoilt_ = false;
};

}  // namespace vayu
