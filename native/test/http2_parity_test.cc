// What a client must make of a server that speaks HTTP/2, whichever transport carries the request: every case runs on both.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <vector>

#include "engine/curl_transport.h"
#include "engine/load_transport.h"
#include "test/support/exchange_loop.h"
#include "test/support/http2_server.h"
#include "test/support/prior_knowledge.h"
#include "test/support/tls_identity.h"

namespace vayu::test {
namespace {

using namespace std::chrono_literals;

class Http2Parity : public testing::TestWithParam<std::string> {
 protected:
  static void SetUpTestSuite() { std::signal(SIGPIPE, SIG_IGN); }

  static std::unique_ptr<Transport> make(Poller& poller) {
    if (GetParam() == "wire") return std::make_unique<LoadTransport>(poller, 32);
    return std::make_unique<CurlTransport>(poller, CurlTransportLimits{.waitForMultiplexing = true});
  }

  Exchange& against(Http2Server::Handler handler, std::string method = "GET") {
    server = std::make_unique<Http2Server>(std::move(handler));
    return loop.fetch(prior(server->url(), std::move(method)));
  }

  bool onWire() const { return GetParam() == "wire"; }

  ExchangeLoop loop{&Http2Parity::make};
  std::unique_ptr<Http2Server> server;
};

TEST_P(Http2Parity, FetchesAndReportsEverything) {
  server = std::make_unique<Http2Server>(Http2Server::answering(201, "hello", {{"x-one", "1"}}));
  const Exchange& exchange = loop.fetch(prior(server->url("/a?b=c#d")));
  EXPECT_EQ(exchange.error, ErrorCode::kNone) << exchange.errorMessage;
  EXPECT_EQ(exchange.response.status, 201);
  EXPECT_EQ(exchange.response.httpVersion, 20);
  EXPECT_EQ(exchange.response.body, "hello");
  EXPECT_EQ(exchange.response.bodyBytes, 5u);
  EXPECT_EQ(exchange.response.headerBlock, "x-one: 1\r\n");
  EXPECT_EQ(exchange.response.remoteAddress, "127.0.0.1:" + std::to_string(server->port()));
  EXPECT_EQ(exchange.response.effectiveUrl.substr(0, server->url("/a?b=c").size()), server->url("/a?b=c"));
  EXPECT_FALSE(exchange.connectionReused);
  EXPECT_GT(exchange.phases.connectUs, 0);
  EXPECT_GE(exchange.clocks.firstByteNs, exchange.clocks.sentNs);
  EXPECT_GE(exchange.clocks.doneNs, exchange.clocks.firstByteNs);
  EXPECT_GT(exchange.bytesSent, 0u);
  EXPECT_GE(exchange.bytesReceived, exchange.response.headerBytes + exchange.response.bodyBytes);
  const auto seen = server->seen();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].path(), "/a?b=c");
  EXPECT_EQ(seen[0].field(":method"), "GET");
  EXPECT_EQ(seen[0].field(":scheme"), "http");
  EXPECT_EQ(seen[0].field(":authority"), "127.0.0.1:" + std::to_string(server->port()));
  EXPECT_EQ(seen[0].field("accept"), "*/*");
}

TEST_P(Http2Parity, SendsBodiesAndHeaders) {
  server = std::make_unique<Http2Server>(Http2Server::answering(200, ""));
  const std::string large(3'000'000, 'x');
  auto request = prior(server->url("/up"), "POST", large);
  request->headers = {{"X-Name", "value"}, {"X-Empty", ""}, {"Content-Type", "text/plain"}, {"Connection", "close"}};
  EXPECT_EQ(loop.fetch(request).error, ErrorCode::kNone);
  for (const char* method : {"POST", "PUT", "PURGE", "HEAD"}) loop.fetch(prior(server->url("/empty"), method));
  loop.fetch(prior(server->url("/get"), "GET", "query"));
  const auto seen = server->seen();
  ASSERT_EQ(seen.size(), 6u);
  EXPECT_EQ(seen[0].body, large);
  EXPECT_EQ(seen[0].field("x-name"), "value");
  EXPECT_EQ(seen[0].field("content-length"), "3000000");
  EXPECT_EQ(seen[0].field("content-type"), "text/plain");
  EXPECT_EQ(seen[0].field("connection"), "");
  EXPECT_EQ(seen[1].field("content-length"), "0");
  EXPECT_EQ(seen[3].field(":method"), "PURGE");
  EXPECT_EQ(seen[3].field("content-length"), "");
  EXPECT_EQ(seen[4].field(":method"), "HEAD");
  EXPECT_EQ(seen[5].body, "query");
}

