#include "addon/exchange_to_js.h"

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/header_text.h"

namespace vayu::addon {

namespace {

double milliseconds(std::int64_t ns) { return static_cast<double>(ns) / static_cast<double>(kNsPerMs); }
double since(std::int64_t instant, std::int64_t start) { return instant == 0 ? 0 : milliseconds(instant - start); }

Napi::Value bytesToJs(Napi::Env env, const std::string& bytes) {
  return Napi::Buffer<char>::Copy(env, bytes.data(), bytes.size());
}

// Flat pairs of name and value.
Napi::Array headersToJs(Napi::Env env, const std::vector<HeaderField>& headers) {
  Napi::Array array = Napi::Array::New(env);
  std::uint32_t index = 0;
  for (const HeaderField& field : headers) {
    array.Set(index++, Napi::String::New(env, field.name));
    array.Set(index++, Napi::String::New(env, field.value));
  }
  return array;
}

Napi::Array headerBlockToJs(Napi::Env env, std::string_view block) {
  Napi::Array array = Napi::Array::New(env);
  std::uint32_t index = 0;
  eachHeader(block, [&](std::string_view name, std::string_view value) {
    array.Set(index++, Napi::String::New(env, name.data(), name.size()));
    array.Set(index++, Napi::String::New(env, value.data(), value.size()));
    return true;
  });
  return array;
}

Napi::Array testsToJs(Napi::Env env, const std::vector<TestOutcome>& tests) {
  Napi::Array array = Napi::Array::New(env, tests.size());
  for (std::uint32_t index = 0; index < tests.size(); ++index) {
    const TestOutcome& test = tests[index];
    Napi::Object object = Napi::Object::New(env);
    object.Set("name", test.name);
    object.Set("passed", test.passed);
    if (test.skipped) object.Set("skipped", true);
    if (!test.error.empty()) object.Set("error", test.error);
    array.Set(index, object);
  }
  return array;
}

Napi::Value scopeToJs(Napi::Env env, const VariableScope& scope) {
  if (!scope.changed) return env.Undefined();
  Napi::Array array = Napi::Array::New(env);
  std::uint32_t index = 0;
  for (const Variable& variable : scope.variables) {
    array.Set(index++, Napi::String::New(env, variable.name));
    array.Set(index++, Napi::Number::New(env, static_cast<int>(variable.value.kind)));
    array.Set(index++, Napi::String::New(env, variable.value.text));
  }
  return array;
}

void setRequest(Napi::Env env, Napi::Object& object, const PreparedRequest* request) {
  if (request == nullptr) return;
  object.Set("method", request->method);
  object.Set("url", request->url);
  object.Set("requestHeaders", headersToJs(env, request->headers));
  object.Set("requestBody", bytesToJs(env, request->body));
}

void setResponse(Napi::Env env, Napi::Object& object, const Response& response) {
  object.Set("status", response.status);
  object.Set("statusText", response.statusText);
  object.Set("httpVersion", response.httpVersion);
  object.Set("headers", headerBlockToJs(env, response.headerBlock));
  object.Set("body", bytesToJs(env, response.body));
  object.Set("bodyCut", response.bodyCut);
  object.Set("headerBytes", static_cast<double>(response.headerBytes));
  object.Set("bodyBytes", static_cast<double>(response.bodyBytes));
  object.Set("remoteAddress", response.remoteAddress);
  object.Set("redirects", response.redirects);
  object.Set("effectiveUrl", response.effectiveUrl);
}

void setTiming(Napi::Object& object, const Clocks& clocks, const Phases& phases) {
  const auto toMs = [](std::int64_t us) { return static_cast<double>(us) / 1000; };
  object.Set("totalMs", clocks.sentNs == 0 ? 0 : milliseconds(clocks.doneNs - clocks.sentNs));
  object.Set("dnsMs", toMs(phases.dnsUs));
  object.Set("connectMs", toMs(phases.connectUs));
  object.Set("tlsMs", toMs(phases.tlsUs));
  object.Set("firstByteMs", toMs(phases.firstByteUs));
  object.Set("downloadMs", toMs(phases.downloadUs));
}

Napi::Float64Array numbersToJs(Napi::Env env, const double* values, std::size_t count) {
  Napi::Float64Array array = Napi::Float64Array::New(env, count);
  for (std::size_t index = 0; index < count; ++index) array[index] = values[index];
  return array;
}

Napi::Array textsToJs(Napi::Env env, const std::vector<std::string>& texts) {
  Napi::Array array = Napi::Array::New(env, texts.size());
  for (std::uint32_t index = 0; index < texts.size(); ++index) array.Set(index, Napi::String::New(env, texts[index]));
  return array;
}

Napi::Object sampleToJs(Napi::Env env, const SampledExchange& sample, std::int64_t startNs) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("kind", static_cast<int>(sample.kind));
  setRequest(env, object, sample.request.get());
  setResponse(env, object, sample.response);
  setTiming(object, sample.clocks, sample.phases);
  object.Set("error", static_cast<int>(sample.error));
  object.Set("errorMessage", sample.errorMessage);
  if (!sample.secrets.empty()) object.Set("secrets", textsToJs(env, sample.secrets));
  object.Set("intendedMs", since(sample.clocks.intendedNs, startNs));
  object.Set("sentMs", since(sample.clocks.sentNs, startNs));
  object.Set("firstByteAtMs", since(sample.clocks.firstByteNs, startNs));
  object.Set("doneMs", since(sample.clocks.doneNs, startNs));
  return object;
}

Napi::Array testCountsToJs(Napi::Env env, const std::vector<TestCount>& tests) {
  Napi::Array array = Napi::Array::New(env, tests.size());
  for (std::uint32_t index = 0; index < tests.size(); ++index) {
    const TestCount& test = tests[index];
    Napi::Object object = Napi::Object::New(env);
    object.Set("name", test.name);
    object.Set("passed", static_cast<double>(test.passed));
    object.Set("failed", static_cast<double>(test.failed));
    object.Set("skipped", static_cast<double>(test.skipped));
    object.Set("failures", textsToJs(env, test.failures));
    array.Set(index, object);
  }
  return array;
}

}  // namespace

