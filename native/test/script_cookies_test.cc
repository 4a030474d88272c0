// Cookies from responses and scripts to the requests that follow, through whole runs against a real server.
#include <gtest/gtest.h>

#include <algorithm>

#include "test/support/engine_fixture.h"
#include "test/support/loopback_server.h"

namespace vayu::test {
namespace {

using Engine = EngineFixture;

// Sets `sid` where it is asked for a login, and answers with the Cookie header that it got.
LoopbackServer::Script cookieServer() {
  return [](ServerConnection& connection) {
    int logins = 0;
    while (const auto request = connection.readRequest()) {
      const std::string number = std::to_string(connection.number() * 100 + ++logins);
      if (request->target == "/login") {
        connection.write(response("200 OK", "in", "Set-Cookie: sid=" + number + "; Path=/; HttpOnly\r\n"));
      } else if (request->target == "/moved") {
        connection.write(response("302 Found", "", "Location: /echo\r\nSet-Cookie: hop=1; Path=/\r\n"));
      } else {
        connection.write(response("200 OK", request->header("Cookie")));
      }
    }
  };
}

// What scripts do is tested, not how fast they do it under sanitizers on a busy machine.
constexpr std::int64_t kPatienceMs = 120'000;
EventLoopConfig patientWorker() {
  EventLoopConfig config = withWorkers(1);
  config.scripts.timeoutMs = kPatienceMs;
  return config;
}

std::shared_ptr<const ScriptSet> scripts(std::string preRequest, std::string test) {
  auto set = std::make_shared<ScriptSet>();
  if (!preRequest.empty()) set->preRequest.push_back({"before", std::move(preRequest)});
  if (!test.empty()) set->test.push_back({"after", std::move(test)});
  return set;
}

std::vector<std::string> cookiesSeen(const LoopbackServer& server, std::string_view target) {
  std::vector<std::string> seen;
  for (const SeenRequest& request : server.seen()) {
    if (request.target == target) seen.push_back(request.header("Cookie"));
  }
  return seen;
}

class LoadCookies : public testing::TestWithParam<TransportChoice> {
 protected:
  const Snapshot& finish(LoadPlan plan) {
    plan.transport = GetParam();
    const EventLoop::StartedRun started = engine.loop().startRun(std::move(plan));
    EXPECT_EQ(started.error, "");
    const Snapshot* end = engine.finalOf(started.id, kPatienceMs);
    if (end == nullptr) throw std::runtime_error("the run did not end");
    for (const TestCount& test : end->tests)
      EXPECT_EQ(test.failed, 0u) << test.name << ": "
                                 << (test.failures.empty() ? std::string() : test.failures.front());
    return *end;
  }

  EngineFixture engine{patientWorker()};
};

TEST_P(LoadCookies, WhatAResponseSetsGoesWithTheNextRequestOfThatUser) {
  LoopbackServer server([](ServerConnection& connection) {
    for (int count = 1; const auto request = connection.readRequest(); ++count) {
      // A new value now and then: what is prepared for the old one is not to be sent again.
      const std::string set = "Set-Cookie: n=" + std::to_string((count + 1) / 2) + "; Path=/\r\n";
      connection.write(response("200 OK", request->header("Cookie"), set));
    }
  });
  LoadPlan plan = Engine::iterations(server.url("/echo"), 1, 6);
  plan.submission.request.headers = {{"X-Own", "1"}};
  plan.submission.scripts =
      scripts("", "pm.test('jar', () => pm.expect(pm.cookies.get('n')).to.equal(pm.response.cookies.get('n')))");
  finish(plan);
  EXPECT_EQ(cookiesSeen(server, "/echo"), (std::vector<std::string>{"", "n=1", "n=1", "n=2", "n=2", "n=3"}));
}

TEST_P(LoadCookies, EachVirtualUserHasItsOwn) {
  LoopbackServer server(cookieServer());
  LoadPlan plan = Engine::iterations(server.url("/echo"), 3, 30);
  plan.submission.scripts = scripts(R"(
      const jar = pm.cookies.jar(), url = pm.request.url.toString();
      if (await jar.get(url, 'user') === null) await jar.set(url, 'user', crypto.randomUUID());
      pm.variables.set('mine', await jar.get(url, 'user'));)",
                                    R"(pm.test('own', () => {
        pm.expect(pm.variables.get('mine')).to.have.lengthOf(36);
        pm.expect(pm.response.text()).to.equal('user=' + pm.variables.get('mine'));
      }))");
  finish(plan);
  std::vector<std::string> users = cookiesSeen(server, "/echo");
  ASSERT_EQ(users.size(), 30u);
  std::sort(users.begin(), users.end());
  EXPECT_EQ(std::unique(users.begin(), users.end()) - users.begin(), 3);
}

