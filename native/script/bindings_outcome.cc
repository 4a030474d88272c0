// What an execution leaves behind: test results, console lines, the flow of the run.
#include <string>
#include <utility>

#include "script/bindings.h"
#include "script/error_report.h"
#include "script/realm.h"

namespace vayu {
namespace {

ScriptExecution* executionOf(JSContext* context) {
  if (ScriptExecution* execution = Realm::of(context).execution()) return execution;
  JS_ThrowTypeError(context, "no script runs here");
  return nullptr;
}

bool readText(JSContext* context, int argc, JSValueConst* argv, int index, std::string& out) {
  if (index >= argc || JS_IsUndefined(argv[index])) return true;
  JsText text(context, argv[index]);
  if (!text.ok()) return false;
  out = text.view();
  return true;
}

// testPassed(name)
JSValue testPassed(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  ScriptExecution* execution = executionOf(context);
  if (!execution) return JS_EXCEPTION;
  if (execution->outcome.tests.size() >= kMaxTests)
    return JS_ThrowRangeError(context, "more than 10000 tests in one execution");
  TestOutcome& test = execution->outcome.tests.emplace_back();
  test.passed = true;
  return readText(context, argc, argv, 0, test.name) ? JS_UNDEFINED : JS_EXCEPTION;
}

// testFailed(name, error)
JSValue testFailed(JSContext* context, JSValueConst self, int argc, JSValueConst* argv) {
  if (JS_IsException(testPassed(context, self, argc, argv))) return JS_EXCEPTION;
  TestOutcome& test = executionOf(context)->outcome.tests.back();
  test.passed = false;
  return readText(context, argc, argv, 1, test.error) ? JS_UNDEFINED : JS_EXCEPTION;
}

JSValue testSkipped(JSContext* context, JSValueConst self, int argc, JSValueConst* argv) {
  if (JS_IsException(testPassed(context, self, argc, argv))) return JS_EXCEPTION;
  executionOf(context)->outcome.tests.back().skipped = true;
  return JS_UNDEFINED;
}

// testStarted(name) → its slot, for a test that settles later.
JSValue testStarted(JSContext* context, JSValueConst self, int argc, JSValueConst* argv) {
  if (JS_IsException(testPassed(context, self, argc, argv))) return JS_EXCEPTION;
  ScriptExecution* execution = executionOf(context);
  execution->outcome.tests.back().passed = false;
  execution->outcome.tests.back().error = kUnfinishedTest;
  ++execution->pendingTests;
  return JS_NewInt64(context, static_cast<std::int64_t>(execution->outcome.tests.size() - 1));
}

// testSettled(slot, error | undefined)
JSValue testSettled(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  ScriptExecution* execution = executionOf(context);
  if (!execution) return JS_EXCEPTION;
  std::uint32_t slot = 0;
  if (argc < 1 || JS_ToUint32(context, &slot, argv[0]) < 0) return JS_EXCEPTION;
  if (slot >= execution->outcome.tests.size()) return JS_UNDEFINED;
  TestOutcome& test = execution->outcome.tests[slot];
  test.error.clear();
  test.passed = argc < 2 || JS_IsUndefined(argv[1]);
  if (execution->pendingTests > 0) --execution->pendingTests;
  return readText(context, argc, argv, 1, test.error) ? JS_UNDEFINED : JS_EXCEPTION;
}

JSValue testCount(JSContext* context, JSValueConst, int, JSValueConst*) {
  ScriptExecution* execution = executionOf(context);
  return execution ? JS_NewInt64(context, static_cast<std::int64_t>(execution->outcome.tests.size())) : JS_EXCEPTION;
}

// errorText(thrown) → "Name: message".
JSValue errorTextOf(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  return newString(context, errorText(context, argc > 0 ? argv[0] : JS_UNDEFINED));
}

// log(level, message)
JSValue log(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  ScriptExecution* execution = executionOf(context);
  if (!execution) return JS_EXCEPTION;
  if (execution->consoleBytes > kMaxConsoleBytes) return JS_UNDEFINED;
  ConsoleEntry entry;
  if (!readText(context, argc, argv, 0, entry.level) || !readText(context, argc, argv, 1, entry.message))
    return JS_EXCEPTION;
  execution->log(std::move(entry));
  return JS_UNDEFINED;
}

JSValue clearLog(JSContext* context, JSValueConst, int, JSValueConst*) {
  ScriptExecution* execution = executionOf(context);
  if (!execution) return JS_EXCEPTION;
  execution->outcome.console.clear();
  return JS_UNDEFINED;
}

// setNextRequest(name | null)
JSValue setNextRequest(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  ScriptExecution* execution = executionOf(context);
  if (!execution) return JS_EXCEPTION;
  execution->outcome.nextRequestSet = true;
  execution->outcome.nextRequest.reset();
  if (argc < 1 || JS_IsNull(argv[0]) || JS_IsUndefined(argv[0])) return JS_UNDEFINED;
  JsText name(context, argv[0]);
  if (!name.ok()) return JS_EXCEPTION;
  execution->outcome.nextRequest = name.str();
  return JS_UNDEFINED;
}

// setVisualizer(json | undefined)
JSValue setVisualizer(JSContext* context, JSValueConst, int argc, JSValueConst* argv) {
  ScriptExecution* execution = executionOf(context);
  if (!execution) return JS_EXCEPTION;
  execution->outcome.visualizer.reset();
  if (argc < 1 || JS_IsUndefined(argv[0])) return JS_UNDEFINED;
  JsText text(context, argv[0]);
  if (!text.ok()) return JS_EXCEPTION;
  execution->outcome.visualizer = text.str();
  return JS_UNDEFINED;
}

// Ends the script on the spot: nothing in it can catch this.
JSValue skipRequest(JSContext* context, JSValueConst, int, JSValueConst*) {
  ScriptExecution* execution = executionOf(context);
  if (!execution) return JS_EXCEPTION;
  if (execution->phase != ScriptPhase::kPreRequest) {
    return JS_ThrowTypeError(context, "pm.execution.skipRequest is not a function");
  }
  execution->outcome.skipRequest = true;
  execution->skipped = true;
  JS_ThrowTypeError(context, "request skipped");
  JsRef error(context, JS_GetException(context));
  qjs::setUncatchable(context, error.get());
  return JS_Throw(context, error.take());
}

// info() → [eventName, iteration, iterationCount, requestName, requestId]
JSValue info(JSContext* context, JSValueConst, int, JSValueConst*) {
  ScriptExecution* execution = executionOf(context);
  if (!execution) return JS_EXCEPTION;
  static const ExecutionInfo kNone;
  const ExecutionInfo& known = execution->context.info ? *execution->context.info : kNone;
  JsRef list(context, JS_NewArray(context));
  if (list.failed()) return JS_EXCEPTION;
  const JSValue values[] = {
      newString(context, execution->phase == ScriptPhase::kPreRequest ? "prerequest" : "test"),
      JS_NewInt64(context, static_cast<std::int64_t>(known.iteration)),
      JS_NewInt64(context, static_cast<std::int64_t>(known.iterationCount)),
      newString(context, known.requestName),
      newString(context, known.requestId),
  };
  std::uint32_t index = 0;
  for (const JSValue value : values) JS_DefinePropertyValueUint32(context, list.get(), index++, value, JS_PROP_C_W_E);
  return list.take();
}

// location() → [name of what the script belongs to, outermost collection, …, request]
JSValue location(JSContext* context, JSValueConst, int, JSValueConst*) {
  ScriptExecution* execution = executionOf(context);
  if (!execution) return JS_EXCEPTION;
  static const ExecutionInfo kNone;
  const ExecutionInfo& known = execution->context.info ? *execution->context.info : kNone;
  const std::string& owner = execution->program->scripts(execution->phase)[execution->scriptIndex].source->owner;
  const bool isOfRequest = owner.empty() && !known.location.empty();
  JsRef list(context, JS_NewArray(context));
  if (list.failed()) return JS_EXCEPTION;
  std::uint32_t index = 0;
  const auto append = [&](const std::string& name) {
    return JS_DefinePropertyValueUint32(context, list.get(), index++, newString(context, name), JS_PROP_C_W_E) >= 0;
  };
  if (!append(isOfRequest ? known.location.back() : owner)) return JS_EXCEPTION;
  for (const std::string& name : known.location) {
    if (!append(name)) return JS_EXCEPTION;
  }
  return list.take();
}

constexpr BindingEntry kEntries[] = {
    {"testPassed", testPassed, 1},
    {"testFailed", testFailed, 2},
    {"testSkipped", testSkipped, 1},
    {"testStarted", testStarted, 1},
    {"testSettled", testSettled, 2},
    {"testCount", testCount, 0},
    {"errorText", errorTextOf, 1},
    {"log", log, 2},
    {"clearLog", clearLog, 0},
    {"setNextRequest", setNextRequest, 1},
    {"setVisualizer", setVisualizer, 1},
    {"skipRequest", skipRequest, 0},
    {"info", info, 0},
    {"location", location, 0},
};

}  // namespace

void addOutcomeBindings(JSContext* context, JSValueConst target) { addAll(context, target, kEntries); }

}  // namespace vayu
