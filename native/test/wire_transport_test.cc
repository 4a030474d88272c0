// What WireTransport alone promises: its pool, retries, limits and choice of requests. What it shares with CurlTransport is in
// wire_parity_test.cc.
#include "engine/wire_transport.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "test/support/exchange_loop.h"
#include "test/support/loopback_server.h"
#include "test/support/steady_server.h"
#include "test/support/tls_identity.h"

namespace vayu::test {
namespace {

using namespace std::chrono_literals;

class WireTransportTest : public testing::Test, public WireRedirectHandler {
 protected:
  static void SetUpTestSuite() { std::signal(SIGPIPE, SIG_IGN); }

  bool onRedirect(Exchange& exchange, std::string_view location) override {
    locations.emplace_back(location);
    redirectBlock = exchange.response.headerBlock;
    if (takesRedirects) taken.push_back(&exchange);
    return takesRedirects;
  }

  WireLimits limits;
  bool takesRedirects = false;
  std::vector<std::string> locations;
  std::string redirectBlock;
  std::vector<Exchange*> taken;
  ExchangeLoop loop{[this](Poller& poller) { return std::make_unique<WireTransport>(poller, limits, this); }};
};

TEST_F(WireTransportTest, RendersLikeLibcurl) {
  LoopbackServer server(LoopbackServer::answering(response("200 OK", "")));
  auto request =
      ExchangeLoop::with(*ExchangeLoop::request(server.url("/p?q"), "POST", "body"), [](RequestOptions& options) {
        options.userAgent = "engine/1";
        options.compressed = true;
      });
  request->headers = {{"X-B", "2"}, {"X-A", "1"}};
  loop.fetch(request);
  ASSERT_EQ(server.seen().size(), 1u);
  const std::string head = server.seen()[0].head;
  const std::string expected = "POST /p?q HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                               "\r\nUser-Agent: engine/1\r\nAccept: */*\r\nAccept-Encoding: ";
  EXPECT_EQ(head.substr(0, expected.size()), expected);
  EXPECT_EQ(head.substr(head.find("\r\nX-B")), "\r\nX-B: 2\r\nX-A: 1\r\nContent-Length: 4");
}

TEST_F(WireTransportTest, UrlsOfOneOriginAreReadAlike) {
  LoopbackServer server(LoopbackServer::answering(response("200 OK", "")));
  const auto first = ExchangeLoop::request(server.url("/"));
  // The second of each pair differs in nothing but that it comes after another of the same origin and options.
  std::vector<std::string> fresh;
  std::vector<std::string> known;
  const char* const paths[] = {"",
                               "/",
                               "/a%20b",
                               "/a b?c d",
                               "?q=1",
                               "/x/../y",
                               "/./x",
                               "/p?q#frag",
                               "/p#",
                               "/p?",
                               "/p?#f",
                               "//double",
                               "/\xc3\xa9?\xc3\xa9",
                               "/%7e~!$&'()*+,;=:@",
                               "/p?a=/../b"};
  const auto outcome = [&server](ExchangeLoop& on, std::shared_ptr<PreparedRequest> request) {
    const std::string url = on.fetch(std::move(request)).response.effectiveUrl;
    return url + " " + server.seen().back().target;
  };
  for (const char* path : paths) {
    ExchangeLoop alone([](Poller& poller) { return std::make_unique<WireTransport>(poller, WireLimits{}); });
    fresh.push_back(outcome(alone, ExchangeLoop::request(server.url(path))));
    loop.fetch(first);
    auto request = std::make_shared<PreparedRequest>();
    request->options = first->options;
    request->method = "GET";
    request->url = server.url(path);
    known.push_back(outcome(loop, request));
  }
  EXPECT_EQ(known, fresh);
  EXPECT_EQ(fresh[3].substr(fresh[3].find(' '), 9), " /a%20b?c");
  EXPECT_EQ(fresh[5].substr(fresh[5].find(' ')), " /y");
}

TEST_F(WireTransportTest, TakesTheWarmestConnection) {
  LoopbackServer server([](ServerConnection& connection) {
    while (connection.readRequest()) connection.write(response("200 OK", std::to_string(connection.number())));
  });
  const auto request = ExchangeLoop::request(server.url());
  std::vector<std::string> order;
  loop.afterwards = [&](Exchange& exchange) { order.push_back(exchange.response.body); };
  for (int index = 0; index < 3; ++index) loop.start(request);
  EXPECT_TRUE(loop.finish());
  EXPECT_EQ(std::set<std::string>(order.begin(), order.end()).size(), 3u);
  const std::string last = order[2];
  for (int index = 0; index < 3; ++index) EXPECT_EQ(loop.fetch(request).response.body, last);
  EXPECT_EQ(server.connections(), 3);
}

TEST_F(WireTransportTest, RequestsShareConnectionsWhenTheirOptionsConnectAlike) {
  LoopbackServer server(LoopbackServer::answering(response("200 OK", "ok")));
  const auto request = ExchangeLoop::request(server.url("/a"));
  loop.fetch(request);
  loop.fetch(ExchangeLoop::request(server.url("/b"), "POST", "x"));
  loop.fetch(ExchangeLoop::with(*request, [](RequestOptions& options) { options.followRedirects = false; }));
  EXPECT_EQ(server.connections(), 1);
  loop.fetch(ExchangeLoop::with(*request, [](RequestOptions& options) { options.insecure = true; }));
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(WireTransportTest, DropsIdleConnectionsThatTheServerCloses) {
  LoopbackServer server([](ServerConnection& connection) {
    if (connection.readRequest()) connection.write(response("200 OK", "ok"));
    connection.sleep(20ms);
  });
  const auto request = ExchangeLoop::request(server.url());
  for (int index = 0; index < 5; ++index) loop.start(request);
  EXPECT_TRUE(loop.finish());
  EXPECT_TRUE(loop.runUntil([this] { return loop.transport().openConnections() == 0; }, 5000));
  EXPECT_EQ(loop.fetch(request).retries, 0);
  EXPECT_EQ(loop.transport().connectionsOpened(), 6u);
}

// Starts a request on an idle connection and lets the answer and what follows it arrive before anybody looks.
void startUnseen(ExchangeLoop& loop, const std::shared_ptr<PreparedRequest>& request) {
  loop.start(request);
  std::this_thread::sleep_for(50ms);
}

TEST_F(WireTransportTest, AnEndThatCameWithTheResponseIsSeenWithIt) {
  LoopbackServer server([](ServerConnection& connection) {
    if (connection.readRequest()) connection.write(response("200 OK", "first"));
    if (connection.readRequest()) connection.write(response("200 OK", "last"));
  });
  const auto request = ExchangeLoop::request(server.url());
  loop.fetch(request);
  startUnseen(loop, request);
  bool isFirst = true;
  loop.afterwards = [&](Exchange& exchange) {
    EXPECT_EQ(exchange.error, ErrorCode::kNone) << exchange.errorMessage;
    if (!std::exchange(isFirst, false)) return;
    EXPECT_EQ(exchange.response.body, "last");
    // Not on the connection that has ended, where it would have to be repeated.
    exchange.reset();
    loop.transport().start(exchange);
  };
  EXPECT_TRUE(loop.finish());
  EXPECT_EQ(loop.done, 3);
  EXPECT_EQ(server.requests(), 3);
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(WireTransportTest, ABodyToTheEndOfTheStreamThatCameAtOnceIsWhole) {
  limits.receiveBufferBytes = 1024;
  ExchangeLoop small([this](Poller& poller) { return std::make_unique<WireTransport>(poller, limits, this); });
  // More than one event's receives.
  const std::string body(40'000, 'b');
  LoopbackServer server([&body](ServerConnection& connection) {
    if (connection.readRequest()) connection.write(response("200 OK", "first"));
    if (connection.readRequest()) connection.write("HTTP/1.1 200 OK\r\n\r\n" + body);
  });
  const auto request = ExchangeLoop::request(server.url());
  small.fetch(request);
  Exchange* last = nullptr;
  small.afterwards = [&last](Exchange& exchange) { last = &exchange; };
  startUnseen(small, request);
  EXPECT_TRUE(small.finish());
  ASSERT_NE(last, nullptr);
  EXPECT_EQ(last->error, ErrorCode::kNone) << last->errorMessage;
  EXPECT_EQ(last->response.body, body);
}

TEST_F(WireTransportTest, WhatAFullBufferLeavesBehindEndsTheConnection) {
  limits.receiveBufferBytes = 1024;
  ExchangeLoop small([this](Poller& poller) { return std::make_unique<WireTransport>(poller, limits, this); });
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 900\r\nX: ";
  const std::string padding(1024 - 900 - 4 - head.size(), 'x');
  LoopbackServer server([&](ServerConnection& connection) {
    while (connection.readRequest()) {
      connection.write(head + padding + "\r\n\r\n" + std::string(900, 'b') + "not asked");
    }
  });
  const auto request = ExchangeLoop::request(server.url());
  small.fetch(request);
  EXPECT_TRUE(small.runUntil([&small] { return small.transport().openConnections() == 0; }, 5000));
}

TEST_F(WireTransportTest, UnaskedBytesEndAConnection) {
  LoopbackServer server([](ServerConnection& connection) {
    while (connection.readRequest()) {
      connection.write(response("200 OK", "asked") + response("200 OK", "not asked"));
    }
  });
  const auto request = ExchangeLoop::request(server.url());
  for (int index = 0; index < 3; ++index) EXPECT_EQ(loop.fetch(request).response.body, "asked");
  EXPECT_EQ(server.connections(), 3);
}

// A server that answers one request on each connection and closes it when the next one comes.
LoopbackServer::Script closesOnTheSecond() {
  return [](ServerConnection& connection) {
    if (connection.readRequest()) connection.write(response("200 OK", "ok"));
    connection.readRequest();
  };
}

TEST_F(WireTransportTest, SendsIdempotentRequestsAgainOnce) {
  LoopbackServer server(closesOnTheSecond());
  for (const char* method : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}) {
    loop.fetch(ExchangeLoop::request(server.url()));
    const Exchange& exchange = loop.fetch(ExchangeLoop::request(server.url(), method));
    EXPECT_EQ(exchange.error, ErrorCode::kNone) << method << exchange.errorMessage;
    EXPECT_EQ(exchange.retries, 1) << method;
    EXPECT_FALSE(exchange.connectionReused);
    EXPECT_GT(exchange.phases.connectUs, 0);
  }
}

TEST_F(WireTransportTest, DoesNotRepeatWhatMayHaveBeenDone) {
  LoopbackServer server(closesOnTheSecond());
  loop.fetch(ExchangeLoop::request(server.url()));
  const Exchange& exchange = loop.fetch(ExchangeLoop::request(server.url(), "POST", "x"));
  EXPECT_EQ(exchange.error, ErrorCode::kConnectionClosed);
  EXPECT_EQ(exchange.retries, 0);
  EXPECT_TRUE(exchange.connectionReused);
}

TEST_F(WireTransportTest, AFreshConnectionThatEndsIsNoReasonToTryAgain) {
  LoopbackServer server([](ServerConnection& connection) { connection.readRequest(); });
  const Exchange& exchange = loop.fetch(ExchangeLoop::request(server.url()));
  EXPECT_EQ(exchange.error, ErrorCode::kConnectionClosed);
  EXPECT_EQ(exchange.retries, 0);
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(WireTransportTest, AnAnswerThatHasBegunIsNotAskedForAgain) {
  LoopbackServer server([](ServerConnection& connection) {
    if (connection.readRequest()) connection.write(response("200 OK", "ok"));
    if (connection.readRequest()) connection.write("H");
  });
  loop.fetch(ExchangeLoop::request(server.url()));
  EXPECT_EQ(loop.fetch(ExchangeLoop::request(server.url())).error, ErrorCode::kConnectionClosed);
  EXPECT_EQ(server.requests(), 2);
}

TEST_F(WireTransportTest, ARetryKeepsTheDeadline) {
  LoopbackServer server([](ServerConnection& connection) {
    if (connection.number() > 0) {
      connection.sleep(5s);
      return;
    }
    if (connection.readRequest()) connection.write(response("200 OK", "ok"));
    if (connection.readRequest()) connection.sleep(100ms);
  });
  const auto request = ExchangeLoop::with(*ExchangeLoop::request(server.url()),
                                          [](RequestOptions& options) { options.timeoutMs = 200; });
  loop.fetch(request);
  const Exchange& exchange = loop.fetch(request);
  EXPECT_EQ(exchange.error, ErrorCode::kTimeout);
  EXPECT_EQ(exchange.retries, 1);
  EXPECT_LT(exchange.clocks.doneNs - exchange.clocks.sentNs, 290 * kNsPerMs);
}

TEST_F(WireTransportTest, HonoursConnectionCloseOfTheRequest) {
  LoopbackServer server(LoopbackServer::answering(response("200 OK", "ok")));
  auto request = ExchangeLoop::request(server.url());
  request->headers = {{"Connection", "close"}};
  loop.fetch(request);
  loop.fetch(request);
  EXPECT_EQ(server.connections(), 2);
  EXPECT_EQ(loop.transport().openConnections(), 0u);
}

TEST_F(WireTransportTest, TimesOutInOrderOfStart) {
  LoopbackServer server([](ServerConnection& connection) {
    if (connection.readRequest()) connection.sleep(5s);
  });
  const auto short_ =
      ExchangeLoop::with(*ExchangeLoop::request(server.url()), [](RequestOptions& options) { options.timeoutMs = 60; });
  const auto long_ = ExchangeLoop::with(*ExchangeLoop::request(server.url()),
                                        [](RequestOptions& options) { options.timeoutMs = 120; });
  std::vector<Exchange*> order;
  loop.afterwards = [&](Exchange& exchange) { order.push_back(&exchange); };
  Exchange& first = loop.start(long_);
  Exchange& second = loop.start(short_);
  Exchange& third = loop.start(short_);
  EXPECT_TRUE(loop.finish());
  EXPECT_EQ(order, (std::vector<Exchange*>{&second, &third, &first}));
  for (const Exchange* exchange : order) EXPECT_EQ(exchange->error, ErrorCode::kTimeout);
  EXPECT_EQ(loop.transport().nextDeadlineNs(), kNever);
}

TEST_F(WireTransportTest, NoTimeoutMeansNone) {
  LoopbackServer server([](ServerConnection& connection) {
    if (!connection.readRequest()) return;
    connection.sleep(100ms);
    connection.write(response("200 OK", "late"));
  });
  const Exchange& exchange = loop.fetch(
      ExchangeLoop::with(*ExchangeLoop::request(server.url()), [](RequestOptions& options) { options.timeoutMs = 0; }));
  EXPECT_EQ(exchange.response.body, "late");
}

TEST_F(WireTransportTest, MeasuresPhases) {
  LoopbackServer server([](ServerConnection& connection) {
    while (connection.readRequest()) {
      connection.sleep(30ms);
      connection.write("HTTP/1.1 103 Early Hints\r\n\r\n");
      connection.sleep(30ms);
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
      connection.sleep(30ms);
      connection.write("ok");
    }
  });
  const auto request = ExchangeLoop::request(server.url());
  for (int index = 0; index < 2; ++index) {
    const Exchange& exchange = loop.fetch(request);
    EXPECT_GE(exchange.phases.firstByteUs, 59'000);
    EXPECT_LT(exchange.phases.firstByteUs, 1'000'000);
    // A first byte that is read late leaves less of the download.
    EXPECT_GE(exchange.phases.firstByteUs + exchange.phases.downloadUs, 89'000);
    EXPECT_GE(exchange.phases.downloadUs, 5'000);
    EXPECT_EQ(exchange.phases.connectUs > 0, index == 0);
    EXPECT_LE((exchange.phases.firstByteUs + exchange.phases.downloadUs) * kNsPerUs,
              exchange.clocks.doneNs - exchange.clocks.sentNs);
  }
}

TEST_F(WireTransportTest, HandsRedirectsOver) {
  LoopbackServer server(LoopbackServer::answering(
      response("302 Found", "moved", "Location: /next\r\nSet-Cookie: a=b; Path=/\r\nX-Other: c\r\n")));
  takesRedirects = true;
  Exchange exchange;
  exchange.sink = &loop;
  exchange.request = ExchangeLoop::request(server.url());
  loop.transport().start(exchange);
  EXPECT_TRUE(loop.finish());
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0], &exchange);
  EXPECT_EQ(locations, std::vector<std::string>{"/next"});
  EXPECT_EQ(redirectBlock, "Set-Cookie: a=b; Path=/\r\n");
  EXPECT_EQ(exchange.response.status, 302);
  EXPECT_GT(exchange.clocks.doneNs, exchange.clocks.sentNs);
  EXPECT_EQ(loop.done, 0);
  EXPECT_EQ(loop.transport().inFlight(), 0u);

  // Not taken: the exchange ends with what the server said.
  takesRedirects = false;
  EXPECT_EQ(loop.fetch(exchange.request).response.status, 302);
  EXPECT_EQ(loop.done, 1);
  // Not to be followed: nobody is asked.
  loop.fetch(ExchangeLoop::with(*exchange.request, [](RequestOptions& options) { options.followRedirects = false; }));
  EXPECT_EQ(locations.size(), 2u);
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(WireTransportTest, OnlyRedirectsWithALocationAreRedirects) {
  LoopbackServer server([](ServerConnection& connection) {
    while (const auto request = connection.readRequest()) {
      connection.write(request->target == "/300" ? response("300 Choices", "", "Location: /x\r\n")
                                                 : response("301 Moved", ""));
    }
  });
  EXPECT_EQ(loop.fetch(ExchangeLoop::request(server.url("/300"))).response.status, 300);
  EXPECT_EQ(loop.fetch(ExchangeLoop::request(server.url("/301"))).response.status, 301);
  EXPECT_TRUE(locations.empty());
}

TEST_F(WireTransportTest, KeepsManyDifferentRequestsApart) {
  LoopbackServer server([](ServerConnection& connection) {
    while (const auto request = connection.readRequest()) connection.write(response("200 OK", request->target));
  });
  std::vector<std::shared_ptr<PreparedRequest>> requests;
  for (int index = 0; index < 300; ++index) {
    requests.push_back(ExchangeLoop::request(server.url().append(std::to_string(index))));
  }
  int wrong = 0;
  loop.afterwards = [&](Exchange& exchange) {
    if (!exchange.request->url.ends_with(exchange.response.body) || exchange.response.body.empty()) ++wrong;
  };
  for (int round = 0; round < 3; ++round) {
    for (std::size_t index = 0; index < requests.size(); ++index) {
      loop.start(requests[index]);
      if (index % 20 == 19) {
        EXPECT_TRUE(loop.finish());
      }
    }
  }
  EXPECT_EQ(loop.done, 900);
  EXPECT_EQ(wrong, 0);
}

TEST_F(WireTransportTest, MakesNoMoreConnectionsAtATimeThanAllowed) {
  limits.maxConnecting = 4;
  ExchangeLoop few([this](Poller& poller) { return std::make_unique<WireTransport>(poller, limits); });
  SteadyServer server(response("200 OK", "ok"));
  const auto request = ExchangeLoop::request(server.url());
  for (int index = 0; index < 200; ++index) few.start(request);
  EXPECT_EQ(few.transport().inFlight(), 200u);
  EXPECT_TRUE(few.finish());
  EXPECT_EQ(few.done, 200);
  EXPECT_EQ(server.connections(), 200u);
}

TEST_F(WireTransportTest, AnUnreachableTargetFailsEveryExchange) {
  const auto request = ExchangeLoop::request("http://127.0.0.1:" + std::to_string(closedPort()) + "/");
  int refused = 0;
  int again = 500;
  loop.afterwards = [&](Exchange& exchange) {
    if (exchange.error == ErrorCode::kConnectionFailed && exchange.osError == ECONNREFUSED) ++refused;
    if (--again <= 0) return;
    exchange.reset();
    loop.transport().start(exchange);
  };
  for (int index = 0; index < 10; ++index) loop.start(request);
  EXPECT_TRUE(loop.finish());
  EXPECT_EQ(refused, 509);
  EXPECT_EQ(loop.transport().openConnections(), 0u);
}

TEST_F(WireTransportTest, RunningOutOfDescriptorsIsAFailureOfTheConnection) {
  SteadyServer server(response("200 OK", "ok"));
  const auto request = ExchangeLoop::request(server.url());
  EXPECT_EQ(loop.fetch(request).error, ErrorCode::kNone);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit tight = before;
  const int next = dup(0);
  ::close(next);
  tight.rlim_cur = static_cast<rlim_t>(next);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &tight), 0);
  std::vector<Exchange*> started;
  for (int index = 0; index < 5; ++index) started.push_back(&loop.start(request));
  EXPECT_TRUE(loop.finish());
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  int failed = 0;
  for (const Exchange* exchange : started) {
    if (exchange->error == ErrorCode::kNone) continue;
    ++failed;
    EXPECT_EQ(exchange->error, ErrorCode::kConnectionFailed) << exchange->errorMessage;
  }
  // One had the idle connection.
  EXPECT_EQ(failed, 4);
  EXPECT_EQ(loop.fetch(request).error, ErrorCode::kNone);
}

TEST_F(WireTransportTest, EndsWithExchangesInFlight) {
  LoopbackServer server([](ServerConnection& connection) {
    while (connection.readRequest()) connection.sleep(5s);
  });
  {
    ExchangeLoop other([](Poller& poller) { return std::make_unique<WireTransport>(poller, WireLimits{}); });
    for (int index = 0; index < 3; ++index) other.start(ExchangeLoop::request(server.url()));
    EXPECT_TRUE(other.runUntil([&] { return server.requests() == 3; }));
    other.start(ExchangeLoop::request(server.url()));
    EXPECT_EQ(other.done, 0);
  }
  SUCCEED();
}

TEST_F(WireTransportTest, ResumesTlsSessions) {
  const TlsIdentity identity;
  if (!identity.made()) GTEST_SKIP() << "built without OpenSSL's headers";
  LoopbackServer::Options options;
  options.tls = &identity;
  std::atomic<int> resumed{0};
  LoopbackServer server(
      [&resumed](ServerConnection& connection) {
        if (connection.resumedTls()) resumed.fetch_add(1);
        if (connection.readRequest()) connection.write(response("200 OK", "ok", "Connection: close\r\n"));
      },
      options);
  const auto request = ExchangeLoop::with(*ExchangeLoop::request(server.url()),
                                          [&](RequestOptions& chosen) { chosen.caFile = identity.authorityFile(); });
  for (int index = 0; index < 50; ++index) {
    const Exchange& exchange = loop.fetch(request);
    ASSERT_EQ(exchange.error, ErrorCode::kNone) << exchange.errorMessage;
  }
  EXPECT_EQ(loop.transport().connectionsOpened(), 50u);
  EXPECT_EQ(loop.transport().openConnections(), 0u);
  EXPECT_GE(resumed.load(), 45);
}

TEST_F(WireTransportTest, TenThousandConnections) {
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  // Both ends are in this process.
  const auto wanted = static_cast<int>(std::min<rlim_t>(10'000, (limit.rlim_max - 500) / 2));
  SteadyServer server(response("200 OK", "ok"));
  const auto request = ExchangeLoop::with(*ExchangeLoop::request(server.url()),
                                          [](RequestOptions& options) { options.timeoutMs = 60'000; });
  int left = wanted * 3;
  int failed = 0;
  loop.afterwards = [&](Exchange& exchange) {
    if (exchange.error != ErrorCode::kNone && failed++ == 0) ADD_FAILURE() << exchange.errorMessage;
    if (--left < wanted) return;
    exchange.reset();
    loop.transport().start(exchange);
  };
  for (int index = 0; index < wanted; ++index) loop.start(request, 0);
  EXPECT_TRUE(loop.finish(60'000));
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(loop.done, wanted * 3);
  EXPECT_EQ(server.connections(), static_cast<std::uint64_t>(wanted));
  EXPECT_EQ(loop.transport().openConnections(), static_cast<std::size_t>(wanted));
}

TEST(WireChoice, TakesWhatItCanCarry) {
  const auto why = [](const std::function<void(PreparedRequest&, RequestOptions&)>& change) {
    PreparedRequest request;
    RequestOptions options;
    request.method = "GET";
    request.url = "http://example.com/{{path}}";
    change(request, options);
    request.options = std::make_shared<RequestOptions>(options);
    return WireTransport::whyNot(request);
  };
  using Options = RequestOptions;
  using Request = PreparedRequest;
  EXPECT_EQ(why([](Request&, Options&) {}), "");
  EXPECT_EQ(why([](Request& request, Options&) { request.url = "https://example.com/"; }), "");
  EXPECT_EQ(why([](Request&, Options& options) { options.httpVersion = HttpVersion::k11; }), "");
  EXPECT_EQ(why([](Request&, Options& options) { options.proxy = "socks5://127.0.0.1:1080"; }), "");
  EXPECT_EQ(why([](Request& request, Options&) { request.headers = {{"Content-Length", "0"}, {"X", "y"}}; }), "");
  EXPECT_EQ(why([](Request& request, Options& options) {
              request.url = "https://example.com/";
              options.proxy = "http://127.0.0.1:3128";
            }),
            "");
  EXPECT_EQ(why([](Request&, Options& options) {
              options.proxy = "http://127.0.0.1:3128";
              options.noProxy = "localhost, .example.com,example.com";
            }),
            "");

  EXPECT_NE(why([](Request&, Options& options) { options.proxy = "http://127.0.0.1:3128"; }), "");
  EXPECT_NE(why([](Request&, Options& options) { options.httpVersion = HttpVersion::k2; }), "");
  EXPECT_NE(why([](Request&, Options& options) { options.httpVersion = HttpVersion::k2PriorKnowledge; }), "");
  EXPECT_NE(why([](Request&, Options& options) { options.httpVersion = HttpVersion::k3; }), "");
  EXPECT_NE(why([](Request&, Options& options) { options.auth = ChallengeAuth::kDigest; }), "");
  EXPECT_NE(why([](Request&, Options& options) { options.auth = ChallengeAuth::kNtlm; }), "");
  EXPECT_NE(why([](Request& request, Options&) { request.headers = {{"expect", "100-continue"}}; }), "");
  EXPECT_NE(why([](Request& request, Options&) { request.headers = {{"Transfer-Encoding", "chunked"}}; }), "");
  EXPECT_NE(why([](Request& request, Options&) { request.headers = {{"Content-Length", "7"}}; }), "");
}

}  // namespace
}  // namespace vayu::test
