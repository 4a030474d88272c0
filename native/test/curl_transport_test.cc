// What CurlTransport does alone: sharding, redirects, cookies, name resolution. What it shares with WireTransport is in
// wire_parity_test.cc.
#include "engine/curl_transport.h"

#include <gtest/gtest.h>

#include <csignal>
#include <set>

#include "curl/handles.h"
#include "test/support/exchange_loop.h"
#include "test/support/loopback_server.h"
#include "test/support/steady_server.h"

namespace vayu::test {
namespace {

using namespace std::chrono_literals;

class CurlTransportTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::signal(SIGPIPE, SIG_IGN);
    ASSERT_TRUE(ensureCurl());
  }
  CurlTransport& transport() { return static_cast<CurlTransport&>(loop.transport()); }

  CurlTransportLimits limits;
  ExchangeLoop loop{[this](Poller& poller) { return std::make_unique<CurlTransport>(poller, limits); }};
};

std::string redirectTo(const std::string& location, std::string_view status = "302 Found") {
  return response(status, "", "Location: " + location + "\r\nX-Old: yes\r\n");
}

TEST_F(CurlTransportTest, SpreadsHandlesOverMultisAndReusesThem) {
  limits.handlesPerMulti = 4;
  ExchangeLoop small([this](Poller& poller) { return std::make_unique<CurlTransport>(poller, limits); });
  SteadyServer server(response("200 OK", "ok"));
  const auto request = ExchangeLoop::request(server.url());
  for (int round = 0; round < 5; ++round) {
    for (int count = 0; count < 10; ++count) small.start(request);
    ASSERT_TRUE(small.finish());
  }
  EXPECT_EQ(static_cast<CurlTransport&>(small.transport()).multiCount(), 3u);
  EXPECT_EQ(server.connections(), 10u);
  EXPECT_EQ(small.transport().connectionsOpened(), 10u);
  EXPECT_EQ(small.transport().openConnections(), 10u);
  EXPECT_EQ(server.requests(), 50u);
}

TEST_F(CurlTransportTest, FollowsRedirectsAndTellsOfTheLastResponseOnly) {
  LoopbackServer server([](ServerConnection& connection) {
    while (const auto request = connection.readRequest()) {
      if (request->target == "/one") {
        connection.write(redirectTo("/two"));
      } else if (request->target == "/two") {
        connection.write("HTTP/1.1 103 Early Hints\r\nX-Early: yes\r\n\r\n" + redirectTo("/three?x=1"));
      } else {
        connection.write(response("200 Fine", "arrived", "X-New: yes\r\n"));
      }
    }
  });
  const Exchange& exchange = loop.fetch(ExchangeLoop::request(server.url("/one")));
  EXPECT_EQ(exchange.error, ErrorCode::kNone) << exchange.errorMessage;
  EXPECT_EQ(exchange.response.status, 200);
  EXPECT_EQ(exchange.response.redirects, 2);
  EXPECT_EQ(exchange.response.body, "arrived");
  EXPECT_EQ(exchange.response.statusText, "Fine");
  EXPECT_EQ(exchange.response.headerBlock, "Content-Length: 7\r\nX-New: yes\r\n");
  EXPECT_EQ(exchange.response.effectiveUrl, server.url("/three?x=1"));
  EXPECT_GE(exchange.clocks.firstByteNs, exchange.clocks.sentNs);
}

TEST_F(CurlTransportTest, StopsAfterTooManyRedirects) {
  LoopbackServer server(LoopbackServer::answering(redirectTo("/again")));
  const auto request = ExchangeLoop::with(*ExchangeLoop::request(server.url()),
                                          [](RequestOptions& options) { options.maxRedirects = 3; });
  EXPECT_EQ(loop.fetch(request).error, ErrorCode::kTooManyRedirects);
  EXPECT_EQ(server.requests(), 4);
}

