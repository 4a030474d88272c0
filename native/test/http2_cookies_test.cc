// Cookies over HTTP/2: the wire has no cookie engine, so the jar has to do all of it.
#include <gtest/gtest.h>

#include "test/support/engine_fixture.h"
#include "test/support/http2_server.h"

namespace vayu::test {
namespace {

TEST(Http2Cookies, GoWithTheNextRequestOfTheUser) {
  Http2Server server(Http2Server::answering(200, "ok", {{"set-cookie", "sid=1; Path=/"}, {"set-cookie", "b=2"}}));
  EventLoopConfig config = withWorkers(1);
  config.scripts.timeoutMs = 120'000;
  EngineFixture engine{config};
  LoadPlan plan = EngineFixture::iterations(server.url(), 1, 3);
  auto options = std::make_shared<RequestOptions>(*plan.submission.options);
  options->httpVersion = HttpVersion::k2PriorKnowledge;
  plan.submission.options = options;
  plan.submission.request.headers = {{"Cookie", "own=0"}};
  plan.transport = TransportChoice::kWire;
  auto scripts = std::make_shared<ScriptSet>();
  scripts->preRequest.push_back({"before", "pm.environment.set('seen', pm.cookies.count())"});
  plan.submission.scripts = scripts;
  const EventLoop::StartedRun started = engine.loop().startRun(std::move(plan));
  ASSERT_EQ(started.error, "");
  ASSERT_NE(engine.finalOf(started.id, 120'000), nullptr);
  std::vector<std::string> sent;
  for (const Http2Seen& request : server.seen()) sent.push_back(request.field("cookie"));
  EXPECT_EQ(sent, (std::vector<std::string>{"own=0", "own=0; sid=1; b=2", "own=0; sid=1; b=2"}));
}

}  // namespace
}  // namespace vayu::test
