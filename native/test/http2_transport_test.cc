// What the wire's HTTP/2 alone promises: its connections and streams, retries, limits and choice of requests. What it shares with
// CurlTransport is in http2_parity_test.cc.
#include "engine/http2_transport.h"

#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <thread>

#include "curl/openssl.h"
#include "engine/load_transport.h"
#include "engine/wire_choice.h"
#include "test/support/exchange_loop.h"
#include "test/support/http2_server.h"
#include "test/support/prior_knowledge.h"
#include "test/support/tls_identity.h"

namespace vayu::test {
namespace {

using namespace std::chrono_literals;

class Http2TransportTest : public testing::Test, public Http2Handover {
 protected:
  static void SetUpTestSuite() { std::signal(SIGPIPE, SIG_IGN); }

  bool onRedirect(Exchange& exchange, std::string_view location) override {
    locations.emplace_back(location);
    redirectBlock = exchange.response.headerBlock;
    if (takesRedirects) taken.push_back(&exchange);
    return takesRedirects;
  }
  void onHttp11(Exchange& exchange) override { taken.push_back(&exchange); }

  static std::function<void(RequestOptions&)> timeoutOf(std::int64_t timeMs) {
    return [timeMs](RequestOptions& options) { options.timeoutMs = timeMs; };
  }