TEST_F(CurlTransportTest, DoesNotFollowWhenNotAsked) {
  LoopbackServer server(LoopbackServer::answering(redirectTo("/again")));
  const auto request = ExchangeLoop::with(*ExchangeLoop::request(server.url()),
                                          [](RequestOptions& options) { options.followRedirects = false; });
  const Exchange& exchange = loop.fetch(request);
  EXPECT_EQ(exchange.error, ErrorCode::kNone);
  EXPECT_EQ(exchange.response.status, 302);
  EXPECT_EQ(server.requests(), 1);
}

TEST_F(CurlTransportTest, NeverFollowsToAnotherProtocol) {
  for (const std::string target : {"file:///etc/hostname", "gopher://127.0.0.1:1/", "ftp://127.0.0.1/x", "dict://x/"}) {
    LoopbackServer server(LoopbackServer::answering(redirectTo(target)));
    const Exchange& exchange = loop.fetch(ExchangeLoop::request(server.url()));
    EXPECT_EQ(exchange.error, ErrorCode::kInvalidUrl) << target << ": " << exchange.errorMessage;
    EXPECT_EQ(exchange.response.body, "");
  }
}

TEST_F(CurlTransportTest, CookiesLiveForOneExchangeOnly) {
  LoopbackServer server([](ServerConnection& connection) {
    while (const auto request = connection.readRequest()) {
      if (request->target == "/set") {
        connection.write(response("302 Found", "", "Location: /get\r\nSet-Cookie: a=1; Path=/\r\n"));
      } else {
        connection.write(response("200 OK", request->header("Cookie")));
      }
    }
  });
  const auto set = ExchangeLoop::request(server.url("/set"));
  EXPECT_EQ(loop.fetch(set).response.body, "a=1");
  EXPECT_EQ(loop.fetch(ExchangeLoop::request(server.url("/get"))).response.body, "");
  EXPECT_EQ(loop.fetch(set).response.body, "a=1");
  const auto without = ExchangeLoop::with(*set, [](RequestOptions& options) { options.cookies = false; });
  EXPECT_EQ(loop.fetch(without).response.body, "");
}

TEST_F(CurlTransportTest, CookiesOfTheRequestStayWithItsOrigin) {
  LoopbackServer other([](ServerConnection& connection) {
    const auto request = connection.readRequest();
    if (request) connection.write(response("302 Found", "", "Location: http:/" + request->target + "\r\n"));
  });
  LoopbackServer server([&other](ServerConnection& connection) {
    while (const auto request = connection.readRequest()) {
      const std::string there = other.url("/" + request->header("Host") + "/end");
      const std::string away = "Set-Cookie: a=1; Path=/\r\nLocation: " + there + "\r\n";
      connection.write(request->target == "/end" ? response("200 OK", "") : response("302 Found", "", away));
    }
  });
  auto request = ExchangeLoop::request(server.url("/begin"));
  request->headers = {{"Cookie", "own=1"}, {"cookie", "too=2"}};
  EXPECT_EQ(loop.fetch(request).response.status, 200);
  ASSERT_EQ(server.seen().size(), 2u);
  ASSERT_EQ(other.seen().size(), 1u);
  EXPECT_EQ(server.seen()[0].header("Cookie"), "own=1; too=2");
  // A port is no part of where a cookie goes (RFC 6265, section 8.5), but it is of an origin.
  EXPECT_EQ(other.seen()[0].header("Cookie"), "a=1");
  EXPECT_EQ(server.seen()[1].header("Cookie"), "own=1; too=2; a=1");
  for (const SeenRequest& seen : server.seen()) EXPECT_EQ(seen.head.find("ookie:"), seen.head.rfind("ookie:"));
}