Napi::Object resultToJs(Napi::Env env, const ExchangeResult& result) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("id", static_cast<double>(result.id));
  setRequest(env, object, result.request.get());
  setResponse(env, object, result.response);
  setTiming(object, result.clocks, result.phases);
  object.Set("error", static_cast<int>(result.error));
  object.Set("errorMessage", result.errorMessage);
  object.Set("startedAt", static_cast<double>(result.startedAtMs));
  object.Set("tests", testsToJs(env, result.tests));
  Napi::Array console = Napi::Array::New(env, result.console.size());
  for (std::uint32_t index = 0; index < result.console.size(); ++index) {
    Napi::Object line = Napi::Object::New(env);
    line.Set("level", result.console[index].level);
    line.Set("message", result.console[index].message);
    console.Set(index, line);
  }
  object.Set("console", console);
  if (result.scriptError.has_value()) {
    Napi::Object failure = Napi::Object::New(env);
    failure.Set("phase", static_cast<int>(result.scriptErrorPhase));
    failure.Set("kind", static_cast<int>(result.scriptError->kind));
    failure.Set("script", result.scriptError->script);
    failure.Set("message", result.scriptError->message);
    failure.Set("line", result.scriptError->line);
    failure.Set("column", result.scriptError->column);
    object.Set("scriptFailure", failure);
  }
  object.Set("environment", scopeToJs(env, result.variables.environment));
  object.Set("collection", scopeToJs(env, result.variables.collection));
  object.Set("globals", scopeToJs(env, result.variables.globals));
  object.Set("unresolved", textsToJs(env, result.unresolved));
  object.Set("secrets", textsToJs(env, result.secrets));
  object.Set("skipped", result.skipped);
  if (result.visualizer.has_value()) object.Set("visualizer", *result.visualizer);
  if (result.nextRequestSet) {
    object.Set("nextRequest",
               result.nextRequest.has_value() ? Napi::Value(Napi::String::New(env, *result.nextRequest)) : env.Null());
  }
  return object;
}

Napi::Object snapshotToJs(Napi::Env env, const Snapshot& snapshot) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("runId", static_cast<double>(snapshot.runId));
  object.Set("elapsedMs", snapshot.elapsedMs);
  object.Set("final", snapshot.final);
  object.Set("counters", numbersToJs(env, snapshot.counters.data(), snapshot.counters.size()));
  object.Set("dropped", numbersToJs(env, snapshot.dropped.data(), snapshot.dropped.size()));
  object.Set("failures", numbersToJs(env, snapshot.failures.data(), snapshot.failures.size()));
  Napi::Float64Array codes = Napi::Float64Array::New(env, snapshot.statusCodes.size() * 2);
  for (std::size_t index = 0; index < snapshot.statusCodes.size(); ++index) {
    codes[index * 2] = snapshot.statusCodes[index].first;
    codes[index * 2 + 1] = snapshot.statusCodes[index].second;
  }
  object.Set("statusCodes", codes);
  // Values and counts of each histogram in turn.
  Napi::Array histograms = Napi::Array::New(env, kMeasureCount * 2);
  for (std::uint32_t measure = 0; measure < kMeasureCount; ++measure) {
    const HistogramDelta& delta = snapshot.histograms[measure];
    histograms.Set(measure * 2, numbersToJs(env, delta.values.data(), delta.values.size()));
    histograms.Set(measure * 2 + 1, numbersToJs(env, delta.counts.data(), delta.counts.size()));
  }
  object.Set("histograms", histograms);
  object.Set("tests", testCountsToJs(env, snapshot.tests));
  Napi::Array samples = Napi::Array::New(env, snapshot.samples.size());
  for (std::uint32_t index = 0; index < snapshot.samples.size(); ++index) {
    samples.Set(index, sampleToJs(env, snapshot.samples[index], snapshot.startNs));
  }
  object.Set("samples", samples);
  object.Set("connectionsOpen", snapshot.connectionsOpen);
  object.Set("target", snapshot.target);
  Napi::Float64Array workers = Napi::Float64Array::New(env, snapshot.workers.size() * 2);
  for (std::size_t index = 0; index < snapshot.workers.size(); ++index) {
    workers[index * 2] = snapshot.workers[index].cpu;
    workers[index * 2 + 1] = snapshot.workers[index].maxLoopLagMs;
  }
  object.Set("workers", workers);
  object.Set("descriptorsExhausted", snapshot.descriptorsExhausted);
  object.Set("portsExhausted", snapshot.portsExhausted);
  return object;
}

}  // namespace vayu::addon
