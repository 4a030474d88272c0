#include "addon/plan_from_js.h"

#include <cmath>
#include <utility>

#include "addon/js_reader.h"
#include "base/clock.h"

namespace vayu::addon {

namespace {

std::int64_t nanoseconds(double milliseconds) {
  return milliseconds > 1e12 ? kNever : toInteger(milliseconds * static_cast<double>(kNsPerMs));
}

std::shared_ptr<const RequestOptions> optionsFromJs(const JsReader& reader) {
  auto options = std::make_shared<RequestOptions>();
  options->timeoutMs = reader.integer("timeoutMs");
  options->connectTimeoutMs = reader.integer("connectTimeoutMs");
  options->followRedirects = reader.boolean("followRedirects");
  options->maxRedirects = static_cast<int>(reader.integer("maxRedirects"));
  options->insecure = reader.boolean("insecure");
  options->compressed = reader.boolean("compressed");
  options->cookies = reader.boolean("cookies");
  options->httpVersion = static_cast<HttpVersion>(reader.integer("httpVersion"));
  options->auth = static_cast<ChallengeAuth>(reader.integer("authType"));
  options->username = reader.text("username");
  options->password = reader.text("password");
  options->proxy = reader.text("proxy");
  options->noProxy = reader.text("noProxy");
  options->caFile = reader.text("caFile");
  options->clientCertFile = reader.text("clientCertFile");
  options->clientKeyFile = reader.text("clientKeyFile");
  options->clientKeyPassword = reader.text("clientKeyPassword");
  options->unixSocket = reader.text("unixSocket");
  options->userAgent = reader.text("userAgent");
  options->resolve = reader.texts("resolve");
  options->allowHosts = reader.texts("allowHosts");
  options->maxResponseBytes = static_cast<std::uint64_t>(reader.integer("maxResponseBytes"));
  options->verbose = reader.boolean("verbose");
  return options;
}

// Triples of name, code and owner.
std::vector<ScriptSource> sourcesFromJs(const JsReader& reader, const char* name) {
  const std::vector<std::string> texts = reader.texts(name);
  std::vector<ScriptSource> sources;
  for (std::size_t index = 0; index + 2 < texts.size(); index += 3)
    sources.push_back({texts[index], texts[index + 1], texts[index + 2]});
  return sources;
}

// Triples of name, kind and text.
VariableScope scopeFromJs(const JsReader& reader, const char* name) {
  const std::vector<std::string> texts = reader.texts(name);
  VariableScope scope;
  for (std::size_t index = 0; index + 2 < texts.size(); index += 3) {
    const int kind = texts[index + 1].empty() ? 0 : texts[index + 1][0] - '0';
    scope.variables.push_back({texts[index], {static_cast<VariableValue::Kind>(kind), texts[index + 2]}});
  }
  return scope;
}

std::shared_ptr<const ReferencedRequests> referencesFromJs(Napi::Value value) {
  if (!value.IsArray()) throw Napi::TypeError::New(value.Env(), "vayu: field \"references\" is not an array");
  const auto array = value.As<Napi::Array>();
  auto references = std::make_shared<ReferencedRequests>();
  for (std::uint32_t index = 0; index < array.Length(); ++index) {
    const JsReader reader(array.Get(index));
    ReferencedRequest request;
    if (reader.has("error")) {
      request.error = reader.text("error");
    } else {
      request.submission = std::make_shared<const Submission>(submissionFromJs(reader.field("submission")));
      request.collection = reader.text("collection");
    }
    references->emplace(reader.text("id"), std::move(request));
  }
  return references;
}

}  // namespace

EventLoopConfig configFromJs(Napi::Value value) {
  const JsReader reader(value);
  EventLoopConfig config;
  config.workers = static_cast<std::size_t>(reader.integer("workers"));
  config.maxConcurrent = static_cast<std::size_t>(reader.integer("maxConcurrent"));
  config.maxPerHost = static_cast<std::size_t>(reader.integer("maxPerHost"));
  config.pollTimeoutMs = reader.integer("pollTimeoutMs");
  config.targetRps = reader.number("targetRps");
  config.burstSize = reader.number("burstSize");
  config.scripts.memoryBytes = static_cast<std::size_t>(reader.integer("scriptMemoryLimit"));
  config.scripts.timeoutMs = reader.integer("scriptTimeoutMs");
  config.scripts.stackBytes = static_cast<std::size_t>(reader.integer("scriptStackSize"));
  return config;
}

Submission submissionFromJs(Napi::Value value) {
  const JsReader reader(value);
  Submission submission;
  submission.options = optionsFromJs(reader.object("options"));
  submission.request.method = reader.text("method");
  submission.request.url = reader.text("url");
  const std::vector<std::string> headers = reader.texts("headers");
  for (std::size_t index = 0; index + 1 < headers.size(); index += 2) {
    submission.request.headers.push_back({headers[index], headers[index + 1]});
  }
  submission.request.body = reader.bytes("body");
  submission.templates.body = static_cast<BodyTemplates>(reader.integer("bodyTemplates"));
  submission.templates.queryRows = reader.text("queryRows");

  auto scripts = std::make_shared<ScriptSet>();
  scripts->preRequest = sourcesFromJs(reader, "preRequestScripts");
  scripts->test = sourcesFromJs(reader, "testScripts");
  submission.scripts = std::move(scripts);
  submission.variables.local = scopeFromJs(reader, "localVariables");
  submission.variables.data = scopeFromJs(reader, "dataVariables");
  submission.variables.environment = scopeFromJs(reader, "environmentVariables");
  submission.variables.collection = scopeFromJs(reader, "collectionVariables");
  submission.variables.globals = scopeFromJs(reader, "globalVariables");
  submission.variables.vault = scopeFromJs(reader, "vaultSecrets");
  submission.variables.hasVault = reader.boolean("hasVault");
  submission.info.requestName = reader.text("requestName");
  submission.info.requestId = reader.text("requestId");
  submission.info.location = reader.texts("location");
  if (reader.has("references")) submission.references = referencesFromJs(reader.field("references"));
  return submission;
}

LoadPlan planFromJs(Napi::Value value) {
  const JsReader reader(value);
  LoadPlan plan;
  plan.submission = submissionFromJs(reader.field("submission"));
  plan.kind = static_cast<LoadKind>(reader.integer("kind"));
  const Napi::Value segments = reader.field("segments");
  if (!segments.IsArray()) throw Napi::TypeError::New(value.Env(), "vayu: field \"segments\" is not an array");
  const auto array = segments.As<Napi::Array>();
  for (std::uint32_t index = 0; index < array.Length(); ++index) {
    const JsReader segment(array.Get(index));
    plan.segments.push_back(
        {nanoseconds(segment.number("durationMs")), segment.number("start"), segment.number("end")});
  }
  plan.arrival = static_cast<Arrival>(reader.integer("arrival"));
  plan.seed = static_cast<std::uint64_t>(reader.integer("seed"));
  plan.burst = static_cast<std::uint64_t>(reader.integer("burst"));
  plan.maxInFlight = static_cast<std::uint64_t>(reader.integer("maxInFlight"));
  plan.iterations = static_cast<std::uint64_t>(reader.integer("iterations"));
  plan.graceNs = nanoseconds(reader.number("gracePeriodMs"));
  plan.transport = static_cast<TransportChoice>(reader.integer("transport"));
  plan.streamsPerConnection = static_cast<std::size_t>(reader.integer("streamsPerConnection"));
  plan.histograms = reader.boolean("histograms");
  if (const Napi::Value data = reader.field("data"); data.IsExternal()) {
    plan.data = *data.As<Napi::External<std::shared_ptr<const DataSet>>>().Data();
    plan.dataMode = static_cast<DataMode>(reader.integer("dataMode"));
  }
  const JsReader sampling = reader.object("sampling");
  plan.sampling.successRate = sampling.number("successRate");
  plan.sampling.maxSuccesses = static_cast<std::size_t>(sampling.integer("maxSuccesses"));
  plan.sampling.maxErrors = static_cast<std::size_t>(sampling.integer("maxErrors"));
  plan.sampling.maxSlow = static_cast<std::size_t>(sampling.integer("maxSlow"));
  plan.sampling.slowThresholdUs = toInteger(sampling.number("slowThresholdMs") * 1000);
  plan.sampling.maxBodyBytes = static_cast<std::size_t>(sampling.integer("maxBodyBytes"));
  return plan;
}

}  // namespace vayu::addon
