// CPU per execution of typical scripts: the figure behind "at most 17 µs" in docs/scripting.md.
// usage: script_bench [executions per case] [case]
#include <ctime>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "script/script_host.h"

namespace {

std::int64_t cpuNs() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

// About 1 kB, as an API would answer.
std::string typicalBody() {
  std::string body = R"({"page":1,"pages":12,"total":117,"ok":true,"next":null,"items":[)";
  for (int i = 0; body.size() < 980; ++i) {
    if (i) body += ",";
    const std::string n = std::to_string(i);
    body += R"({"id":)" + n + R"(,"name":"item )" + n + R"(","price":)" + n +
            R"(.25,"active":true,"tags":["a","b"],"owner":{"id":7,"email":"x@example.com"}})";
  }
  return body + "]}";
}

struct Case {
  const char* name;
  const char* code;
};

constexpr Case kCases[] = {
    {"empty", ""},
    {"typical: json + 3 tests", R"(
      const body = pm.response.json();
      pm.test('page', () => { pm.expect(body.page).to.eql(1); });
      pm.test('items', () => { pm.expect(body).to.have.property('items'); });
      pm.test('time', () => { pm.expect(pm.response.responseTime).to.be.below(500); });)"},
    {"status only", "pm.test('Status code is 200', function () { pm.response.to.have.status(200); });"},
    {"json only", "pm.response.json();"},
    {"legacy",
     "var jsonData = JSON.parse(responseBody); tests['ok'] = responseCode.code === 200; tests['page'] = jsonData.page "
     "=== 1;"},
    {"variables",
     "pm.environment.set('token', 'abc'); pm.test('t', () => pm.expect(pm.variables.get('token')).to.equal('abc'));"},
    {"header", "pm.test('h', () => pm.expect(pm.response.headers.get('Content-Type')).to.include('json'));"},
    {"implicit global",
     "jsonData = pm.response.json(); pm.test('p', function () { pm.expect(jsonData.page).to.equal(1); });"},
    {"one failing test", "pm.test('f', () => { pm.expect(1).to.equal(2); });"},
    {"awaits", "await 1; pm.test('a', () => {});"},
    {"require moment",
     "const moment = require('moment'); pm.test('m', () => pm.expect(moment(0).year()).to.equal(1970));"},
    {"require lodash",
     "const _ = require('lodash'); pm.test('l', () => pm.expect(_.get(pm.response.json(), 'page')).to.equal(1));"},
    {"require cheerio",
     "const $ = require('cheerio').load('<p>a</p>'); pm.test('c', () => pm.expect($('p').text()).to.equal('a'));"},
};

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 20'000;
  vayu::ScriptHost host{vayu::ScriptLimits{}};
  const std::string body = typicalBody();
  const std::string headers =
      "Server: nginx\r\nDate: Tue, 24 Nov 2026 08:00:00 GMT\r\nContent-Type: application/json\r\nContent-Length: "
      "1000\r\nConnection: keep-alive\r\n";
  vayu::ResponseView response{200, "OK", "HTTP/1.1", headers, body, 1234, body.size()};
  vayu::RequestDraft request{"GET", "http://127.0.0.1:8080/items?page=1", {{"Accept", "*/*"}}, "", false};
  vayu::VariableScopes variables;
  vayu::ExecutionInfo info;
  vayu::ScriptContext context{&request, &response, &variables, &info, nullptr, {}};
  std::printf("body %zu bytes, %d executions each, QuickJS %s\n", body.size(), count,
              vayu::ScriptHost::quickjsVersion());
  for (const Case& which : kCases) {
    if (argc > 2 && std::string(argv[2]) != which.name) continue;
    auto set = std::make_shared<vayu::ScriptSet>();
    set->test.push_back({"bench", which.code});
    const auto program = host.prepare(set);
    std::size_t tests = 0;
    std::string error;
    const auto runMany = [&](int times) {
      for (int i = 0; i < times; ++i) {
        host.run(program, vayu::ScriptPhase::kTest, context, [&](vayu::ScriptOutcome& outcome) {
          tests += outcome.tests.size();
          if (outcome.error) error = outcome.error->message;
        });
      }
    };
    runMany(count / 10 + 1);
    const std::int64_t start = cpuNs();
    runMany(count);
    const double us = static_cast<double>(cpuNs() - start) / 1000.0 / count;
    std::printf("%-26s %8.2f us  %9.0f /s%s%s\n", which.name, us, 1e6 / us, error.empty() ? "" : "  ERROR ",
                error.c_str());
    host.release(program);
  }
}
