// Runs scripts from Node: each line of standard input is one execution as JSON, each line of standard output its outcome.
// test/scripting compares these with Postman's own sandbox.
#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <thread>

#include "base/cookie_jar.h"
#include "script/script_host.h"
#include "script_runner_json.h"

namespace {

using vayu::runner::Json;
using vayu::runner::quoted;

std::int64_t nowNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

vayu::VariableScope readScope(const Json& json) {
  vayu::VariableScope scope;
  for (const auto& [name, value] : json.members) {
    using Kind = vayu::VariableValue::Kind;
    Kind kind = Kind::kJson;
    if (value.kind == Json::Kind::kString) kind = Kind::kString;
    if (value.kind == Json::Kind::kNumber) kind = Kind::kNumber;
    if (value.kind == Json::Kind::kBoolean) kind = Kind::kBoolean;
    if (value.kind == Json::Kind::kNull) kind = Kind::kNull;
    scope.variables.push_back({name, {kind, value.text}});
  }
  return scope;
}

std::vector<vayu::HeaderField> readHeaders(const Json& json) {
  std::vector<vayu::HeaderField> headers;
  for (const Json& pair : json.items) headers.push_back({pair.items.at(0).text, pair.items.at(1).text});
  return headers;
}

std::string headerBlock(const Json& json) {
  std::string block;
  for (const Json& pair : json.items) block += pair.items.at(0).text + ": " + pair.items.at(1).text + "\r\n";
  return block;
}

// A response described in JSON, and the view of it.
struct OwnedResponse {
  std::string statusText, version = "HTTP/1.1", headers, body;
  vayu::ResponseView view;
};

void readResponse(const Json& json, OwnedResponse& response) {
  response.statusText = json["status"].isNull() ? "OK" : json["status"].text;
  response.headers = headerBlock(json["headers"]);
  response.body = json["body"].text;
  response.view.status = static_cast<int>(json["code"].numberOr(200));
  response.view.statusText = response.statusText;
  response.view.httpVersion = response.version;
  response.view.headerBlock = response.headers;
  response.view.body = response.body;
  response.view.responseTimeUs = static_cast<std::int64_t>(json["responseTime"].numberOr(12) * 1000);
  response.view.bodyBytes = response.body.size();
}

std::string scopeJson(const vayu::VariableScope& scope) {
  std::string out = "{";
  for (const auto& [name, value] : scope.variables) {
    if (out.size() > 1) out += ",";
    const bool isText = value.kind == vayu::VariableValue::Kind::kString;
    const bool isWord =
        value.text == "NaN" || value.text == "Infinity" || value.text == "-Infinity" || value.text.empty();
    out += quoted(name) + ":" + (isText ? quoted(value.text) : isWord ? "null" : value.text);
  }
  return out + "}";
}

std::string headersJson(const std::vector<vayu::HeaderField>& headers) {
  std::string out = "[";
  for (const auto& [name, value] : headers)
    out += (out.size() > 1 ? ",[" : "[") + quoted(name) + "," + quoted(value) + "]";
  return out + "]";
}

const char* kindName(vayu::ScriptError::Kind kind) {
  constexpr const char* kNames[] = {"exception", "syntax", "timeout", "memory", "stack"};
  return kNames[static_cast<int>(kind)];
}

std::string outcomeJson(const vayu::ScriptOutcome& outcome, const vayu::RequestDraft& draft,
                        const vayu::VariableScopes& scopes) {
  std::string out = "{\"error\":";
  if (outcome.error) {
    out += std::string("{\"kind\":\"") + kindName(outcome.error->kind) +
           "\",\"script\":" + quoted(outcome.error->script) + ",\"message\":" + quoted(outcome.error->message) +
           ",\"line\":" + std::to_string(outcome.error->line) + ",\"column\":" + std::to_string(outcome.error->column) +
           "}";
  } else {
    out += "null";
  }
  out += ",\"tests\":[";
  for (std::size_t i = 0; i < outcome.tests.size(); ++i) {
    const auto& test = outcome.tests[i];
    out += (i ? ",{\"name\":" : "{\"name\":") + quoted(test.name) + ",\"passed\":" + (test.passed ? "true" : "false") +
           ",\"skipped\":" + (test.skipped ? "true" : "false") +
           ",\"error\":" + (test.error.empty() ? "null" : quoted(test.error)) + "}";
  }
  out += "],\"console\":[";
  for (std::size_t i = 0; i < outcome.console.size(); ++i) {
    out += (i ? ",[" : "[") + quoted(outcome.console[i].level) + "," + quoted(outcome.console[i].message) + "]";
  }
  out += std::string("],\"skipRequest\":") + (outcome.skipRequest ? "true" : "false");
  out += std::string(",\"nextRequestSet\":") + (outcome.nextRequestSet ? "true" : "false");
  out += ",\"nextRequest\":" + (outcome.nextRequest ? quoted(*outcome.nextRequest) : "null");
  out += ",\"durationNs\":" + std::to_string(outcome.durationNs);
  out += std::string(",\"request\":{\"changed\":") + (draft.changed ? "true" : "false") +
         ",\"method\":" + quoted(draft.method) + ",\"url\":" + quoted(draft.url) +
         ",\"headers\":" + headersJson(draft.headers) + ",\"body\":" + quoted(draft.body) + "}";
  out += ",\"variables\":{\"local\":" + scopeJson(scopes.local) + ",\"environment\":" + scopeJson(scopes.environment) +
         ",\"collection\":" + scopeJson(scopes.collection) + ",\"globals\":" + scopeJson(scopes.globals) +
         "},\"vault\":" + scopeJson(scopes.vault);
  return out + "}";
}

// Answers pm.sendRequest with the next of `answers`, or with the request itself as JSON.
void answerAll(vayu::ScriptHost& host, std::vector<vayu::ScriptRequest>& requests, const Json& answers,
               std::size_t& next) {
  std::vector<vayu::ScriptRequest> batch;
  batch.swap(requests);
  for (const vayu::ScriptRequest& request : batch) {
    if (next < answers.items.size()) {
      const Json& answer = answers.items[next++];
      if (!answer["error"].isNull()) {
        host.rejectRequest(request.token, answer["error"].text);
        continue;
      }
      OwnedResponse response;
      readResponse(answer, response);
      host.resolveRequest(request.token, response.view);
      continue;
    }
    OwnedResponse response;
    response.statusText = "OK";
    response.headers = "Content-Type: application/json\r\n";
    response.body = "{\"method\":" + quoted(request.draft.method) + ",\"url\":" + quoted(request.draft.url) +
                    ",\"headers\":" + headersJson(request.draft.headers) + ",\"body\":" + quoted(request.draft.body) +
                    "}";
    response.view = {200,  response.statusText, response.version, response.headers, response.body,
                     1500, response.body.size()};
    host.resolveRequest(request.token, response.view);
  }
}

// Answers pm.execution.runRequest with the call itself as JSON; those of some ids otherwise.
void answerCalls(vayu::ScriptHost& host, std::vector<vayu::ReferenceCall>& calls) {
  std::vector<vayu::ReferenceCall> batch;
  batch.swap(calls);
  for (const vayu::ReferenceCall& call : batch) {
    if (call.id == "skipped") {
      host.resolveSkipped(call.token);
    } else if (call.id == "fails") {
      host.rejectRequest(call.token, "the request failed");
    } else {
      std::string body = "{\"id\":" + quoted(call.id) + ",\"variables\":{";
      for (std::size_t at = 0; at < call.overrides.size(); ++at) {
        const auto& [name, value] = call.overrides[at];
        body += (at ? "," : "") + quoted(name) + ":" +
                (value.kind == vayu::VariableValue::Kind::kString ? quoted(value.text) : value.text);
      }
      body += "}}";
      const vayu::ResponseView view{201, "Created", "1.1", "X-Run: yes\r\n", body, 1500, body.size()};
      host.resolveRequest(call.token, view);
    }
  }
}

std::string runOne(vayu::ScriptHost& host, const Json& input) {
  auto set = std::make_shared<vayu::ScriptSet>();
  const bool isPreRequest = input["phase"].text == "prerequest";
  for (const Json& script : input["scripts"].items) {
    (isPreRequest ? set->preRequest : set->test)
        .push_back({script["name"].text, script["code"].text, script["owner"].text});
  }
  vayu::RequestDraft draft;
  draft.method = input["request"]["method"].isNull() ? "GET" : input["request"]["method"].text;
  draft.url = input["request"]["url"].text;
  draft.headers = readHeaders(input["request"]["headers"]);
  draft.body = input["request"]["body"].text;
  OwnedResponse response;
  readResponse(input["response"], response);
  vayu::VariableScopes scopes;
  scopes.local = readScope(input["variables"]["local"]);
  scopes.data = readScope(input["variables"]["data"]);
  scopes.environment = readScope(input["variables"]["environment"]);
  scopes.collection = readScope(input["variables"]["collection"]);
  scopes.globals = readScope(input["variables"]["globals"]);
  scopes.vault = readScope(input["vault"]);
  scopes.hasVault = !input["vault"].isNull();
  vayu::ExecutionInfo info;
  info.requestName = input["info"]["requestName"].text;
  info.requestId = input["info"]["requestId"].text;
  for (const Json& name : input["info"]["location"].items) info.location.push_back(name.text);
  info.iteration = static_cast<std::uint64_t>(input["info"]["iteration"].numberOr(0));
  info.iterationCount = static_cast<std::uint64_t>(input["info"]["iterationCount"].numberOr(1));

  std::vector<vayu::ScriptRequest> requests;
  vayu::ScriptContext context;
  context.request = &draft;
  context.response = isPreRequest ? nullptr : &response.view;
  context.variables = &scopes;
  context.info = &info;
  // The engine puts what responses set into the jar before test scripts run.
  vayu::CookieJar cookies;
  if (!isPreRequest) cookies.storeAll(draft.url, response.headers);
  context.cookies = &cookies;
  context.sendRequest = [&requests](vayu::ScriptRequest request) { requests.push_back(std::move(request)); };
  std::vector<vayu::ReferenceCall> calls;
  const vayu::RunReference runReference = [&calls](vayu::ReferenceCall call) {
    calls.push_back(std::move(call));
    return std::string();
  };
  context.runReference = &runReference;

  const auto program = host.prepare(set);
  std::string result;
  bool done = false;
  std::size_t next = 0;
  host.run(program, isPreRequest ? vayu::ScriptPhase::kPreRequest : vayu::ScriptPhase::kTest, context,
           [&](vayu::ScriptOutcome& outcome) {
             result = outcomeJson(outcome, draft, scopes);
             done = true;
           });
  while (!done) {
    if (!requests.empty()) {
      answerAll(host, requests, input["answers"], next);
      continue;
    }
    if (!calls.empty()) {
      answerCalls(host, calls);
      continue;
    }
    std::this_thread::sleep_for(std::chrono::nanoseconds(std::max<std::int64_t>(0, host.nextDeadlineNs() - nowNs())));
    host.pump(nowNs());
  }
  host.release(program);
  return result;
}

}  // namespace

int main() {
  std::unique_ptr<vayu::ScriptHost> host;
  std::string limitsText;
  for (std::string line; std::getline(std::cin, line);) {
    try {
      const Json input = vayu::runner::JsonReader(line).read();
      if (!host || input["limits"].text != limitsText) {
        vayu::ScriptLimits limits;
        // What is judged is what scripts do, not how fast under sanitizers on a busy machine.
        limits.timeoutMs = 60'000;
        limitsText = input["limits"].text;
        limits.memoryBytes =
            static_cast<std::size_t>(input["limits"]["memoryBytes"].numberOr(static_cast<double>(limits.memoryBytes)));
        limits.timeoutMs =
            static_cast<std::int64_t>(input["limits"]["timeoutMs"].numberOr(static_cast<double>(limits.timeoutMs)));
        limits.stackBytes =
            static_cast<std::size_t>(input["limits"]["stackBytes"].numberOr(static_cast<double>(limits.stackBytes)));
        host = std::make_unique<vayu::ScriptHost>(limits);
      }
      std::cout << runOne(*host, input) << std::endl;
    } catch (const std::exception& error) {
      std::cout << "{\"runnerError\":" << quoted(error.what()) << "}" << std::endl;
    }
  }
}