TEST_P(Http2Parity, ReadsResponsesOfEveryShape) {
  const auto statusOf = [this](Http2Server::Handler handler, std::string method = "GET") {
    const Exchange& exchange = against(std::move(handler), std::move(method));
    EXPECT_EQ(exchange.error, ErrorCode::kNone) << exchange.errorMessage;
    return exchange.response.status;
  };
  EXPECT_EQ(statusOf(Http2Server::answering(204, "")), 204);
  EXPECT_EQ(statusOf(Http2Server::answering(304, "", {{"content-length", "10"}})), 304);
  EXPECT_EQ(statusOf(Http2Server::answering(200, "", {{"content-length", "10"}}), "HEAD"), 200);
  EXPECT_EQ(statusOf([](Http2Peer& peer, const Http2Seen& seen) {
              peer.head(seen.id, 103, {{"link", "</early>"}});
              peer.respond(seen.id, 404, "");
            }),
            404);
  const Exchange& early = against([](Http2Peer& peer, const Http2Seen& seen) {
    peer.head(seen.id, 103, {{"link", "</early>"}});
    peer.respond(seen.id, 200, "late", {{"x-late", "1"}});
  });
  EXPECT_EQ(early.response.headerBlock, "x-late: 1\r\n");
  EXPECT_EQ(early.response.body, "late");
  const Exchange& trailing = against([](Http2Peer& peer, const Http2Seen& seen) {
    peer.respond(seen.id, 200, "body", {{"x-head", "1"}}, false);
    peer.flush();
    peer.trailers(seen.id, {{"x-trailer", "1"}});
  });
  EXPECT_EQ(trailing.error, ErrorCode::kNone) << trailing.errorMessage;
  EXPECT_EQ(trailing.response.body, "body");
}

TEST_P(Http2Parity, ReadsLargeBodiesAndCapturesUpToTheLimit) {
  const std::string large(5'000'000, 'y');
  server = std::make_unique<Http2Server>(Http2Server::answering(200, large));
  const auto request = prior(server->url());
  const Exchange& whole = loop.start(request, 10'000'000);
  EXPECT_TRUE(loop.finish());
  const Exchange& part = loop.start(request, 1000);
  EXPECT_TRUE(loop.finish());
  const Exchange& none = loop.start(request, 0);
  EXPECT_TRUE(loop.finish());
  EXPECT_TRUE(whole.response.body == large);
  EXPECT_FALSE(whole.response.bodyCut);
  EXPECT_EQ(part.response.body, std::string(1000, 'y'));
  EXPECT_TRUE(part.response.bodyCut);
  EXPECT_EQ(none.response.body, "");
  EXPECT_EQ(none.response.bodyBytes, large.size());
}

TEST_P(Http2Parity, ReadsLargeBodiesToTheirEnd) {
  // Not a multiple of a DATA frame: what is left over at the end must not be forgotten.
  const std::string large(5'000'000, 'y');
  server = std::make_unique<Http2Server>(Http2Server::answering(200, large));
  for (int round = 0; round < 4; ++round) {
    std::vector<const Exchange*> started;
    for (int index = 0; index < 3; ++index) started.push_back(&loop.start(prior(server->url()), 0));
    EXPECT_TRUE(loop.finish());
    for (const Exchange* exchange : started) {
      EXPECT_EQ(exchange->error, ErrorCode::kNone) << exchange->errorMessage;
      EXPECT_EQ(exchange->response.bodyBytes, large.size());
    }
  }
}

TEST_P(Http2Parity, DecodesAGzippedBody) {
  static constexpr unsigned char kGzip[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                            0x03, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x86,
                                            0xa6, 0x10, 0x36, 0x05, 0x00, 0x00, 0x00};
  const std::string body(reinterpret_cast<const char*>(kGzip), sizeof kGzip);
  server = std::make_unique<Http2Server>(Http2Server::answering(200, body, {{"content-encoding", "gzip"}}));
  const auto compressed = prior(server->url(), "GET", {}, [](RequestOptions& options) { options.compressed = true; });
  const Exchange& decoded = loop.fetch(compressed);
  EXPECT_EQ(decoded.response.body, "hello") << decoded.errorMessage;
  EXPECT_EQ(decoded.response.bodyBytes, body.size());
  EXPECT_EQ(loop.fetch(prior(server->url())).response.body, body);
}

