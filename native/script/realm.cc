#include "script/realm.h"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "script/bindings.h"
#include "script/dynamic_variables.h"
#include "script/error_report.h"
#include "script/global_guard.h"
#include "script/variables.h"

namespace vayu {
namespace {

// A realm that grew beyond this is replaced, so that one greedy script does not keep its memory for the life of the worker.
constexpr std::size_t kMaxIdleGrowthBytes = 24u << 20;
constexpr std::size_t kLoadStackBytes = 640u << 10;
constexpr std::int64_t kCompileBudgetNs = 5'000'000'000;

}  // namespace

std::int64_t monotonicNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

int interruptRealm(JSRuntime*, void* opaque) {
  Realm& realm = *static_cast<Realm*>(opaque);
  if (realm.heap_.limitReached()) return 1;
  if (monotonicNs() <= realm.deadlineNs_) return 0;
  realm.timedOut_ = true;
  return 1;
}

namespace {

void trackRejection(JSContext* context, JSValueConst promise, JSValueConst reason, JS_BOOL handled, void* opaque) {
  static_cast<Realm*>(opaque)->noteRejection(context, promise, reason, handled != 0);
}

}  // namespace

Realm::Realm(const ScriptLimits& limits, Hardening hardening)
    : limits_(limits), hardening_(hardening), heap_(limits.memoryBytes) {
  runtime_ = JS_NewRuntime2(&ScriptHeap::functions(), &heap_);
  context_ = runtime_ ? JS_NewContext(runtime_) : nullptr;
  if (!context_)
    throw std::runtime_error("a script memory limit of " + std::to_string(limits.memoryBytes) + " bytes is too small");
  JS_SetContextOpaque(context_, this);
  JS_SetInterruptHandler(runtime_, interruptRealm, this);
  JS_SetHostPromiseRejectionTracker(runtime_, trackRejection, this);
  JS_SetCanBlock(runtime_, 0);
  JS_SetMaxStackSize(runtime_, limits.stackBytes);
  loadCore();
  footprintAtStart_ = heap_.footprintBytes();
}

void Realm::loadCore() {
  global_ = JS_GetGlobalObject(context_);
  native_ = JS_NewObject(context_);
  addBindings(context_, native_);
  JS_DefinePropertyValueStr(context_, native_, "hardened", JS_NewBool(context_, hardening_ == Hardening::kShared),
                            JS_PROP_C_W_E);
  JsRef api(context_, loadBundle("core"));
  if (!api.failed()) {
    begin_ = JS_GetPropertyStr(context_, api.get(), "begin");
    end_ = JS_GetPropertyStr(context_, api.get(), "end");
    dynamic_ = JS_GetPropertyStr(context_, api.get(), "dynamicValue");
    preload_ = JS_GetPropertyStr(context_, api.get(), "preload");
    guard_ = JS_GetPrototype(context_, global_);
  }
  if (api.failed() || !JS_IsFunction(context_, begin_) || !JS_IsFunction(context_, end_)) {
    JsRef error(context_, JS_GetException(context_));
    JsText text(context_, error.get());
    JsRef stack(context_, JS_GetPropertyStr(context_, error.get(), "stack"));
    JsText where(context_, stack.get());
    throw std::runtime_error("the script library does not load: " + text.str() + "\n" + where.str());
  }
  pmAtom_ = JS_NewAtom(context_, "pm");
  testsAtom_ = JS_NewAtom(context_, "tests");
  JS_DefinePropertyValue(context_, global_, pmAtom_, JS_UNDEFINED, JS_PROP_C_W_E);
  JSPropertyEnum* names = nullptr;
  std::uint32_t count = 0;
  if (JS_GetOwnPropertyNames(context_, &names, &count, global_, JS_GPN_STRING_MASK | JS_GPN_SYMBOL_MASK) == 0) {
    for (std::uint32_t i = 0; i < count; ++i) baseGlobals_.push_back(JS_DupAtom(context_, names[i].atom));
    qjs::freePropertyNames(context_, names, count);
  }
}

JSValue Realm::loadBundle(std::string_view name) {
  if (execution_) execution_->program->noteBundle("*" + std::string(name));
  return instantiate(name);
}

JSValue Realm::instantiate(std::string_view name) {
  // The parser recurses deeper in a library's code than a script is given stack for.
  JS_SetMaxStackSize(runtime_, std::max(limits_.stackBytes, kLoadStackBytes));
  const auto bytecode = bundleBytecode(context_, name);
  JS_SetMaxStackSize(runtime_, limits_.stackBytes);
  if (!bytecode) return JS_EXCEPTION;
  const JSValue function = JS_ReadObject(context_, bytecode->data(), bytecode->size(), JS_READ_OBJ_BYTECODE);
  if (JS_IsException(function)) return function;
  // Some bundles stay in the realm; none may take up what the script at hand has put in a built-in's place.
  std::vector<OwnGlobal> aside = setGlobalsAside();
  JsRef factory(context_, JS_EvalFunction(context_, function));
  JSValueConst arguments[] = {native_};
  const JSValue module = factory.failed() ? JS_EXCEPTION : JS_Call(context_, factory.get(), JS_UNDEFINED, 1, arguments);
  restoreGlobals(aside);
  return module;
}

JSValue Realm::loadLibrary(std::string_view name) {
  if (execution_) {
    execution_->program->usesLibraries = true;
    execution_->program->noteBundle(std::string(name));
  }
  return instantiate(name);
}

bool Realm::preload(const std::vector<std::string>& bundles) {
  JS_UpdateStackTop(runtime_);
  deadlineNs_ = monotonicNs() + kCompileBudgetNs;
  for (const std::string& name : bundles) {
    JsRef argument(context_, newString(context_, name));
    JSValueConst arguments[] = {argument.get()};
    JsRef result(context_, JS_Call(context_, preload_, JS_UNDEFINED, 1, arguments));
    if (result.failed()) {
      JS_FreeValue(context_, JS_GetException(context_));
      spoilt_ = true;
      break;
    }
  }
  JSContext* jobContext = nullptr;
  while (!spoilt_ && JS_ExecutePendingJob(runtime_, &jobContext) > 0) {
  }
  deadlineNs_ = kNever;
  preloaded_ = bundles.size();
  if (timedOut_ || heap_.limitReached()) spoilt_ = true;
  return !spoilt_;
}

void Realm::seal() {
  JS_RunGC(runtime_);
  sealedLoaded_ = loaded_;
  heap_.seal();
}

void Realm::rewind() {
  heap_.rewind();
  loaded_ = sealedLoaded_;
  rejections_.clear();
  execution_ = nullptr;
  script_ = nullptr;
  deadlineNs_ = kNever;
  timedOut_ = false;
  spoilt_ = false;
}

std::vector<Realm::OwnGlobal> Realm::setGlobalsAside() {
  std::vector<OwnGlobal> aside;
  if (baseGlobals_.empty()) return aside;  // the core bundle itself: the globals are not moved yet
  JSPropertyEnum* names = nullptr;
  std::uint32_t count = 0;
  if (JS_GetOwnPropertyNames(context_, &names, &count, global_, JS_GPN_STRING_MASK | JS_GPN_SYMBOL_MASK) < 0) {
    JS_FreeValue(context_, JS_GetException(context_));
    spoilt_ = true;
    return aside;
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    const JSAtom name = names[i].atom;
    if (std::find(baseGlobals_.begin(), baseGlobals_.end(), name) != baseGlobals_.end()) continue;
    OwnGlobal own{JS_DupAtom(context_, name), {}};
    if (JS_GetOwnProperty(context_, &own.descriptor, global_, name) <= 0) {
      JS_FreeAtom(context_, own.name);
      continue;
    }
    if (JS_DeleteProperty(context_, global_, name, 0) <= 0) spoilt_ = true;
    aside.push_back(own);
  }
  qjs::freePropertyNames(context_, names, count);
  return aside;
}

void Realm::restoreGlobals(std::vector<OwnGlobal>& aside) {
  // An exception of the bundle stays pending; defining properties does not look at it.
  for (OwnGlobal& own : aside) {
    const JSPropertyDescriptor& held = own.descriptor;
    const int has =
        JS_PROP_HAS_CONFIGURABLE | JS_PROP_HAS_ENUMERABLE |
        ((held.flags & JS_PROP_GETSET) ? JS_PROP_HAS_GET | JS_PROP_HAS_SET : JS_PROP_HAS_VALUE | JS_PROP_HAS_WRITABLE);
    if (JS_DefineProperty(context_, global_, own.name, held.value, held.getter, held.setter, held.flags | has) <= 0)
      spoilt_ = true;
    JS_FreeValue(context_, held.value);
    JS_FreeValue(context_, held.getter);
    JS_FreeValue(context_, held.setter);
    JS_FreeAtom(context_, own.name);
  }
}

void Realm::attach(ScriptExecution& execution) {
  execution_ = &execution;
  deadlineNs_ = execution.deadlineNs;
  JS_UpdateStackTop(runtime_);
}

bool Realm::detach() {
  if (execution_) releaseWaiting();
  execution_ = nullptr;
  deadlineNs_ = kNever;
  if (heap_.footprintBytes() > footprintAtStart_ + kMaxIdleGrowthBytes) spoilt_ = true;
  if (JS_IsJobPending(runtime_)) spoilt_ = true;
  return !spoilt_ && hardening_ == Hardening::kShared;
}

void Realm::releaseWaiting() {
  for (const ScriptTimer& timer : execution_->timers) JS_FreeValue(context_, timer.callback);
  execution_->timers.clear();
  for (const PendingRequest& request : execution_->requests) JS_FreeValue(context_, request.callback);
  execution_->requests.clear();
  JS_FreeValue(context_, std::exchange(execution_->main, JS_UNDEFINED));
  for (const Rejection& rejection : rejections_) {
    JS_FreeValue(context_, rejection.promise);
    JS_FreeValue(context_, rejection.reason);
  }
  rejections_.clear();
}

void Realm::noteRejection(JSContext* context, JSValueConst promise, JSValueConst reason, bool handled) {
  void* const identity = JS_VALUE_GET_PTR(promise);
  if (handled) {
    const auto found = std::find_if(rejections_.begin(), rejections_.end(), [identity](const Rejection& rejection) {
      return JS_VALUE_GET_PTR(rejection.promise) == identity;
    });
    if (found == rejections_.end()) return;
    JS_FreeValue(context, found->promise);
    JS_FreeValue(context, found->reason);
    rejections_.erase(found);
    return;
  }
  rejections_.push_back({JS_DupValue(context, promise), JS_DupValue(context, reason)});
}

void Realm::compile(const ScriptSource& source, CompiledScript& script) {
  script.source = &source;
  deadlineNs_ = monotonicNs() + kCompileBudgetNs;
  JS_UpdateStackTop(runtime_);
  const std::string text = wrapScript(source.code);
  JsRef function(context_, JS_Eval(context_, text.c_str(), text.size(), source.name.c_str(),
                                   JS_EVAL_TYPE_GLOBAL | JS_EVAL_FLAG_COMPILE_ONLY));
  if (!function.failed()) script.bytecode = writeBytecode(context_, function.get());
  if (script.bytecode.empty()) {
    JsRef error(context_, JS_GetException(context_));
    script.syntaxError = describeError(context_, error.get(), source);
    if (heap_.limitReached()) {
      script.syntaxError->kind = ScriptError::Kind::kMemory;
      spoilt_ = true;
    }
  }
  deadlineNs_ = kNever;
}

JSValue Realm::bytecodeOf(const CompiledScript& script) {
  const auto found = loaded_.find(&script);
  if (found != loaded_.end()) return JS_DupValue(context_, found->second);
  const JSValue function =
      JS_ReadObject(context_, script.bytecode.data(), script.bytecode.size(), JS_READ_OBJ_BYTECODE);
  if (JS_IsException(function)) return function;
  loaded_.emplace(&script, JS_DupValue(context_, function));
  return function;
}

void Realm::load(const CompiledScript& script) {
  if (script.syntaxError) return;
  JsRef function(context_, bytecodeOf(script));
  if (function.failed()) {
    JS_FreeValue(context_, JS_GetException(context_));
    spoilt_ = true;
  }
}

void Realm::forget(const CompiledScript* script) {
  const auto found = loaded_.find(script);
  if (found == loaded_.end()) return;
  JS_FreeValue(context_, found->second);
  loaded_.erase(found);
}

bool Realm::startScript(const CompiledScript& script) {
  script_ = script.source;
  if (script.syntaxError) {
    execution_->outcome.error = script.syntaxError;
    return false;
  }
  execution_->needsEnd = false;
  const JSValue pm = JS_Call(context_, begin_, JS_UNDEFINED, 0, nullptr);
  if (JS_IsException(pm) || JS_DefinePropertyValue(context_, global_, pmAtom_, pm, JS_PROP_C_W_E) <= 0) {
    captureError();
    return false;
  }
  const JSValue bytecode = bytecodeOf(script);
  if (JS_IsException(bytecode)) {
    captureError();
    return false;
  }
  // The wrapper makes a new function each time, so nothing that a script hangs on itself survives.
  JsRef function(context_, JS_EvalFunction(context_, bytecode));
  if (function.failed()) {
    captureError();
    return false;
  }
  if (!JS_IsFunction(context_, function.get())) {
    execution_->outcome.error = {ScriptError::Kind::kSyntax, script.source->name, "SyntaxError: Unexpected token '}'",
                                 0, 0};
    return false;
  }
  JsRef self(context_, JS_NewObject(context_));
  JsRef result(context_, JS_Call(context_, function.get(), self.get(), 0, nullptr));
  if (result.failed()) {
    captureError();
    return false;
  }
  if (JS_IsObject(result.get()) && isAsyncScript(script.source->code)) execution_->main = result.take();
  return true;
}

bool Realm::settle() {
  JSContext* jobContext = nullptr;
  for (;;) {
    const int ran = JS_ExecutePendingJob(runtime_, &jobContext);
    if (ran < 0) captureError();
    if (ran <= 0 || execution_->outcome.error) break;
  }
  if (execution_->outcome.error || limitsHit() || execution_->skipped) return false;
  if (!JS_IsUndefined(execution_->main)) {
    const JSPromiseStateEnum state = JS_PromiseState(context_, execution_->main);
    if (state == JS_PROMISE_REJECTED) {
      JS_Throw(context_, JS_PromiseResult(context_, execution_->main));
      captureError();
      return false;
    }
    if (state == JS_PROMISE_FULFILLED) JS_FreeValue(context_, std::exchange(execution_->main, JS_UNDEFINED));
  }
  if (!rejections_.empty()) {
    JS_Throw(context_, JS_DupValue(context_, rejections_.front().reason));
    captureError();
    return false;
  }
  return !execution_->timers.empty() || !execution_->requests.empty();
}

bool Realm::finishScript() {
  if (!JS_IsUndefined(execution_->main) && !execution_->outcome.error && !execution_->skipped) {
    fail(ScriptError::Kind::kTimeout, "the script awaits a promise that nothing can settle any more");
  }
  execution_->pendingTests = 0;
  if (!execution_->needsEnd && JS_GetOwnProperty(context_, nullptr, global_, testsAtom_) > 0)
    execution_->needsEnd = true;
  if (execution_->needsEnd && !limitsHit()) {
    JsRef ended(context_, JS_Call(context_, end_, JS_UNDEFINED, 0, nullptr));
    if (ended.failed()) captureError();
  }
  limitsHit();
  releaseWaiting();
  if (spoilt_) return false;
  clearGlobals();
  return !execution_->outcome.error && !spoilt_;
}

void Realm::clearGlobals() {
  JSPropertyEnum* names = nullptr;
  std::uint32_t count = 0;
  if (JS_GetOwnPropertyNames(context_, &names, &count, global_, JS_GPN_STRING_MASK | JS_GPN_SYMBOL_MASK) < 0) {
    spoilt_ = true;
    return;
  }
  if (count != baseGlobals_.size()) {
    std::uint32_t kept = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      if (std::find(baseGlobals_.begin(), baseGlobals_.end(), names[i].atom) != baseGlobals_.end()) {
        ++kept;
      } else if (JS_DeleteProperty(context_, global_, names[i].atom, 0) <= 0) {
        spoilt_ = true;
      }
    }
    if (kept != baseGlobals_.size()) spoilt_ = true;
  }
  qjs::freePropertyNames(context_, names, count);
  if (JS_DefinePropertyValue(context_, global_, pmAtom_, JS_UNDEFINED, JS_PROP_C_W_E) <= 0) spoilt_ = true;
  if (hardening_ == Hardening::kNone) return;
  JsRef prototype(context_, JS_GetPrototype(context_, global_));
  if (JS_VALUE_GET_PTR(prototype.get()) != JS_VALUE_GET_PTR(guard_) || JS_IsExtensible(context_, global_) <= 0)
    spoilt_ = true;
}

