// pm.execution.runRequest through whole runs against a real server.
#include <gtest/gtest.h>

#include <algorithm>

#include "test/support/engine_fixture.h"
#include "test/support/loopback_server.h"

namespace vayu::test {
namespace {

using namespace std::chrono_literals;
using Engine = EngineFixture;

// Answers "/slow" after a minute, and everything else at once with the request's target.
LoopbackServer::Script targets() {
  return [](ServerConnection& connection) {
    while (const auto request = connection.readRequest()) {
      if (request->target.starts_with("/slow") && !connection.sleep(60s)) return;
      if (!connection.write(response("200 OK", request->target))) return;
    }
  };
}

std::shared_ptr<const ScriptSet> scriptSet(std::string preRequest, std::string test = {}) {
  auto set = std::make_shared<ScriptSet>();
  if (!preRequest.empty()) set->preRequest.push_back({"before", std::move(preRequest)});
  if (!test.empty()) set->test.push_back({"after", std::move(test)});
  return set;
}

ReferencedRequest reference(const std::string& url, std::shared_ptr<const ScriptSet> scripts = nullptr) {
  Submission submission = Engine::submission(url);
  submission.scripts = std::move(scripts);
  return {std::make_shared<const Submission>(std::move(submission)), {}, {}};
}

constexpr std::int64_t kPatienceMs = 120'000;
EventLoopConfig patientWorker() {
  EventLoopConfig config = withWorkers(1);
  config.scripts.timeoutMs = kPatienceMs;
  return config;
}

// A request whose pre-request script is `code`, with these to run.
Submission calling(const LoopbackServer& server, const std::string& code, ReferencedRequests references) {
  Submission submission = Engine::submission(server.url("/root"));
  submission.scripts = scriptSet(code);
  submission.references = std::make_shared<const ReferencedRequests>(std::move(references));
  return submission;
}

std::unique_ptr<ExchangeResult> resultOf(EngineFixture& engine, Submission submission) {
  engine.loop().submit(std::make_shared<const Submission>(std::move(submission)));
  EXPECT_TRUE(engine.waitResults(1, kPatienceMs));
  auto results = engine.takeResults();
  return results.empty() ? nullptr : std::move(results.front());
}

std::string consoleOf(const ExchangeResult& result) {
  std::string text;
  for (const ConsoleEntry& entry : result.console) text += entry.message + "|";
  return text;
}

void waitForRequest(const LoopbackServer& server, std::string_view target) {
  for (;;) {
    for (const SeenRequest& request : server.seen()) {
      if (request.target == target) return;
    }
    std::this_thread::sleep_for(1ms);
  }
}

TEST(RunRequest, RunsItsScriptsAndSharesVariablesTestsAndConsole) {
  LoopbackServer server(targets());
  EngineFixture engine{patientWorker()};
  Submission submission = calling(server, R"(
      pm.environment.set('kept', 'of root'); pm.environment.set('gone', 1);
      const response = await pm.execution.runRequest('inner', { variables: { path: 'given' } });
      console.log(response.text(), pm.environment.get('made'), pm.environment.has('gone'), pm.variables.get('path'));)",
                                  {{"inner", reference(server.url("/{{path}}?kept={{kept}}"), scriptSet(R"(
      pm.environment.set('made', pm.environment.get('kept') + '!'); pm.environment.unset('gone');
      await new Promise((done) => setTimeout(done, 5)); pm.execution.setNextRequest('x'))",
                                                                                                        R"(
      console.log('inner'); pm.visualizer.set('v');
      pm.test('inner', () => pm.expect(pm.response.text()).to.contain('given')))"))}});
  submission.request.url = server.url("/root?made={{made}}");
  const auto result = resultOf(engine, std::move(submission));
  ASSERT_NE(result, nullptr);
  ASSERT_FALSE(result->scriptError) << result->scriptError->message;
  EXPECT_EQ(consoleOf(*result), "inner|/given?kept=of%20root of root! false undefined|");
  ASSERT_EQ(result->tests.size(), 1u);
  EXPECT_EQ(result->tests[0].name, "inner");
  EXPECT_TRUE(result->tests[0].passed) << result->tests[0].error;
  EXPECT_EQ(result->response.body, "/root?made=of%20root!");
  EXPECT_FALSE(result->nextRequestSet);
  EXPECT_FALSE(result->visualizer);
  EXPECT_EQ(server.requests(), 2);
}

TEST(RunRequest, ReferencesOfReferencesShareOneBudget) {
  LoopbackServer server(targets());
  EngineFixture engine{patientWorker()};
  const std::string again = "await pm.execution.runRequest('inner').catch((e) => console.log(e.message))";
  const auto result =
      resultOf(engine, calling(server, again, {{"inner", reference(server.url("/inner"), scriptSet(again))}}));
  ASSERT_NE(result, nullptr);
  ASSERT_FALSE(result->scriptError);
  EXPECT_EQ(consoleOf(*result),
            "runRequest: one script, and those of the requests that it runs, can run 10 requests together, and has|");
  EXPECT_EQ(server.requests(), 11);
}

TEST(RunRequest, UnknownAndUnusableOnesAreRefused) {
  LoopbackServer server(targets());
  EngineFixture engine{patientWorker()};
  const auto result = resultOf(engine, calling(server, R"(
      for (const id of ['none', 'bad']) await pm.execution.runRequest(id).catch((e) => console.log(e.message));)",
                                               {{"bad", {nullptr, "it cannot be sent", {}}}}));
  ASSERT_NE(result, nullptr);
  EXPECT_EQ(consoleOf(*result), "runRequest: there is no saved request \"none\"|runRequest: it cannot be sent|");
}

// The ways in which a caller ends before what it has run.
const std::string kDeepCall = "await pm.execution.runRequest('middle')";
ReferencedRequests deepReferences(const LoopbackServer& server) {
  return {{"middle", reference(server.url("/middle"), scriptSet("await Promise.all([pm.execution.runRequest('slow'), "
                                                                "pm.execution.runRequest('timer')])"))},
          {"slow", reference(server.url("/slow"))},
          {"timer", reference(server.url("/timer"), scriptSet("", "await new Promise((d) => setTimeout(d, 60000))"))}};
}

TEST(RunRequest, ACancelledRequestEndsWhatItHasRun) {
  LoopbackServer server(targets());
  EngineFixture engine{patientWorker()};
  const std::uint64_t id =
      engine.loop().submit(std::make_shared<const Submission>(calling(server, kDeepCall, deepReferences(server))));
  waitForRequest(server, "/slow");
  waitForRequest(server, "/timer");
  engine.loop().cancel(id);
  ASSERT_TRUE(engine.waitResults(1));
  EXPECT_EQ(engine.takeResults()[0]->error, ErrorCode::kAborted);
  EXPECT_EQ(engine.loop().activeCount(), 0u);
}

TEST(RunRequest, AnEngineThatStopsEndsThemAll) {
  LoopbackServer server(targets());
  EngineFixture engine{patientWorker()};
  engine.loop().submit(std::make_shared<const Submission>(calling(server, kDeepCall, deepReferences(server))));
  LoadPlan plan = Engine::iterations(server.url("/root"), 3, 3);
  plan.submission = calling(server, kDeepCall, deepReferences(server));
  engine.loop().startRun(std::move(plan));
  waitForRequest(server, "/slow");
  waitForRequest(server, "/timer");
  engine.loop().stop();
  EXPECT_EQ(engine.takeResults().size(), 1u);
}

TEST(RunRequest, ACallerWhoseTimeIsOverEndsThem) {
  LoopbackServer server(targets());
  EventLoopConfig config = withWorkers(1);
  config.scripts.timeoutMs = 1500;
  EngineFixture engine{config};
  const auto result = resultOf(engine, calling(server, kDeepCall, deepReferences(server)));
  ASSERT_NE(result, nullptr);
  EXPECT_EQ(result->error, ErrorCode::kScriptError);
  ASSERT_TRUE(result->scriptError);
  EXPECT_EQ(result->scriptError->kind, ScriptError::Kind::kTimeout);
  // The worker has nothing left of it and goes on.
  const auto next = resultOf(engine, Engine::submission(server.url("/next")));
  ASSERT_NE(next, nullptr);
  EXPECT_EQ(next->response.body, "/next");
}

TEST(RunRequest, ACallThatNobodyWaitsForIsNotEvenBegun) {
  LoopbackServer server(targets());
  EngineFixture engine{patientWorker()};
  const auto result = resultOf(engine, calling(server, "pm.execution.runRequest('inner'); throw new Error('now')",
                                               {{"inner", reference(server.url("/inner"))}}));
  ASSERT_NE(result, nullptr);
  EXPECT_EQ(result->error, ErrorCode::kScriptError);
  EXPECT_EQ(server.requests(), 0);
}

TEST(RunRequest, MayEndAtAnyMoment) {
  LoopbackServer server(targets());
  EngineFixture engine{patientWorker()};
  const std::string twice = "await Promise.all([pm.execution.runRequest('a'), pm.execution.runRequest('b')])";
  const std::string later = "await new Promise((done) => setTimeout(done, 1));";
  const ReferencedRequests references = {
      {"middle", reference(server.url("/middle"), scriptSet(twice, later + twice))},
      {"a", reference(server.url("/a"), scriptSet(later, "pm.environment.set('a', pm.response.text())"))},
      {"b", reference(server.url("/b/{{a}}"), scriptSet("", later))}};
  const auto submission = std::make_shared<const Submission>(
      calling(server, "await pm.execution.runRequest('middle'); " + twice, references));
  constexpr int kRounds = 150;
  for (int round = 0; round < kRounds; ++round) {
    const std::uint64_t id = engine.loop().submit(submission);
    std::this_thread::sleep_for(std::chrono::microseconds(round * 200));
    engine.loop().cancel(id);
  }
  ASSERT_TRUE(engine.waitResults(kRounds, kPatienceMs));
  EXPECT_EQ(engine.loop().activeCount(), 0u);
}

TEST(RunRequest, TestScriptsOfALoadRunMayRunThem) {
  LoopbackServer server(targets());
  EngineFixture engine{patientWorker()};
  LoadPlan plan = Engine::iterations(server.url("/root"), 4, 100);
  plan.submission = calling(server, "", {{"inner", reference(server.url("/{{n}}"))}});
  plan.submission.scripts = scriptSet("", R"(
      const response = await pm.execution.runRequest('inner', { variables: { n: pm.info.iteration } });
      pm.test('inner', () => pm.expect(response.text()).to.equal('/' + pm.info.iteration));)");
  const EventLoop::StartedRun started = engine.loop().startRun(std::move(plan));
  const Snapshot* end = engine.finalOf(started.id, kPatienceMs);
  ASSERT_NE(end, nullptr);
  Engine::expectBalance(*end);
  ASSERT_EQ(end->tests.size(), 1u);
  EXPECT_EQ(end->tests[0].passed, 100u);
  EXPECT_EQ(server.requests(), 200);
}

TEST(RunRequest, LoadRunsShareWhatIsPreparedAndCountNoRequests) {
  LoopbackServer server(targets());
  EngineFixture engine{patientWorker()};
  LoadPlan plan = Engine::iterations(server.url("/root"), 8, 200);
  plan.submission = calling(server, R"(
      const [a, b] = await Promise.all(['one', 'two'].map((id) => pm.execution.runRequest(id)));
      pm.environment.set('both', a.text() + b.text());)",
                            {{"one", reference(server.url("/one"))},
                             {"two", reference(server.url("/{{number}}"), scriptSet("pm.variables.set('number', 'two')",
                                                                                    "pm.test('two', () => {})"))}});
  plan.submission.request.url = server.url("/root?both={{both}}");
  const EventLoop::StartedRun started = engine.loop().startRun(std::move(plan));
  const Snapshot* end = engine.finalOf(started.id, kPatienceMs);
  ASSERT_NE(end, nullptr);
  Engine::expectBalance(*end);
  EXPECT_EQ(Engine::count(*end, Count::kSucceeded), 200);
  ASSERT_EQ(end->tests.size(), 1u);
  EXPECT_EQ(end->tests[0].name, "two");
  EXPECT_EQ(end->tests[0].passed, 200u);
  int roots = 0;
  for (const SeenRequest& request : server.seen()) roots += request.target == "/root?both=/one/two" ? 1 : 0;
  EXPECT_EQ(roots, 200);
  EXPECT_EQ(server.requests(), 600);
}

TEST(RunRequest, AStoppedLoadRunEndsWhatItsScriptsHaveRun) {
  LoopbackServer server(targets());
  EngineFixture engine{patientWorker()};
  LoadPlan plan = Engine::concurrency(server.url("/root"), 4, 60'000);
  plan.submission = calling(server, kDeepCall, deepReferences(server));
  const EventLoop::StartedRun started = engine.loop().startRun(std::move(plan));
  waitForRequest(server, "/slow");
  waitForRequest(server, "/timer");
  engine.loop().stopRun(started.id, 0);
  const Snapshot* end = engine.finalOf(started.id, kPatienceMs);
  ASSERT_NE(end, nullptr);
  Engine::expectBalance(*end);
  EXPECT_EQ(Engine::count(*end, Count::kSent), 0);
}

}  // namespace
}  // namespace vayu::test