TEST_P(Http2Parity, NamesTheFault) {
  struct Case {
    const char* name;
    Http2Server::Handler handler;
    std::vector<ErrorCode> expected;
  };
  for (const Case& fault : {
           Case{"reset",
                [](Http2Peer&peer, const Http2Seen&seen) { peer.reset(seen.id, NGHTTP2_INTERNAL_ERROR); },
                {ErrorCode::kProtocolError}},
           Case{"reset in the body",
                [](Http2Peer&peer, const Http2Seen&seen) {
                  peer.respond(seen.id, 200, "half", {{"content-length", "1000"}}, false);
                  peer.flush();
                  peer.reset(seen.id, NGHTTP2_INTERNAL_ERROR);
                },
                {ErrorCode::kProtocolError}},
           Case{"wrong length",
                [](Http2Peer&peer, const Http2Seen&seen) {
                  peer.respond(seen.id, 200, "half", {{"content-length", "1000"}});
                },
                {ErrorCode::kProtocolError, ErrorCode::kConnectionClosed}},
           Case{"always refused",
                [](Http2Peer&peer, const Http2Seen&seen) { peer.reset(seen.id, NGHTTP2_REFUSED_STREAM); },
                {ErrorCode::kProtocolError, ErrorCode::kConnectionClosed}},
           Case{"closed", [](Http2Peer&peer, const Http2Seen&) { peer.connection().close(); },
                // libcurl 8 calls it an error of the framing.
                onWire() ? std::vector{ErrorCode::kConnectionClosed}
                         : std::vector{ErrorCode::kConnectionClosed, ErrorCode::kProtocolError}},
           Case{"connection reset",
                [](Http2Peer&peer, const Http2Seen&) { peer.connection().reset(); },
                {ErrorCode::kConnectionClosed}},
           Case{"GOAWAY",
                [](Http2Peer&peer, const Http2Seen&) {
                  peer.goaway(0, NGHTTP2_ENHANCE_YOUR_CALM);
                  peer.flush();
                  peer.connection().close();
                },
                {ErrorCode::kConnectionClosed, ErrorCode::kProtocolError}},
           Case{"garbage",
                [](Http2Peer&peer, const Http2Seen&) {
                  peer.connection().write(std::string(64, '\xff'));
                  peer.connection().sleep(50ms);
                  peer.connection().close();
                },
                {ErrorCode::kProtocolError, ErrorCode::kConnectionClosed}},
       }) {
    const Exchange& exchange = against(fault.handler);
    EXPECT_NE(std::find(fault.expected.begin(), fault.expected.end(), exchange.error), fault.expected.end())
        << fault.name << " → " << static_cast<int>(exchange.error) << " " << exchange.errorMessage;
    EXPECT_FALSE(exchange.errorMessage.empty()) << fault.name;
    EXPECT_GE(exchange.clocks.doneNs, exchange.clocks.sentNs) << fault.name;
  }
  EXPECT_EQ(loop.transport().inFlight(), 0u);
  EXPECT_EQ(against(Http2Server::answering(200, "fine again")).response.body, "fine again");
}

TEST_P(Http2Parity, EndlessHeadersEnd) {
  const Exchange& exchange = against([](Http2Peer& peer, const Http2Seen& seen) {
    Http2Fields fields;
    for (int index = 0; index < 40; ++index) fields.emplace_back("x-" + std::to_string(index), std::string(1500, 'x'));
    for (int index = 0; index < 40; ++index) peer.head(seen.id, 103, fields);
  });
  EXPECT_NE(exchange.error, ErrorCode::kNone);
  EXPECT_NE(exchange.error, ErrorCode::kTimeout);
}

TEST_P(Http2Parity, HoldsTheLimitOfAResponse) {
  server = std::make_unique<Http2Server>(Http2Server::answering(200, std::string(2001, 'x')));
  const auto limited = [&](std::uint64_t most) {
    return prior(server->url(), "GET", {}, [most](RequestOptions& options) { options.maxResponseBytes = most; });
  };
  EXPECT_EQ(loop.fetch(limited(2000)).error, ErrorCode::kResponseTooLarge);
  EXPECT_EQ(loop.fetch(limited(2001)).error, ErrorCode::kNone);
}