  Http2Limits limits;
  bool takesRedirects = false;
  std::vector<std::string> locations;
  std::string redirectBlock;
  std::vector<Exchange*> taken;
  ExchangeLoop loop{[this](Poller& poller) { return makeHttp2Transport(poller, limits, *this); }};
};

TEST_F(Http2TransportTest, ExchangesShareConnectionsUpToTheLimit) {
  limits.streamsPerConnection = 4;
  ExchangeLoop few([this](Poller& poller) { return makeHttp2Transport(poller, limits, *this); });
  Http2Server server(Http2Server::answering(200, "ok"));
  const auto request = prior(server.url());
  int left = 400;
  int reused = 0;
  few.afterwards = [&](Exchange& exchange) {
    reused += exchange.connectionReused ? 1 : 0;
    if (--left <= 0) return;
    exchange.reset();
    few.transport().start(exchange);
  };
  for (int index = 0; index < 10; ++index) few.start(request);
  EXPECT_TRUE(few.finish());
  EXPECT_EQ(few.done, 409);
  EXPECT_EQ(server.connections(), 3);
  EXPECT_EQ(few.transport().openConnections(), 3u);
  EXPECT_EQ(reused, 406);
  EXPECT_LE(server.mostStreams(), 4u);
}

TEST_F(Http2TransportTest, OneConnectionCarriesAllThatFit) {
  Http2Server server([](Http2Peer& peer, const Http2Seen& seen) {
    if (seen.id == 1) peer.connection().sleep(30ms);
    peer.respond(seen.id, 200, seen.path());
  });
  std::vector<Exchange*> started;
  for (int index = 0; index < 32; ++index) {
    started.push_back(&loop.start(prior(server.url().append(std::to_string(index)))));
  }
  EXPECT_TRUE(loop.finish());
  for (int index = 0; index < 32; ++index) {
    EXPECT_EQ(started[static_cast<std::size_t>(index)]->response.body, "/" + std::to_string(index));
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(Http2TransportTest, AnEndThatCameWithTheResponseIsSeenWithIt) {
  Http2Server server([](Http2Peer& peer, const Http2Seen& seen) {
    peer.respond(seen.id, 200, seen.path());
    if (seen.path() != "/last") return;
    peer.flush();
    peer.connection().close();
  });
  loop.fetch(prior(server.url("/first")));
  Exchange& last = loop.start(prior(server.url("/last")));
  // Lets it go out, and the answer arrive before anybody looks.
  loop.transport().drive(nowNs());
  std::this_thread::sleep_for(50ms);
  EXPECT_TRUE(loop.finish());
  EXPECT_EQ(last.error, ErrorCode::kNone) << last.errorMessage;
  EXPECT_EQ(last.response.body, "/last");
  EXPECT_TRUE(loop.runUntil([this] { return loop.transport().openConnections() == 0; }, 5000));
  EXPECT_EQ(loop.fetch(prior(server.url("/after"))).retries, 0);
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(Http2TransportTest, AnswersOfManyReceivesAtOnceAreWhole) {
  limits.receiveBufferBytes = 1024;
  ExchangeLoop small([this](Poller& poller) { return makeHttp2Transport(poller, limits, *this); });
  const std::string body(40'000, 'b');
  Http2Server server(Http2Server::answering(200, body));
  small.fetch(prior(server.url()));
  Exchange& exchange = small.start(prior(server.url()));
  small.transport().drive(nowNs());
  std::this_thread::sleep_for(50ms);
  EXPECT_TRUE(small.finish());
  EXPECT_EQ(exchange.response.body, body);
}

TEST_F(Http2TransportTest, HonoursTheServersLimit) {
  Http2Server server(
      [](Http2Peer& peer, const Http2Seen& seen) {
        peer.connection().sleep(1ms);
        peer.respond(seen.id, 200, "ok");
      },
      {nullptr, 2});
  const auto request = prior(server.url());
  int failed = 0;
  int left = 60;
  loop.afterwards = [&](Exchange& exchange) {
    failed += exchange.error != ErrorCode::kNone ? 1 : 0;
    if (--left <= 0) return;
    exchange.reset();
    loop.transport().start(exchange);
  };
  // The first are sent before the server has said what it allows.
  for (int index = 0; index < 8; ++index) loop.start(request);
  EXPECT_TRUE(loop.finish());
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(loop.done, 67);
  EXPECT_EQ(server.connections(), 4);
}

TEST_F(Http2TransportTest, ALimitMayBeLoweredAndRaised) {
  Http2Server server([](Http2Peer& peer, const Http2Seen& seen) {
    if (seen.path() == "/lower") peer.setMaxStreams(1);
    if (seen.path() == "/raise") peer.setMaxStreams(100);
    peer.flush();
    peer.respond(seen.id, 200, "ok");
  });
  EXPECT_EQ(loop.fetch(prior(server.url("/lower"))).error, ErrorCode::kNone);
  for (int index = 0; index < 3; ++index) loop.start(prior(server.url()));
  EXPECT_TRUE(loop.finish());
  EXPECT_EQ(server.connections(), 3);
  EXPECT_EQ(loop.fetch(prior(server.url("/raise"))).error, ErrorCode::kNone);
  for (int index = 0; index < 20; ++index) loop.start(prior(server.url()));
  EXPECT_TRUE(loop.finish());
  EXPECT_EQ(server.connections(), 3);
}

TEST_F(Http2TransportTest, RefusedStreamsAreSentAgain) {
  std::atomic<int> refusals{2};
  Http2Server server([&refusals](Http2Peer& peer, const Http2Seen& seen) {
    if (refusals.fetch_sub(1) > 0) {
      peer.reset(seen.id, NGHTTP2_REFUSED_STREAM);
    } else {
      peer.respond(seen.id, 200, seen.body);
    }
  });
  // Whatever the method: nothing has been done.
  const Exchange& exchange = loop.fetch(prior(server.url(), "POST", "once"));
  EXPECT_EQ(exchange.error, ErrorCode::kNone) << exchange.errorMessage;
  EXPECT_EQ(exchange.response.body, "once");
  EXPECT_EQ(exchange.retries, 2);
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(Http2TransportTest, AGoawayReplacesTheConnectionAndLosesNothing) {
  Http2Server server([](Http2Peer& peer, const Http2Seen& seen) {
    peer.respond(seen.id, 200, std::to_string(seen.connection));
    if (seen.id % 20 == 19) peer.goaway(seen.id, NGHTTP2_NO_ERROR);
  });
  const auto request = prior(server.url(), "POST", "x");
  int failed = 0;
  int left = 200;
  loop.afterwards = [&](Exchange& exchange) {
    failed += exchange.error != ErrorCode::kNone ? 1 : 0;
    if (--left <= 0) return;
    exchange.reset();
    loop.transport().start(exchange);
  };
  for (int index = 0; index < 5; ++index) loop.start(request);
  EXPECT_TRUE(loop.finish());
  EXPECT_EQ(failed, 0);
  EXPECT_GE(server.connections(), 10);
  EXPECT_LE(loop.transport().openConnections(), 2u);
}

TEST_F(Http2TransportTest, StreamsThatAGoawayCountsInAreFinished) {
  Http2Server server([](Http2Peer& peer, const Http2Seen& seen) {
    if (seen.connection > 0) {
      peer.respond(seen.id, 200, "second");
      return;
    }
    peer.goaway(seen.id, NGHTTP2_NO_ERROR);
    peer.flush();
    peer.connection().sleep(30ms);
    peer.respond(seen.id, 200, "first");
  });
  const Exchange& first = loop.start(prior(server.url()));
  EXPECT_TRUE(loop.runUntil([&] { return server.requests() == 1; }));
  loop.runFor(10);
  const Exchange& second = loop.fetch(prior(server.url()));
  EXPECT_EQ(first.response.body, "first") << first.errorMessage;
  EXPECT_EQ(second.response.body, "second") << second.errorMessage;
  EXPECT_EQ(loop.transport().openConnections(), 1u);
}

// Answers the first request of each connection and closes it when the second comes.
Http2Server::Handler closesOnTheSecond() {
  return [](Http2Peer& peer, const Http2Seen& seen) {
    if (seen.id == 1) {
      peer.respond(seen.id, 200, "ok");
    } else {
      peer.connection().close();
    }
  };
}

TEST_F(Http2TransportTest, SendsIdempotentRequestsAgainOnce) {
  Http2Server server(closesOnTheSecond());
  loop.fetch(prior(server.url()));
  const Exchange& exchange = loop.fetch(prior(server.url()));
  EXPECT_EQ(exchange.error, ErrorCode::kNone) << exchange.errorMessage;
  EXPECT_EQ(exchange.retries, 1);
  EXPECT_FALSE(exchange.connectionReused);
  EXPECT_GT(exchange.phases.connectUs, 0);
}

TEST_F(Http2TransportTest, DoesNotRepeatWhatMayHaveBeenDone) {
  Http2Server server(closesOnTheSecond());
  loop.fetch(prior(server.url()));
  const Exchange& exchange = loop.fetch(prior(server.url(), "POST", "x"));
  EXPECT_EQ(exchange.error, ErrorCode::kConnectionClosed);
  EXPECT_EQ(exchange.retries, 0);
  EXPECT_TRUE(exchange.connectionReused);
  Http2Server once([](Http2Peer& peer, const Http2Seen&) { peer.connection().close(); });
  EXPECT_EQ(loop.fetch(prior(once.url())).retries, 0);
  EXPECT_EQ(once.connections(), 1);
}

TEST_F(Http2TransportTest, ALostConnectionEndsEachOfItsStreams) {
  Http2Server server([](Http2Peer& peer, const Http2Seen& seen) {
    if (seen.path() == "/last") peer.connection().close();
  });
  for (int index = 0; index < 5; ++index) loop.start(prior(server.url()));
  EXPECT_TRUE(loop.runUntil([&] { return server.requests() == 5; }));
  int closed = 0;
  loop.afterwards = [&](Exchange& exchange) { closed += exchange.error == ErrorCode::kConnectionClosed ? 1 : 0; };
  loop.start(prior(server.url("/last")));
  EXPECT_TRUE(loop.finish());
  EXPECT_EQ(closed, 6);
  EXPECT_EQ(loop.transport().openConnections(), 0u);
}

TEST_F(Http2TransportTest, ATimeoutEndsOneStreamOnly) {
  std::atomic<bool> go{false};
  Http2Server server([&go](Http2Peer& peer, const Http2Seen& seen) {
    if (seen.path() == "/never") return;
    while (!go.load() && peer.connection().sleep(1ms)) {
    }
    peer.respond(seen.id, 200, "ok");
  });
  // With the same time to connect, so that they share connections.
  const auto lasting = [](std::int64_t timeMs) {
    return [timeMs](RequestOptions& options) {
      options.timeoutMs = timeMs;
      options.connectTimeoutMs = 5000;
    };
  };
  const Exchange& never = loop.start(prior(server.url("/never"), "GET", {}, lasting(60)));
  EXPECT_TRUE(loop.runUntil([&] { return server.requests() == 1; }));
  const Exchange& other = loop.start(prior(server.url("/other"), "GET", {}, lasting(10'000)));
  EXPECT_TRUE(loop.runUntil([&] { return loop.done == 1; }));
  EXPECT_EQ(never.error, ErrorCode::kTimeout);
  go = true;
  EXPECT_TRUE(loop.finish());
  EXPECT_EQ(other.response.body, "ok") << other.errorMessage;
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(loop.transport().openConnections(), 1u);
}

TEST_F(Http2TransportTest, AHandshakeThatHangsTimesOut) {
  LoopbackServer silent([](ServerConnection& connection) { connection.sleep(5s); });
  const TlsIdentity identity;
  if (!identity.made() || !whyNotOpenSsl().empty()) GTEST_SKIP() << "built without OpenSSL's headers";
  const auto request = prior("https://127.0.0.1:" + std::to_string(silent.port()) + "/", "GET", {}, timeoutOf(80));
  int left = 5;
  std::vector<std::int64_t> took;
  loop.afterwards = [&](Exchange& exchange) {
    EXPECT_EQ(exchange.error, ErrorCode::kTimeout) << exchange.errorMessage;
    took.push_back((exchange.clocks.doneNs - exchange.clocks.sentNs) / kNsPerMs);
    if (--left <= 0) return;
    exchange.reset();
    loop.transport().start(exchange);
  };
  for (int index = 0; index < 2; ++index) loop.start(request);
  EXPECT_TRUE(loop.finish());
  EXPECT_EQ(took.size(), 6u);
  // None is blamed for what others waited.
  for (const std::int64_t timeMs : took) EXPECT_GE(timeMs, 75);
  EXPECT_EQ(loop.transport().openConnections(), 0u);
}

TEST_F(Http2TransportTest, AnUnreachableTargetFailsEveryExchange) {
  const auto request = prior("http://127.0.0.1:" + std::to_string(closedPort()) + "/");
  int refused = 0;
  int again = 200;
  loop.afterwards = [&](Exchange& exchange) {
    if (exchange.error == ErrorCode::kConnectionFailed && exchange.osError == ECONNREFUSED) ++refused;
    if (--again <= 0) return;
    exchange.reset();
    loop.transport().start(exchange);
  };
  for (int index = 0; index < 50; ++index) loop.start(request);
  EXPECT_TRUE(loop.finish());
  EXPECT_EQ(refused, 249);
}

TEST_F(Http2TransportTest, HandsRedirectsOver) {
  Http2Server server(
      Http2Server::answering(302, "moved", {{"location", "/next"}, {"set-cookie", "a=b; Path=/"}, {"x-other", "c"}}));
  takesRedirects = true;
  Exchange exchange;
  exchange.sink = &loop;
  exchange.request = prior(server.url());
  loop.transport().start(exchange);
  EXPECT_TRUE(loop.finish());
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(locations, std::vector<std::string>{"/next"});
  EXPECT_EQ(redirectBlock, "set-cookie: a=b; Path=/\r\n");
  EXPECT_EQ(exchange.response.status, 302);
  EXPECT_GT(exchange.clocks.doneNs, exchange.clocks.sentNs);
  EXPECT_EQ(loop.done, 0);
  takesRedirects = false;
  EXPECT_EQ(loop.fetch(exchange.request).response.status, 302);
  EXPECT_EQ(loop.done, 1);
  loop.fetch(prior(server.url(), "GET", {}, [](RequestOptions& options) { options.followRedirects = false; }));
  EXPECT_EQ(locations.size(), 2u);
}

TEST_F(Http2TransportTest, FollowsRedirectsThroughLibcurl) {
  Http2Server server([](Http2Peer& peer, const Http2Seen& seen) {
    if (seen.path() == "/") {
      peer.respond(seen.id, 302, "", {{"location", "/next"}});
    } else {
      peer.respond(seen.id, 200, "arrived");
    }
  });
  ExchangeLoop both([](Poller& poller) { return std::make_unique<LoadTransport>(poller, 32); });
  const Exchange& exchange = both.fetch(prior(server.url()));
  EXPECT_EQ(exchange.response.body, "arrived") << exchange.errorMessage;
  EXPECT_EQ(exchange.response.redirects, 1);
  EXPECT_EQ(exchange.response.httpVersion, 20);
}

TEST_F(Http2TransportTest, AnAnswerBeforeTheRequestIsReadCounts) {
  // The window keeps most of the body from being sent; the answer comes with its head.
  Http2Server server(Http2Server::answering(200, "read after all"));
  LoopbackServer hasty([](ServerConnection& connection) {
    if (connection.readBytes(24).empty()) return;
    // SETTINGS; HEADERS of stream 1 with ":status: 413" and the end of the stream.
    connection.write(std::string("\0\0\0\4\0\0\0\0\0", 9));
    connection.sleep(30ms);
    connection.write(std::string("\0\0\x05\1\5\0\0\0\1\x08\x03", 11) + "413");
    connection.sleep(100ms);
  });
  const Exchange& exchange = loop.fetch(prior(hasty.url(), "POST", std::string(500'000, 'x')));
  EXPECT_EQ(exchange.response.status, 413) << exchange.errorMessage;
  EXPECT_LT(exchange.bytesSent, 100'000u);
}

TEST_F(Http2TransportTest, MeasuresPhases) {
  Http2Server server([](Http2Peer& peer, const Http2Seen& seen) {
    peer.connection().sleep(30ms);
    peer.head(seen.id, 103);
    peer.flush();
    peer.connection().sleep(30ms);
    peer.respond(seen.id, 200, "half", {}, false);
    peer.flush();
    peer.connection().sleep(30ms);
    peer.trailers(seen.id, {{"x-end", "1"}});
  });
  for (int index = 0; index < 2; ++index) {
    const Exchange& exchange = loop.fetch(prior(server.url()));
    EXPECT_GE(exchange.phases.firstByteUs, 59'000);
    EXPECT_LT(exchange.phases.firstByteUs, 1'000'000);
    // A thread that wakes late for the first byte gives to the one what it takes from the other.
    EXPECT_GE(exchange.phases.firstByteUs + exchange.phases.downloadUs, 89'000);
    EXPECT_GE(exchange.phases.downloadUs, 5'000);
    EXPECT_EQ(exchange.phases.connectUs > 0, index == 0);
    EXPECT_LE((exchange.phases.firstByteUs + exchange.phases.downloadUs) * kNsPerUs,
              exchange.clocks.doneNs - exchange.clocks.sentNs);
  }
}

TEST_F(Http2TransportTest, LargeBodiesShareAConnection) {
  const std::string large(3'000'000, 'y');
  Http2Server server([](Http2Peer& peer, const Http2Seen& seen) { peer.respond(seen.id, 200, seen.body); });
  std::vector<Exchange*> started;
  for (int index = 0; index < 4; ++index)
    started.push_back(&loop.start(prior(server.url(), "POST", large), 10'000'000));
  EXPECT_TRUE(loop.finish());
  for (const Exchange* exchange : started) {
    EXPECT_EQ(exchange->error, ErrorCode::kNone) << exchange->errorMessage;
    EXPECT_TRUE(exchange->response.body == large);
    EXPECT_GT(exchange->bytesSent, large.size());
    EXPECT_GT(exchange->bytesReceived, large.size());
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(Http2TransportTest, FieldsAreSentAsHttp2WantsThem) {
  Http2Server server(Http2Server::answering(200, ""));
  auto request = prior(server.url("/p"));
  request->headers = {
      {"Host", "other.example"}, {"X-Padded", "  in between\t"}, {"Keep-Alive", "300"}, {"Cookie", "a=b"}};
  EXPECT_EQ(loop.fetch(request).error, ErrorCode::kNone);
  const auto seen = server.seen();
  ASSERT_EQ(seen.size(), 1u);
  const Http2Fields expected{{":method", "GET"},  {":path", "/p"},
                             {":scheme", "http"}, {":authority", "other.example"},
                             {"accept", "*/*"},   {"x-padded", "in between"},
                             {"cookie", "a=b"}};
  EXPECT_EQ(seen[0].fields, expected);
}

TEST_F(Http2TransportTest, DropsConnectionsThatTheServerCloses) {
  Http2Server server([](Http2Peer& peer, const Http2Seen& seen) {
    peer.respond(seen.id, 200, "ok");
    peer.flush();
    peer.connection().sleep(20ms);
    peer.connection().close();
  });
  EXPECT_EQ(loop.fetch(prior(server.url())).error, ErrorCode::kNone);
  EXPECT_TRUE(loop.runUntil([this] { return loop.transport().openConnections() == 0; }, 5000));
  EXPECT_EQ(loop.fetch(prior(server.url())).retries, 0);
  EXPECT_EQ(loop.transport().connectionsOpened(), 2u);
}

TEST_F(Http2TransportTest, EndsWithExchangesInFlight) {
  Http2Server server([](Http2Peer&, const Http2Seen&) {});
  {
    ExchangeLoop other([this](Poller& poller) { return makeHttp2Transport(poller, limits, *this); });
    for (int index = 0; index < 3; ++index) other.start(prior(server.url()));
    EXPECT_TRUE(other.runUntil([&] { return server.requests() == 3; }));
    other.start(prior(server.url()));
    other.start(prior("http://localhost:" + std::to_string(server.port()) + "/"));
    EXPECT_EQ(other.done, 0);
  }
  SUCCEED();
}

TEST_F(Http2TransportTest, SaysWhichRequestsItCannotCarry) {
  EXPECT_EQ(whyNotOnHttp2(*prior("http://127.0.0.1/")), "");
  const auto asked = [](const std::string& url) {
    return ExchangeLoop::with(*ExchangeLoop::request(url),
                              [](RequestOptions& options) { options.httpVersion = HttpVersion::k2; });
  };
  EXPECT_EQ(whyNotOnHttp2(*asked("https://127.0.0.1/")),
            whyNotOpenSsl().empty() ? "" : "HTTP/2 over TLS needs ALPN: " + whyNotOpenSsl());
  EXPECT_EQ(whyNotOnHttp2(*asked("{{base}}/x")), "");
  EXPECT_NE(whyNotOnHttp2(*asked("http://127.0.0.1/")).find("upgrade"), std::string::npos);
  EXPECT_NE(whyNotOnHttp2(*prior("https://far.example/", "GET", {},
                                 [](RequestOptions& options) { options.proxy = "https://proxy.example:3128"; })),
            "");
  EXPECT_NE(whyNotOnHttp2(*prior("http://127.0.0.1/", "GET", {},
                                 [](RequestOptions& options) { options.auth = ChallengeAuth::kDigest; })),
            "");
  EXPECT_FALSE(asksForHttp2(*ExchangeLoop::request("https://127.0.0.1/")));
}

}  // namespace
}  // namespace vayu::test