TEST_F(CurlTransportTest, AHandleKeepsNothingOfItsLastRequest) {
  LoopbackServer server(LoopbackServer::answering(response("200 OK", "ok")));
  auto first = ExchangeLoop::request(server.url("/a"), "PUT", "secret");
  first->headers = {{"X-Secret", "1"}, {"Authorization", "Bearer x"}};
  loop.fetch(ExchangeLoop::with(*first, [](RequestOptions& options) {
    options.auth = ChallengeAuth::kDigest;
    options.username = "user";
    options.password = "pass";
    options.userAgent = "first";
  }));
  loop.fetch(ExchangeLoop::request(server.url("/b")));
  const auto seen = server.seen();
  ASSERT_GE(seen.size(), 2u);
  EXPECT_EQ(seen.back().method, "GET");
  EXPECT_EQ(seen.back().body, "");
  EXPECT_EQ(seen.back().header("X-Secret"), "");
  EXPECT_EQ(seen.back().header("Authorization"), "");
  EXPECT_EQ(seen.back().header("User-Agent"), "");
}

// Descriptors of the resolver are closed by libcurl without a word and their numbers come again: an exchange that missed its event would
// hang until its timeout.
TEST_F(CurlTransportTest, ResolvesNamesAgainAndAgain) {
  LoopbackServer server([](ServerConnection& connection) {
    if (connection.readRequest()) connection.write(response("200 OK", "ok", "Connection: close\r\n"));
  });
  const std::string port = std::to_string(server.port());
  for (int round = 0; round < 15; ++round) {
    // Unknown names are looked up each time; the connection in between takes the descriptor's number.
    Exchange& unknown = loop.start(ExchangeLoop::request("http://name-" + std::to_string(round) + ".invalid/"));
    Exchange& known = loop.start(ExchangeLoop::request("http://localhost:" + port + "/"));
    ASSERT_TRUE(loop.finish()) << round;
    EXPECT_EQ(unknown.error, ErrorCode::kDnsFailed);
    EXPECT_EQ(known.error, ErrorCode::kNone) << known.errorMessage;
    EXPECT_EQ(loop.fetch(ExchangeLoop::request(server.url())).error, ErrorCode::kNone);
  }
}