TEST_P(Http2Parity, TimesOut) {
  server = std::make_unique<Http2Server>(
      [](Http2Peer& peer, const Http2Seen& seen) { peer.respond(seen.id, 200, "half", {}, false); });
  const auto request = prior(server->url(), "GET", {}, [](RequestOptions& options) { options.timeoutMs = 150; });
  const Exchange& exchange = loop.fetch(request);
  EXPECT_EQ(exchange.error, ErrorCode::kTimeout) << exchange.errorMessage;
  EXPECT_NE(exchange.errorMessage.find("timed out"), std::string::npos) << exchange.errorMessage;
  EXPECT_GE(exchange.clocks.doneNs - exchange.clocks.sentNs, 145 * kNsPerMs);
  EXPECT_LT(exchange.clocks.doneNs - exchange.clocks.sentNs, 3000 * kNsPerMs);
}

TEST_P(Http2Parity, WhoeverCannotBeReachedFails) {
  const Exchange& refused = loop.fetch(prior("http://127.0.0.1:" + std::to_string(closedPort()) + "/"));
  EXPECT_EQ(refused.error, ErrorCode::kConnectionFailed) << refused.errorMessage;
  EXPECT_EQ(refused.osError, ECONNREFUSED);
  EXPECT_EQ(loop.fetch(prior("http://no-such-host.invalid/")).error, ErrorCode::kDnsFailed);
  EXPECT_EQ(loop.fetch(prior("file:///etc/hostname")).error, ErrorCode::kInvalidUrl);
}

TEST_P(Http2Parity, AServerOfHttp11Fails) {
  LoopbackServer old(LoopbackServer::answering(response("200 OK", "HTTP/1.1 only")));
  const Exchange& exchange = loop.fetch(prior(old.url()));
  if (onWire()) {
    EXPECT_EQ(exchange.error, ErrorCode::kProtocolError) << exchange.errorMessage;
  } else {
    // libcurl 8.14 notices, and waits for the end of its time all the same.
    EXPECT_NE(exchange.error, ErrorCode::kNone);
  }
}

TEST_P(Http2Parity, AbortTellsTheSinkAtOnce) {
  server = std::make_unique<Http2Server>([](Http2Peer&, const Http2Seen&) {});
  const auto request = prior(server->url());
  Exchange& waiting = loop.start(request);
  EXPECT_TRUE(loop.runUntil([&] { return server->requests() == 1; }));
  Exchange& unsent = loop.start(request);
  Exchange& failing = loop.start(prior("file:///etc/hostname"));
  Exchange& connecting = loop.start(prior("http://localhost:" + std::to_string(server->port()) + "/"));
  for (Exchange* exchange : {&waiting, &unsent, &failing, &connecting}) {
    const int before = loop.done;
    loop.transport().abort(*exchange);
    EXPECT_EQ(loop.done, before + 1);
    EXPECT_EQ(exchange->error, ErrorCode::kAborted);
    EXPECT_GE(exchange->clocks.doneNs, exchange->clocks.sentNs);
  }
  EXPECT_EQ(loop.transport().inFlight(), 0u);
  loop.runFor(20);
  EXPECT_EQ(loop.done, 4);
}

TEST_P(Http2Parity, SinksMayStartTheSameExchangeAgain) {
  server = std::make_unique<Http2Server>(Http2Server::answering(200, "ok"));
  int left = 200;
  int failed = 0;
  loop.afterwards = [&](Exchange& exchange) {
    if (exchange.error != ErrorCode::kNone || exchange.response.body != "ok") ++failed;
    if (--left <= 0) return;
    exchange.reset();
    loop.transport().start(exchange);
  };
  for (int index = 0; index < 4; ++index) loop.start(prior(server->url()));
  EXPECT_TRUE(loop.finish());
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(loop.done, 203);
  EXPECT_EQ(server->requests(), 203);
}

class Http2ParityTls : public Http2Parity {
 protected:
  std::shared_ptr<PreparedRequest> request(
      const std::string& url, const TlsIdentity& identity,
      const std::function<void(RequestOptions&)>& change = [](RequestOptions&) {}) {
    return ExchangeLoop::with(*ExchangeLoop::request(url), [&](RequestOptions& options) {
      options.caFile = identity.authorityFile();
      options.httpVersion = HttpVersion::k2;
      change(options);
    });
  }
};