void Realm::fireTimers(std::int64_t nowNs) {
  // One at a time: a callback may add and clear timers.
  for (;;) {
    std::size_t earliest = execution_->timers.size();
    for (std::size_t i = 0; i < execution_->timers.size(); ++i) {
      const ScriptTimer& timer = execution_->timers[i];
      if (timer.dueNs > nowNs) continue;
      if (earliest == execution_->timers.size() || timer.dueNs < execution_->timers[earliest].dueNs) earliest = i;
    }
    if (earliest == execution_->timers.size()) return;
    ScriptTimer& timer = execution_->timers[earliest];
    JsRef callback(context_, JS_DupValue(context_, timer.callback));
    if (timer.repeatNs >= 0) {
      timer.dueNs = std::max(nowNs + 1, timer.dueNs + timer.repeatNs);
    } else {
      JS_FreeValue(context_, timer.callback);
      execution_->timers.erase(execution_->timers.begin() + static_cast<std::ptrdiff_t>(earliest));
    }
    JsRef result(context_, JS_Call(context_, callback.get(), JS_UNDEFINED, 0, nullptr));
    if (result.failed()) captureError();
    if (execution_->outcome.error) return;
    settle();
    if (execution_->outcome.error) return;
  }
}

std::int64_t Realm::nextTimerNs() const {
  std::int64_t next = kNever;
  for (const ScriptTimer& timer : execution_->timers) next = std::min(next, timer.dueNs);
  return next;
}

