// One ScriptHost and everything a script can touch, for the script tests.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/cookie_jar.h"
#include "script/script_host.h"

namespace vayu {

class ScriptFixture : public ::testing::Test {
 protected:
  static ScriptLimits quickLimits() {
    ScriptLimits limits;
    limits.timeoutMs = 300;
    limits.memoryBytes = 24u << 20;
    return limits;
  }

  void useLimits(const ScriptLimits& limits) { host_ = std::make_unique<ScriptHost>(limits); }

  // What a script does is tested apart from how long it may take: sanitizers and a busy machine stretch the latter.
  static ScriptLimits patientLimits() {
    ScriptLimits limits;
    limits.timeoutMs = 60'000;
    return limits;
  }

  ScriptHost& host() {
    if (!host_) useLimits(patientLimits());
    return *host_;
  }

  static std::int64_t nowNs() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }

  void setBody(std::string body) {
    body_ = std::move(body);
    response_.body = body_;
    response_.bodyBytes = body_.size();
  }

  ScriptContext context(ScriptPhase phase) {
    response_.body = body_;
    response_.bodyBytes = body_.size();
    response_.headerBlock = headers_;
    ScriptContext context;
    context.request = &request_;
    context.response = phase == ScriptPhase::kTest ? &response_ : nullptr;
    context.variables = &variables_;
    context.info = &info_;
    context.cookies = &cookies_;
    context.sendRequest = [this](ScriptRequest request) { requests_.push_back(std::move(request)); };
    context.runReference = &runReference_;
    return context;
  }

  static std::shared_ptr<const ScriptSet> scripts(ScriptPhase phase, std::vector<std::string> codes) {
    auto set = std::make_shared<ScriptSet>();
    auto& list = phase == ScriptPhase::kTest ? set->test : set->preRequest;
    for (std::string& code : codes) list.push_back({"script-" + std::to_string(list.size() + 1), std::move(code)});
    return set;
  }

  // Runs until it is done, firing timers and answering pm.sendRequest with 200 and the request's URL as the body.
  ScriptOutcome runAll(ScriptPhase phase, std::vector<std::string> codes) {
    const auto program = host().prepare(scripts(phase, std::move(codes)));
    ScriptOutcome result = runProgram(program, phase);
    host().release(program);
    return result;
  }

  ScriptOutcome runProgram(ScriptHost::ProgramId program, ScriptPhase phase) {
    ScriptOutcome result;
    int calls = 0;
    host().run(program, phase, context(phase), [&](ScriptOutcome& outcome) {
      result = outcome;
      ++calls;
    });
    while (calls == 0) {
      if (!requests_.empty()) {
        const ScriptRequest request = requests_.front();
        requests_.erase(requests_.begin());
        ResponseView view;
        view.status = 200;
        view.statusText = "OK";
        view.headerBlock = "X-Answer: yes\r\n";
        view.body = request.draft.url;
        view.bodyBytes = request.draft.url.size();
        host().resolveRequest(request.token, view);
        continue;
      }
      std::this_thread::sleep_for(
          std::chrono::nanoseconds(std::max<std::int64_t>(0, host().nextDeadlineNs() - nowNs())));
      host().pump(nowNs());
    }
    EXPECT_EQ(calls, 1);
    return result;
  }

  ScriptOutcome run(std::string code) { return runAll(ScriptPhase::kTest, {std::move(code)}); }
  ScriptOutcome runBefore(std::string code) { return runAll(ScriptPhase::kPreRequest, {std::move(code)}); }

  // What the script logs first, or its error in angle brackets.
  std::string logged(const std::string& code) {
    const ScriptOutcome outcome = run(code);
    if (outcome.error) return "<" + outcome.error->message + ">";
    return outcome.console.empty() ? "" : outcome.console.front().message;
  }

  RequestDraft request_{"GET", "http://127.0.0.1/items?page=2", {{"Accept", "application/json"}}, "", false};
  std::string body_ = R"({"id":7,"name":"seven","tags":["a","b"],"nested":{"ok":true}})";
  std::string headers_ =
      "Content-Type: application/json\r\nX-Request-Id: abc\r\nSet-Cookie: sid=1; Path=/\r\nSet-Cookie: lang=en\r\n";
  ResponseView response_{200, "OK", "HTTP/1.1", headers_, body_, 12'000, body_.size()};
  VariableScopes variables_;
  CookieJar cookies_;
  ExecutionInfo info_{"List items", "req-1", 3, 10};
  std::vector<ScriptRequest> requests_;
  std::vector<ReferenceCall> calls_;
  RunReference runReference_ = [this](ReferenceCall call) {
    if (call.id == "refused") return std::string("not this one");
    calls_.push_back(std::move(call));
    return std::string();
  };
  std::unique_ptr<ScriptHost> host_;
};

}  // namespace vayu