TEST_P(Http2ParityTls, NegotiatesVerifiesAndReuses) {
  const TlsIdentity identity;
  if (!identity.made()) GTEST_SKIP() << "built without OpenSSL's headers";
  const std::string large(300'000, 'z');
  server = std::make_unique<Http2Server>(Http2Server::answering(200, large), Http2Server::over(identity));
  const auto wanted = request(server->url(), identity);
  const Exchange& first = loop.fetch(wanted);
  EXPECT_EQ(first.error, ErrorCode::kNone) << first.errorMessage;
  EXPECT_TRUE(first.response.body == large);
  EXPECT_EQ(first.response.httpVersion, 20);
  EXPECT_GT(first.phases.tlsUs, 0);
  for (int index = 0; index < 5; ++index) {
    const Exchange& next = loop.fetch(wanted);
    EXPECT_TRUE(next.response.body == large);
    EXPECT_TRUE(next.connectionReused);
    EXPECT_EQ(next.phases.tlsUs, 0);
  }
  EXPECT_EQ(server->connections(), 1);
  EXPECT_EQ(server->seen()[0].field(":scheme"), "https");
  const TlsIdentity other;
  EXPECT_EQ(loop.fetch(request(server->url(), other)).error, ErrorCode::kSslError);
}

TEST_P(Http2ParityTls, FallsBackToHttp11) {
  TlsIdentityOptions old;
  old.http11Only = true;
  const TlsIdentity identity(old);
  if (!identity.made()) GTEST_SKIP() << "built without OpenSSL's headers";
  LoopbackServer::Options options;
  options.tls = &identity;
  LoopbackServer oldServer(LoopbackServer::answering(response("200 OK", "as before")), options);
  const auto wanted = request(oldServer.url(), identity);
  for (int index = 0; index < 3; ++index) {
    const Exchange& exchange = loop.fetch(wanted);
    EXPECT_EQ(exchange.error, ErrorCode::kNone) << exchange.errorMessage;
    EXPECT_EQ(exchange.response.httpVersion, 11);
    EXPECT_EQ(exchange.response.body, "as before");
    EXPECT_EQ(exchange.connectionReused, index > 0);
  }
}

TEST_P(Http2ParityTls, HonoursHttp11Required) {
  const TlsIdentity identity;
  if (!identity.made()) GTEST_SKIP() << "built without OpenSSL's headers";
  LoopbackServer::Options options;
  options.tls = &identity;
  server = std::make_unique<Http2Server>(
      [](Http2Peer& peer, const Http2Seen& seen) { peer.reset(seen.id, NGHTTP2_HTTP_1_1_REQUIRED); },
      Http2Server::over(identity));
  // This server knows no HTTP/1.1 after all, so that the second attempt fails; that there is one shows in the connections.
  loop.fetch(request(server->url(), identity));
  EXPECT_EQ(loop.done, 1);
  EXPECT_EQ(server->connections(), 2);
}

TEST_P(Http2ParityTls, TunnelsThroughAnHttpProxy) {
  TlsIdentityOptions named;
  named.subjectAltName = "DNS:far.example";
  named.http11Only = true;
  const TlsIdentity identity(named);
  if (!identity.made()) GTEST_SKIP() << "built without OpenSSL's headers";
  LoopbackServer proxy([&](ServerConnection& connection) {
    const auto connect = connection.readRequest();
    if (!connect || connect->method != "CONNECT" || connect->target != "far.example:443") return;
    connection.write("HTTP/1.1 200 Connection established\r\n\r\n");
    if (!connection.startTls(identity)) return;
    while (connection.readRequest()) connection.write(response("200 OK", "through the tunnel"));
  });
  const Exchange& exchange = loop.fetch(request("https://far.example/", identity, [&](RequestOptions& options) {
    options.proxy = "http://127.0.0.1:" + std::to_string(proxy.port());
  }));
  EXPECT_EQ(exchange.response.body, "through the tunnel") << exchange.errorMessage;
}

std::string nameOf(const testing::TestParamInfo<std::string>& info) { return info.param; }

INSTANTIATE_TEST_SUITE_P(Both, Http2Parity, testing::Values("wire", "curl"), nameOf);
INSTANTIATE_TEST_SUITE_P(Both, Http2ParityTls, testing::Values("wire", "curl"), nameOf);

}  // namespace
}  // namespace vayu::test
