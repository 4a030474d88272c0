// setTimeout and its relatives: the realm fires what is due when the worker pumps the host.
#include <algorithm>
#include <cmath>

#include "script/bindings.h"
#include "script/realm.h"

namespace vayu {
namespace {

constexpr double kMaxDelayMs = 2147483647.0;

// setTimer(callback, delayMs, repeats) → id
JSValue setTimer(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  ScriptExecution* execution = Realm::of(context).execution();
  if (!execution) return JS_ThrowTypeError(context, "no script runs here");
  if (argc < 3 || !JS_IsFunction(context, argv[0])) return JS_ThrowTypeError(context, "a timer takes a function");
  double delayMs = 0;
  if (JS_ToFloat64(context, &delayMs, argv[1]) < 0) return JS_EXCEPTION;
  if (!(delayMs >= 1) || delayMs > kMaxDelayMs) delayMs = 1;  // as in Node
  const auto delayNs = static_cast<std::int64_t>(delayMs * 1e6);
  ScriptTimer timer;
  timer.id = execution->nextTimerId++;
  timer.dueNs = monotonicNs() + delayNs;
  timer.repeatNs = JS_ToBool(context, argv[2]) > 0 ? delayNs : -1;
  timer.callback = JS_DupValue(context, argv[0]);
  execution->timers.push_back(timer);
  return JS_NewInt64(context, timer.id);
}

JSValue clearTimer(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  ScriptExecution* execution = Realm::of(context).execution();
  if (!execution || argc < 1) return JS_UNDEFINED;
  std::uint32_t id = 0;
  if (JS_ToUint32(context, &id, argv[0]) < 0) return JS_EXCEPTION;
  const auto found = std::find_if(execution->timers.begin(), execution->timers.end(),
                                  [id](const ScriptTimer& timer) { return timer.id == id; });
  if (found != execution->timers.end()) {
    const JSValue callback = found->callback;
    execution->timers.erase(found);
    JS_FreeValue(context, callback);
  }
  return JS_UNDEFINED;
}

constexpr BindingEntry kEntries[] = {{"setTimer", setTimer, 3}, {"clearTimer", clearTimer, 1}};

}  // namespace

void addTimerBindings(JSContext* context, JSValueConst target) { addAll(context, target, kEntries); }

}  // namespace vayu