TEST_F(CurlTransportTest, AbortsInEveryStage) {
  LoopbackServer silent([](ServerConnection& connection) {
    if (connection.readRequest()) connection.sleep(60s);
  });
  LoopbackServer stalling([](ServerConnection& connection) {
    if (connection.readRequest() && connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"))
      connection.sleep(60s);
  });
  std::uint16_t deafPort = 0;
  const int deaf = listenOnLoopback(1, deafPort);
  std::set<const Exchange*> told;
  loop.afterwards = [&](Exchange& exchange) { EXPECT_TRUE(told.insert(&exchange).second); };
  std::vector<Exchange*> exchanges;
  const auto begin = [&](const std::string& url) { exchanges.push_back(&loop.start(ExchangeLoop::request(url))); };

  begin(silent.url());  // not driven yet
  begin("file:///x");   // failed at once, not told yet
  for (Exchange* exchange : exchanges) transport().abort(*exchange);
  begin(silent.url());                                          // waiting for the answer
  begin(stalling.url());                                        // in the body
  begin("http://127.0.0.1:" + std::to_string(deafPort) + "/");  // connected, never accepted
  begin("http://does-not-exist.invalid/");                      // in the resolver
  transport().abort(*exchanges.back());
  loop.runUntil([&] { return silent.requests() == 1 && exchanges[3]->response.body == "half"; });
  for (Exchange* exchange : exchanges) {
    if (!told.contains(exchange)) transport().abort(*exchange);
  }
  EXPECT_EQ(told.size(), exchanges.size());
  for (const Exchange* exchange : exchanges) EXPECT_EQ(exchange->error, ErrorCode::kAborted);
  EXPECT_EQ(transport().inFlight(), 0u);
  loop.runFor(50);
  EXPECT_EQ(told.size(), exchanges.size());
  // The transport goes on.
  SteadyServer server(response("200 OK", "ok"));
  EXPECT_EQ(loop.fetch(ExchangeLoop::request(server.url())).error, ErrorCode::kNone);
  close(deaf);
}

// libcurl 7 closes a connection that it gives up without a word, and the next socket gets its number.
TEST_F(CurlTransportTest, GoesOnAfterConnectionsThatWereNeverMade) {
  std::uint16_t deafPort = 0;
  const int deaf = listenOnLoopback(0, deafPort);
  const auto never = ExchangeLoop::with(*ExchangeLoop::request("http://127.0.0.1:" + std::to_string(deafPort) + "/"),
                                        [](RequestOptions& options) { options.timeoutMs = 100; });
  ExchangeLoop filler([](Poller& poller) { return std::make_unique<CurlTransport>(poller, CurlTransportLimits{}); });
  filler.start(never);
  filler.runFor(50);
  LoopbackServer server([](ServerConnection& connection) {
    if (connection.readRequest()) connection.write(response("200 OK", "ok", "Connection: close\r\n"));
  });
  for (int round = 0; round < 5; ++round) {
    EXPECT_EQ(loop.fetch(never).error, ErrorCode::kTimeout);
    Exchange& aborted = loop.start(never);
    loop.runFor(10);
    // Those 10 ms are more than its 100 where the machine is busy.
    if (aborted.error == ErrorCode::kNone) transport().abort(aborted);
    EXPECT_EQ(transport().openConnections(), 0u);
    const Exchange& exchange = loop.fetch(ExchangeLoop::request(server.url()));
    EXPECT_EQ(exchange.error, ErrorCode::kNone) << exchange.errorMessage;
    EXPECT_LT(exchange.clocks.doneNs - exchange.clocks.sentNs, 3 * kNsPerSecond);
  }
  close(deaf);
}

TEST_F(CurlTransportTest, EndsWithExchangesInFlight) {
  LoopbackServer silent([](ServerConnection& connection) {
    if (connection.readRequest()) connection.sleep(60s);
  });
  {
    ExchangeLoop dying([](Poller& poller) { return std::make_unique<CurlTransport>(poller, CurlTransportLimits{}); });
    for (int count = 0; count < 20; ++count) dying.start(ExchangeLoop::request(silent.url()));
    dying.start(ExchangeLoop::request("http://still-resolving.invalid/"));
    dying.start(ExchangeLoop::request("file:///x"));
    dying.runUntil([&] { return silent.requests() == 20; });
  }
  EXPECT_EQ(silent.requests(), 20);
}

TEST_F(CurlTransportTest, MoreThanAThousandAtOnce) {
  SteadyServer server(response("200 OK", "ok"));
  const auto request = ExchangeLoop::request(server.url());
  constexpr int kExchanges = 1500;
  for (int count = 0; count < kExchanges; ++count) loop.start(request);
  EXPECT_EQ(transport().inFlight(), static_cast<std::size_t>(kExchanges));
  int succeeded = 0;
  loop.afterwards = [&](Exchange& exchange) { succeeded += exchange.error == ErrorCode::kNone ? 1 : 0; };
  ASSERT_TRUE(loop.finish(60'000));
  EXPECT_EQ(succeeded, kExchanges);
  EXPECT_EQ(server.requests(), static_cast<std::uint64_t>(kExchanges));
  EXPECT_EQ(transport().multiCount(), (kExchanges + 31u) / 32u);
}

TEST_F(CurlTransportTest, HoldsTheLimitOfConnectionsPerHost) {
  limits.handlesPerMulti = 1000;
  limits.maxHostConnections = 3;
  ExchangeLoop bounded([this](Poller& poller) { return std::make_unique<CurlTransport>(poller, limits); });
  SteadyServer server(response("200 OK", "ok"));
  for (int count = 0; count < 50; ++count) bounded.start(ExchangeLoop::request(server.url()));
  ASSERT_TRUE(bounded.finish());
  EXPECT_EQ(server.connections(), 3u);
  EXPECT_EQ(server.requests(), 50u);
}

}  // namespace
}  // namespace vayu::test