void Realm::answerRequest(std::size_t index, const ResponseView* response, std::optional<std::string_view> error) {
  JsRef callback(context_, execution_->requests[index].callback);
  execution_->requests.erase(execution_->requests.begin() + static_cast<std::ptrdiff_t>(index));
  JsRef arguments[] = {
      JsRef(context_, error ? newString(context_, *error) : JS_NULL),
      JsRef(context_, response ? JS_NewInt32(context_, response->status) : JS_UNDEFINED),
      JsRef(context_, response ? newString(context_, response->statusText) : JS_UNDEFINED),
      JsRef(context_, response ? newString(context_, response->headerBlock) : JS_UNDEFINED),
      JsRef(context_, response ? newString(context_, response->body) : JS_UNDEFINED),
      JsRef(context_, response ? JS_NewInt64(context_, (response->responseTimeUs + 500) / 1000) : JS_UNDEFINED),
      JsRef(context_, response ? JS_NewInt64(context_, static_cast<std::int64_t>(response->bodyBytes)) : JS_UNDEFINED),
      JsRef(context_,
            response ? JS_NewArrayBufferCopy(context_, reinterpret_cast<const std::uint8_t*>(response->body.data()),
                                             response->body.size())
                     : JS_UNDEFINED),
  };
  JSValueConst values[std::size(arguments)];
  for (std::size_t i = 0; i < std::size(arguments); ++i) {
    if (arguments[i].failed()) {
      captureError();
      return;
    }
    values[i] = arguments[i].get();
  }
  JsRef result(context_, JS_Call(context_, callback.get(), JS_UNDEFINED, static_cast<int>(std::size(values)), values));
  if (result.failed()) captureError();
}