TEST_P(LoadCookies, AScriptsLoginIsTheRequestsToo) {
  LoopbackServer server(cookieServer());
  LoadPlan plan = Engine::iterations(server.url("/echo"), 1, 3);
  plan.submission.request.headers = {{"Cookie", "own=1"}};
  plan.submission.scripts = scripts("if (!pm.cookies.has('sid')) await pm.sendRequest('" + server.url("/login") + "');",
                                    R"(pm.test('sid', () => pm.expect(pm.cookies.has('sid')).to.be.true))");
  finish(plan);
  EXPECT_EQ(cookiesSeen(server, "/login"), std::vector<std::string>{""});
  int echoes = 0;
  for (const SeenRequest& request : server.seen()) {
    if (request.target != "/echo") continue;
    ++echoes;
    EXPECT_TRUE(request.header("Cookie").starts_with("own=1; sid=")) << request.head;
    EXPECT_EQ(request.head.find("Cookie:"), request.head.rfind("Cookie:")) << request.head;
  }
  EXPECT_EQ(echoes, 3);
}

TEST_P(LoadCookies, RedirectsSetAndSendThem) {
  LoopbackServer server(cookieServer());
  LoadPlan plan = Engine::iterations(server.url("/moved"), 1, 2);
  plan.submission.scripts = scripts("await pm.cookies.jar().set('" + server.url() + "', 'mine', '1')", R"(
      pm.test('hop', () => pm.expect(pm.cookies.toObject()).to.eql({ mine: '1', hop: '1' })))");
  finish(plan);
  EXPECT_EQ(cookiesSeen(server, "/moved"), (std::vector<std::string>{"mine=1", "mine=1; hop=1"}));
  EXPECT_EQ(cookiesSeen(server, "/echo"), (std::vector<std::string>{"mine=1; hop=1", "mine=1; hop=1"}));
}

TEST_P(LoadCookies, AreNotSentWhereTheyAreNotWanted) {
  LoopbackServer server(cookieServer());
  LoadPlan plan = Engine::iterations(server.url("/login"), 1, 3);
  auto options = std::make_shared<RequestOptions>(*plan.submission.options);
  options->cookies = false;
  plan.submission.options = options;
  plan.submission.scripts = scripts("", "pm.test('seen', () => pm.expect(pm.cookies.has('sid')).to.be.true)");
  finish(plan);
  EXPECT_EQ(cookiesSeen(server, "/login"), (std::vector<std::string>{"", "", ""}));
}

INSTANTIATE_TEST_SUITE_P(Transports, LoadCookies, testing::Values(TransportChoice::kCurl, TransportChoice::kWire),
                         [](const auto& info) { return info.param == TransportChoice::kWire ? "Wire" : "Curl"; });

TEST(DesignCookies, AreThoseOfOneRequestAndItsScripts) {
  EngineFixture engine{patientWorker()};
  LoopbackServer server(cookieServer());
  Submission submission = Engine::submission(server.url("/echo"));
  submission.scripts = scripts(
      "const before = pm.cookies.count(); await pm.sendRequest('" + server.url("/login") + "'); console.log(before);",
      R"(
      const jar = pm.cookies.jar();
      const [cookie] = (await jar.getAll(pm.request.url)).all();
      console.log(pm.response.text() === 'sid=' + cookie.value, cookie.httpOnly, cookie.path);
      await jar.clear(pm.request.url);
      const again = await pm.sendRequest(pm.request.url.toString());
      console.log(JSON.stringify(again.text()));)");
  for (int round = 0; round < 2; ++round) {
    engine.loop().submit(std::make_shared<const Submission>(submission));
    ASSERT_TRUE(engine.waitResults(1, kPatienceMs));
    const auto results = engine.takeResults();
    ASSERT_FALSE(results[0]->scriptError) << results[0]->scriptError->message;
    std::string logged;
    for (const ConsoleEntry& entry : results[0]->console) logged += entry.message + "|";
    EXPECT_EQ(logged, "0|true true /|\"\"|");
  }
}

}  // namespace
}  // namespace vayu::test