bool Realm::dynamicValue(std::string_view name, std::string& out) {
  if (nativeDynamicValue(name, out)) return true;
  if (name.empty() || name.front() != '$' || !JS_IsFunction(context_, dynamic_)) return false;
  if (makeValue_) return makeValue_(name, out);
  JS_UpdateStackTop(runtime_);
  JsRef argument(context_, newString(context_, name));
  JSValueConst arguments[] = {argument.get()};
  JsRef value(context_, JS_Call(context_, dynamic_, JS_UNDEFINED, 1, arguments));
  if (value.failed()) {
    JS_FreeValue(context_, JS_GetException(context_));
    return false;
  }
  if (!JS_IsString(value.get())) return false;
  JsText text(context_, value.get());
  out += text.view();
  return true;
}

std::string Realm::substitute(std::string_view text, const VariableScopes& variables, int only,
                              std::vector<std::string>* unresolved) {
  const VariableScope* const scopes[] = {&variables.local, &variables.data, &variables.environment,
                                         &variables.collection, &variables.globals};
  const auto resolve = [&](std::string_view name, std::string& out) {
    const Variable* variable = only < 0 ? resolveVariable(variables, name) : findVariable(*scopes[only], name);
    return appendVariable(variable, out) || dynamicValue(name, out);
  };
  return substituteTemplates(text, resolve, unresolved);
}

bool Realm::limitsHit() {
  if (timedOut_) {
    fail(ScriptError::Kind::kTimeout, "the script ran longer than " + std::to_string(limits_.timeoutMs) + " ms");
  } else if (heap_.limitReached()) {
    fail(ScriptError::Kind::kMemory,
         "the script used more than " + std::to_string(limits_.memoryBytes >> 20) + " MiB of memory");
  } else {
    return false;
  }
  spoilt_ = true;
  return true;
}

void Realm::expire() {
  timedOut_ = true;
  limitsHit();
}

void Realm::cancel() {
  fail(ScriptError::Kind::kException, "the execution was cancelled");
  spoilt_ = true;
}

void Realm::fail(ScriptError::Kind kind, std::string message) {
  execution_->outcome.error = ScriptError{kind, script_ ? script_->name : std::string(), std::move(message), 0, 0};
}

void Realm::captureError() {
  JsRef error(context_, JS_GetException(context_));
  if (execution_->skipped) return;
  ScriptError report = describeError(context_, error.get(), *script_);
  const bool limited = limitsHit();
  if (limited) {
    execution_->outcome.error->line = report.line;
    execution_->outcome.error->column = report.column;
    return;
  }
  if (report.kind == ScriptError::Kind::kStack) {
    report.message = "the script used more than " + std::to_string(limits_.stackBytes >> 10) + " KiB of stack (" +
                     report.message + ")";
  }
  execution_->outcome.error = std::move(report);
}

}  // namespace vayu
