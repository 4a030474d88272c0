// What a client must make of a server, whichever transport carries the request: every case runs on both.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <string>

#include "engine/curl_transport.h"
#include "engine/wire_transport.h"
#include "test/support/exchange_loop.h"
#include "test/support/loopback_server.h"
#include "test/support/tls_identity.h"

namespace vayu::test {
namespace {

using namespace std::chrono_literals;

class TransportParity : public testing::TestWithParam<std::string> {
 protected:
  static void SetUpTestSuite() { std::signal(SIGPIPE, SIG_IGN); }

  static std::unique_ptr<Transport> make(Poller& poller) {
    if (GetParam() == "wire") return std::make_unique<WireTransport>(poller, WireLimits{});
    return std::make_unique<CurlTransport>(poller, CurlTransportLimits{});
  }

  ExchangeLoop loop{&TransportParity::make};

  // The outcome of one request against a server that says `bytes` to each, then closes.
  Exchange& against(std::string bytes, std::string method = "GET") {
    server = std::make_unique<LoopbackServer>([bytes = std::move(bytes)](ServerConnection& connection) {
      if (connection.readRequest()) connection.write(bytes);
    });
    return loop.fetch(ExchangeLoop::request(server->url(), std::move(method)));
  }

  std::unique_ptr<LoopbackServer> server;
};

TEST_P(TransportParity, FetchesAndReportsEverything) {
  server = std::make_unique<LoopbackServer>(
      LoopbackServer::answering(response("201 Made", "hello", "X-One: 1\r\nx-two:  2 \r\n")));
  const Exchange& exchange = loop.fetch(ExchangeLoop::request(server->url("/a?b=c#d")));
  EXPECT_EQ(exchange.error, ErrorCode::kNone) << exchange.errorMessage;
  EXPECT_EQ(exchange.response.status, 201);
  EXPECT_EQ(exchange.response.httpVersion, 11);
  EXPECT_EQ(exchange.response.statusText, "Made");
  EXPECT_EQ(exchange.response.body, "hello");
  EXPECT_EQ(exchange.response.bodyBytes, 5u);
  EXPECT_NE(exchange.response.headerBlock.find("X-One: 1\r\n"), std::string::npos);
  EXPECT_EQ(exchange.response.remoteAddress, "127.0.0.1:" + std::to_string(server->port()));
  EXPECT_FALSE(exchange.connectionReused);
  EXPECT_GT(exchange.clocks.sentNs, 0);
  EXPECT_GE(exchange.clocks.firstByteNs, exchange.clocks.sentNs);
  EXPECT_GE(exchange.clocks.doneNs, exchange.clocks.firstByteNs);
  EXPECT_LT(exchange.clocks.doneNs - exchange.clocks.sentNs, 5 * kNsPerSecond);
  ASSERT_EQ(server->seen().size(), 1u);
  EXPECT_EQ(server->seen()[0].target, "/a?b=c");
  EXPECT_EQ(exchange.bytesSent, server->seen()[0].head.size() + 4);
  EXPECT_EQ(exchange.response.headerBytes + exchange.response.bodyBytes, exchange.bytesReceived);
}

TEST_P(TransportParity, SendsBodiesAndHeaders) {
  server = std::make_unique<LoopbackServer>(LoopbackServer::answering(response("200 OK", "")));
  const std::string large(3'000'000, 'x');
  auto request = ExchangeLoop::request(server->url("/up"), "POST", large);
  request->headers = {{"X-Name", "value"}, {"X-Empty", ""}, {"Content-Type", "text/plain"}};
  loop.fetch(request);
  loop.fetch(ExchangeLoop::request(server->url("/empty"), "POST"));
  loop.fetch(ExchangeLoop::request(server->url("/put"), "PUT", "abc"));
  loop.fetch(ExchangeLoop::request(server->url("/odd"), "PURGE"));
  loop.fetch(ExchangeLoop::request(server->url("/get"), "GET", "query"));
  const auto seen = server->seen();
  ASSERT_EQ(seen.size(), 5u);
  EXPECT_EQ(seen[0].body, large);
  EXPECT_EQ(seen[0].header("x-name"), "value");
  EXPECT_NE(seen[0].head.find("X-Empty:"), std::string::npos);
  EXPECT_EQ(seen[0].header("content-type"), "text/plain");
  EXPECT_EQ(seen[0].header("accept"), "*/*");
  EXPECT_EQ(seen[1].method, "POST");
  EXPECT_EQ(seen[1].header("content-length"), "0");
  EXPECT_EQ(seen[1].header("content-type"), "");
  EXPECT_EQ(seen[2].method, "PUT");
  EXPECT_EQ(seen[2].body, "abc");
  EXPECT_EQ(seen[3].method, "PURGE");
  EXPECT_EQ(seen[3].header("content-length"), "");
  EXPECT_EQ(seen[4].method, "GET");
  EXPECT_EQ(seen[4].body, "query");
  EXPECT_EQ(server->connections(), 1);
}

TEST_P(TransportParity, ReusesConnections) {
  server = std::make_unique<LoopbackServer>(LoopbackServer::answering(response("200 OK", "ok")));
  const auto request = ExchangeLoop::request(server->url());
  EXPECT_FALSE(loop.fetch(request).connectionReused);
  for (int index = 0; index < 20; ++index) EXPECT_TRUE(loop.fetch(request).connectionReused);
  EXPECT_EQ(server->connections(), 1);
  EXPECT_EQ(server->requests(), 21);
  EXPECT_EQ(loop.transport().connectionsOpened(), 1u);
  EXPECT_EQ(loop.transport().openConnections(), 1u);
}

// From start to end the phases leave no time out. The best of some requests: a busy machine may stop the thread between
// the last phase and the clock's reading.
TEST_P(TransportParity, PhasesAddUpToTheServiceTime) {
  server = std::make_unique<LoopbackServer>([](ServerConnection& connection) {
    // Long against what lies between the phases, which sanitizers stretch.
    if (connection.readRequest() && connection.sleep(10ms))
      connection.write(response("200 OK", "ok", "Connection: close\r\n"));
  });
  double best = 0;
  for (int index = 0; index < 5; ++index) {
    const Exchange& exchange = loop.fetch(ExchangeLoop::request(server->url()));
    const Phases& phases = exchange.phases;
    const auto sumNs =
        kNsPerUs * (phases.dnsUs + phases.connectUs + phases.tlsUs + phases.firstByteUs + phases.downloadUs);
    const auto serviceNs = exchange.clocks.doneNs - exchange.clocks.sentNs;
    EXPECT_LE(sumNs, serviceNs + 5 * kNsPerUs);
    best = std::max(best, static_cast<double>(sumNs) / static_cast<double>(serviceNs));
  }
  EXPECT_GT(best, 0.9);
}

TEST_P(TransportParity, OpensAsManyConnectionsAsAreInFlight) {
  std::atomic<bool> go{false};
  server = std::make_unique<LoopbackServer>([&go](ServerConnection& connection) {
    while (connection.readRequest()) {
      while (!go.load()) {
        if (!connection.sleep(1ms)) return;
      }
      connection.write(response("200 OK", "ok"));
    }
  });
  const auto request = ExchangeLoop::request(server->url());
  for (int index = 0; index < 10; ++index) loop.start(request);
  EXPECT_TRUE(loop.runUntil([&] { return server->requests() == 10; }));
  EXPECT_EQ(loop.transport().inFlight(), 10u);
  go = true;
  EXPECT_TRUE(loop.finish());
  EXPECT_EQ(loop.done, 10);
  EXPECT_EQ(server->connections(), 10);
}

TEST_P(TransportParity, DecodesResponsesOfEveryFraming) {
  EXPECT_EQ(against("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nT: v\r\n\r\n")
                .response.body,
            "hello");
  EXPECT_EQ(against("HTTP/1.1 200 OK\r\n\r\nto the end").response.body, "to the end");
  EXPECT_EQ(against("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold").response.httpVersion, 10);
  EXPECT_EQ(against("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").response.status,
            200);
  EXPECT_EQ(against("HTTP/1.1 204 No Content\r\n\r\n").response.status, 204);
  EXPECT_EQ(against("HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n").error, ErrorCode::kNone);
  EXPECT_EQ(against("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", "HEAD").error, ErrorCode::kNone);
}

TEST_P(TransportParity, ReadsAResponseThatComesByteByByte) {
  server = std::make_unique<LoopbackServer>([](ServerConnection& connection) {
    while (connection.readRequest()) connection.writeSlowly(response("200 OK", "slow but sure", "X-A: b\r\n"), 20us);
  });
  const auto request = ExchangeLoop::request(server->url());
  for (int index = 0; index < 3; ++index) {
    const Exchange& exchange = loop.fetch(request);
    EXPECT_EQ(exchange.error, ErrorCode::kNone) << exchange.errorMessage;
    EXPECT_EQ(exchange.response.body, "slow but sure");
    EXPECT_GT(exchange.clocks.doneNs, exchange.clocks.firstByteNs);
  }
  EXPECT_EQ(server->connections(), 1);
}

TEST_P(TransportParity, ReadsLargeBodiesAndCapturesUpToTheLimit) {
  const std::string large(5'000'000, 'y');
  server = std::make_unique<LoopbackServer>(LoopbackServer::answering(response("200 OK", large)));
  const auto request = ExchangeLoop::request(server->url());
  const Exchange& whole = loop.start(request, 10'000'000);
  const Exchange& part = loop.start(request, 1000);
  const Exchange& none = loop.start(request, 0);
  EXPECT_TRUE(loop.finish());
  EXPECT_EQ(whole.response.body, large);
  EXPECT_FALSE(whole.response.bodyCut);
  EXPECT_EQ(part.response.body, std::string(1000, 'y'));
  EXPECT_TRUE(part.response.bodyCut);
  EXPECT_EQ(part.error, ErrorCode::kNone);
  EXPECT_EQ(none.response.body, "");
  EXPECT_EQ(none.response.bodyBytes, large.size());
}

TEST_P(TransportParity, ErrorBodiesAreCapturedUpToTheirOwnLimit) {
  server = std::make_unique<LoopbackServer>(LoopbackServer::answering(response("500 Broken", "why it broke")));
  Exchange exchange;
  exchange.sink = &loop;
  exchange.request = ExchangeLoop::request(server->url());
  exchange.errorBodyCaptureLimit = 7;
  loop.transport().start(exchange);
  EXPECT_TRUE(loop.finish());
  EXPECT_EQ(exchange.error, ErrorCode::kNone);
  EXPECT_EQ(exchange.response.body, "why it ");
  EXPECT_EQ(exchange.response.headerBlock, "");
}

TEST_P(TransportParity, NamesTheFault) {
  struct Case {
    const char* bytes;
    ErrorCode expected;
  };
  for (const Case& fault : {
           Case{"", ErrorCode::kConnectionClosed},
           Case{"HTTP/1.1 200 OK\r\nContent-Le", ErrorCode::kConnectionClosed},
           Case{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", ErrorCode::kConnectionClosed},
           Case{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", ErrorCode::kConnectionClosed},
           Case{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n", ErrorCode::kProtocolError},
           Case{"total garbage\r\n\r\n", ErrorCode::kProtocolError},
           Case{"SSH-2.0-OpenSSH_9.2\r\n", ErrorCode::kProtocolError},
       }) {
    const Exchange& exchange = against(fault.bytes);
    EXPECT_EQ(exchange.error, fault.expected) << fault.bytes << " → " << exchange.errorMessage;
    EXPECT_FALSE(exchange.errorMessage.empty());
    EXPECT_GT(exchange.clocks.doneNs, 0);
  }
  EXPECT_EQ(loop.done, 7);
  EXPECT_EQ(loop.transport().inFlight(), 0u);
  if (GetParam() == "wire") {
    EXPECT_EQ(loop.transport().openConnections(), 0u);
  }
  EXPECT_EQ(against(response("200 OK", "fine again")).response.body, "fine again");
}

TEST_P(TransportParity, ResetsAreConnectionClosed) {
  for (const char* bytes : {"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"}) {
    server = std::make_unique<LoopbackServer>([bytes](ServerConnection& connection) {
      if (!connection.readRequest()) return;
      connection.write(bytes);
      connection.sleep(20ms);
      connection.reset();
    });
    const Exchange& exchange = loop.fetch(ExchangeLoop::request(server->url()));
    EXPECT_EQ(exchange.error, ErrorCode::kConnectionClosed) << exchange.errorMessage;
  }
  // At accept: whether the reset comes before the client knows that it is connected is a race.
  server = std::make_unique<LoopbackServer>([](ServerConnection& connection) { connection.reset(); });
  const ErrorCode error = loop.fetch(ExchangeLoop::request(server->url())).error;
  EXPECT_TRUE(error == ErrorCode::kConnectionClosed || error == ErrorCode::kConnectionFailed);
}

TEST_P(TransportParity, EndlessHeadersEnd) {
  server = std::make_unique<LoopbackServer>([](ServerConnection& connection) {
    if (!connection.readRequest() || !connection.write("HTTP/1.1 200 OK\r\n")) return;
    const std::string header = "X-Filler: " + std::string(1000, 'x') + "\r\n";
    while (connection.write(header)) {
    }
  });
  EXPECT_EQ(loop.fetch(ExchangeLoop::request(server->url())).error, ErrorCode::kProtocolError);
}

TEST_P(TransportParity, AHalfClosedServerStillAnswers) {
  server = std::make_unique<LoopbackServer>([](ServerConnection& connection) {
    if (!connection.readRequest()) return;
    connection.write(response("200 OK", "last words"));
    connection.shutdownWrite();
    connection.sleep(50ms);
  });
  const Exchange& exchange = loop.fetch(ExchangeLoop::request(server->url()));
  EXPECT_EQ(exchange.error, ErrorCode::kNone) << exchange.errorMessage;
  EXPECT_EQ(exchange.response.body, "last words");
  loop.runFor(50);
  const Exchange& next = loop.fetch(ExchangeLoop::request(server->url()));
  EXPECT_EQ(next.error, ErrorCode::kNone) << next.errorMessage;
  EXPECT_EQ(server->requests(), 2);
}

TEST_P(TransportParity, AnAnswerBeforeTheRequestIsReadCounts) {
  server = std::make_unique<LoopbackServer>([](ServerConnection& connection) {
    connection.sleep(20ms);
    connection.write(response("413 Too Large", "no", "Connection: close\r\n"));
    connection.shutdownWrite();
    connection.sleep(300ms);
  });
  const Exchange& exchange = loop.fetch(ExchangeLoop::request(server->url(), "POST", std::string(200'000, 'x')));
  EXPECT_EQ(exchange.response.status, 413) << exchange.errorMessage;
}

TEST_P(TransportParity, TimesOut) {
  server = std::make_unique<LoopbackServer>([](ServerConnection& connection) {
    if (!connection.readRequest()) return;
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    connection.sleep(5s);
  });
  const auto request = ExchangeLoop::with(*ExchangeLoop::request(server->url()),
                                          [](RequestOptions& options) { options.timeoutMs = 150; });
  const std::int64_t before = nowNs();
  const Exchange& exchange = loop.fetch(request);
  const std::int64_t tookMs = (nowNs() - before) / kNsPerMs;
  EXPECT_EQ(exchange.error, ErrorCode::kTimeout) << exchange.errorMessage;
  EXPECT_NE(exchange.errorMessage.find("timed out"), std::string::npos) << exchange.errorMessage;
  EXPECT_GE(tookMs, 145);
  EXPECT_LT(tookMs, 3000);
  EXPECT_GE(exchange.clocks.doneNs - exchange.clocks.sentNs, 145 * kNsPerMs);
  EXPECT_EQ(loop.transport().openConnections(), 0u);
}

TEST_P(TransportParity, ARefusedConnectionFails) {
  const Exchange& exchange =
      loop.fetch(ExchangeLoop::request("http://127.0.0.1:" + std::to_string(closedPort()) + "/"));
  EXPECT_EQ(exchange.error, ErrorCode::kConnectionFailed) << exchange.errorMessage;
  EXPECT_EQ(exchange.osError, ECONNREFUSED);
}

TEST_P(TransportParity, AnUnknownNameFails) {
  const Exchange& exchange = loop.fetch(ExchangeLoop::request("http://no-such-host.invalid/"));
  EXPECT_EQ(exchange.error, ErrorCode::kDnsFailed) << exchange.errorMessage;
}

TEST_P(TransportParity, RefusesUrlsAndHeadersThatAreNotToBeSent) {
  const auto errorOf = [this](const std::string& url) { return loop.fetch(ExchangeLoop::request(url)).error; };
  for (const char* url : {"file:///etc/hostname", "gopher://127.0.0.1:1/x", "ftp://127.0.0.1/", "http://",
                          "http://a b/", "http://127.0.0.1:99999/", "http://127.0.0.1/a\r\nX: y", ""}) {
    EXPECT_EQ(errorOf(url), ErrorCode::kInvalidUrl) << url;
  }
  auto request = ExchangeLoop::request("http://127.0.0.1:1/");
  request->headers = {{"X-Evil", "a\r\nX-Injected: b"}};
  EXPECT_EQ(loop.fetch(request).error, ErrorCode::kInvalidUrl);
  request = ExchangeLoop::request("http://127.0.0.1:1/");
  request->headers = {{"X-Evil: a\r\nX", "b"}};
  EXPECT_EQ(loop.fetch(request).error, ErrorCode::kInvalidUrl);
  EXPECT_EQ(loop.fetch(ExchangeLoop::request("http://127.0.0.1:1/", "GE T")).error, ErrorCode::kProtocolError);
  EXPECT_EQ(loop.fetch(ExchangeLoop::request("http://127.0.0.1:1/", "GET / HTTP/1.1\r\nX: y\r\n\r\nGET")).error,
            ErrorCode::kProtocolError);
}

TEST_P(TransportParity, HoldsTheLimitOfAResponse) {
  server = std::make_unique<LoopbackServer>([](ServerConnection& connection) {
    while (const auto request = connection.readRequest()) {
      const bool isLong = request->target == "/long";
      connection.write(isLong ? response("200 OK", std::string(2001, 'x'))
                              : "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7d1\r\n" +
                                    std::string(2001, 'x') + "\r\n0\r\n\r\n");
    }
  });
  for (const char* path : {"/long", "/chunked"}) {
    const auto request = ExchangeLoop::with(*ExchangeLoop::request(server->url(path)),
                                            [](RequestOptions& options) { options.maxResponseBytes = 2000; });
    EXPECT_EQ(loop.fetch(request).error, ErrorCode::kResponseTooLarge) << path;
    const auto enough = ExchangeLoop::with(*ExchangeLoop::request(server->url(path)),
                                           [](RequestOptions& options) { options.maxResponseBytes = 2001; });
    EXPECT_EQ(loop.fetch(enough).error, ErrorCode::kNone) << path;
  }
}

TEST_P(TransportParity, SendsCredentialsOfTheUrl) {
  server = std::make_unique<LoopbackServer>(LoopbackServer::answering(response("200 OK", "")));
  const std::string authority = "127.0.0.1:" + std::to_string(server->port());
  loop.fetch(ExchangeLoop::request("http://us%20er:pa%3Ass@" + authority + "/a b"));
  const auto seen = server->seen();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].header("authorization"), "Basic dXMgZXI6cGE6c3M=");
  EXPECT_EQ(seen[0].header("host"), authority);
  EXPECT_EQ(seen[0].target, "/a%20b");
}

TEST_P(TransportParity, HeadersOfTheRequestReplaceTheDefaults) {
  server = std::make_unique<LoopbackServer>(LoopbackServer::answering(response("200 OK", "")));
  auto request = ExchangeLoop::with(*ExchangeLoop::request(server->url()), [](RequestOptions& options) {
    options.userAgent = "engine/1";
    options.compressed = true;
  });
  loop.fetch(request);
  request = ExchangeLoop::with(*request, [](RequestOptions&) {});
  request->headers = {
      {"host", "other.example"}, {"user-agent", "mine"}, {"accept", "text/html"}, {"accept-encoding", "br"}};
  loop.fetch(request);
  const auto seen = server->seen();
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].header("user-agent"), "engine/1");
  EXPECT_NE(seen[0].header("accept-encoding").find("gzip"), std::string::npos);
  EXPECT_EQ(seen[1].header("host"), "other.example");
  EXPECT_EQ(seen[1].header("user-agent"), "mine");
  EXPECT_EQ(seen[1].header("accept"), "text/html");
  EXPECT_EQ(seen[1].header("accept-encoding"), "br");
  std::size_t hosts = 0;
  for (std::size_t at = 0; (at = seen[1].head.find("ost: ", at)) != std::string::npos; ++at) ++hosts;
  EXPECT_EQ(hosts, 1u);
}

TEST_P(TransportParity, DecodesAGzippedBody) {
  static constexpr unsigned char kGzip[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                            0x03, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x86,
                                            0xa6, 0x10, 0x36, 0x05, 0x00, 0x00, 0x00};
  const std::string body(reinterpret_cast<const char*>(kGzip), sizeof kGzip);
  server = std::make_unique<LoopbackServer>(
      LoopbackServer::answering(response("200 OK", body, "Content-Encoding: gzip\r\n")));
  const auto plain = ExchangeLoop::request(server->url());
  const auto compressed = ExchangeLoop::with(*plain, [](RequestOptions& options) { options.compressed = true; });
  const Exchange& decoded = loop.fetch(compressed);
  EXPECT_EQ(decoded.response.body, "hello") << decoded.errorMessage;
  EXPECT_EQ(decoded.response.bodyBytes, body.size());
  EXPECT_EQ(loop.fetch(plain).response.body, body);
}

TEST_P(TransportParity, AbortTellsTheSinkAtOnce) {
  server = std::make_unique<LoopbackServer>([](ServerConnection& connection) {
    while (connection.readRequest()) connection.sleep(5s);
  });
  const auto request = ExchangeLoop::request(server->url());
  Exchange& waiting = loop.start(request);
  EXPECT_TRUE(loop.runUntil([&] { return server->requests() == 1; }));
  Exchange& connecting = loop.start(request);
  Exchange& failing = loop.start(ExchangeLoop::request("file:///etc/hostname"));
  for (Exchange* exchange : {&waiting, &connecting, &failing}) {
    const int before = loop.done;
    loop.transport().abort(*exchange);
    EXPECT_EQ(loop.done, before + 1);
    EXPECT_EQ(exchange->error, ErrorCode::kAborted);
    EXPECT_GE(exchange->clocks.doneNs, exchange->clocks.sentNs);
  }
  EXPECT_EQ(loop.transport().inFlight(), 0u);
  loop.runFor(20);
  EXPECT_EQ(loop.done, 3);
}

TEST_P(TransportParity, SinksMayStartTheSameExchangeAgain) {
  server = std::make_unique<LoopbackServer>(LoopbackServer::answering(response("200 OK", "ok")));
  int left = 200;
  int failed = 0;
  loop.afterwards = [&](Exchange& exchange) {
    if (exchange.error != ErrorCode::kNone || exchange.response.body != "ok") ++failed;
    if (--left <= 0) return;
    exchange.reset();
    loop.transport().start(exchange);
  };
  for (int index = 0; index < 4; ++index) loop.start(ExchangeLoop::request(server->url()));
  EXPECT_TRUE(loop.finish());
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(loop.done, 203);
  EXPECT_EQ(server->requests(), 203);
}

TEST_P(TransportParity, AStaleConnectionIsReplacedUnnoticed) {
  // Each connection answers once and is closed after a while without a word of it.
  server = std::make_unique<LoopbackServer>([](ServerConnection& connection) {
    if (!connection.readRequest()) return;
    connection.write(response("200 OK", "ok"));
    connection.sleep(30ms);
  });
  const auto request = ExchangeLoop::request(server->url());
  for (int index = 0; index < 3; ++index) {
    EXPECT_EQ(loop.fetch(request).error, ErrorCode::kNone);
    // Not run: the transport sees the close only when it sends.
    std::this_thread::sleep_for(80ms);
  }
  EXPECT_EQ(server->requests(), 3);
}

TEST_P(TransportParity, SpeaksThroughAUnixSocket) {
  LoopbackServer::Options options;
  options.unixPath = testing::TempDir() + "/vayu-" + GetParam() + std::to_string(getpid()) + ".sock";
  server = std::make_unique<LoopbackServer>(LoopbackServer::answering(response("200 OK", "by path")), options);
  const auto request = ExchangeLoop::with(*ExchangeLoop::request("http://anything.invalid/x"),
                                          [&](RequestOptions& chosen) { chosen.unixSocket = options.unixPath; });
  const Exchange& exchange = loop.fetch(request);
  EXPECT_EQ(exchange.response.body, "by path") << exchange.errorMessage;
}

TEST_P(TransportParity, ResolvesNamesAsTold) {
  server = std::make_unique<LoopbackServer>(LoopbackServer::answering(response("200 OK", "resolved")));
  const std::string authority = "made-up.example:" + std::to_string(server->port());
  const auto request =
      ExchangeLoop::with(*ExchangeLoop::request("http://" + authority + "/"),
                         [&](RequestOptions& options) { options.resolve = {authority + ":127.0.0.1"}; });
  EXPECT_EQ(loop.fetch(request).response.body, "resolved");
  ASSERT_EQ(server->seen().size(), 1u);
  EXPECT_EQ(server->seen()[0].header("host"), authority);
}

TEST_P(TransportParity, HoldsToTheAllowedHosts) {
  server = std::make_unique<LoopbackServer>(LoopbackServer::answering(response("200 OK", "ok")));
  const auto with = [&](const char* rule) {
    return ExchangeLoop::with(*ExchangeLoop::request(server->url()),
                              [rule](RequestOptions& options) { options.allowHosts = {rule}; });
  };
  EXPECT_EQ(loop.fetch(with("example.com")).error, ErrorCode::kInvalidUrl);
  EXPECT_EQ(loop.fetch(with("127.0.0.1")).error, ErrorCode::kNone);
}

TEST_P(TransportParity, GoesThroughASocksProxy) {
  server = std::make_unique<LoopbackServer>([](ServerConnection& connection) {
    using namespace std::string_literals;
    if (connection.readBytes(2) != "\x05\x01"s && connection.number() == 0) connection.readBytes(1);
    connection.readBytes(1);
    connection.write("\x05\x00"s);
    // socks5h: version, connect, reserved, a name and its length.
    const std::string start = connection.readBytes(5);
    if (start.size() < 5 || start.substr(0, 4) != "\x05\x01\x00\x03"s) return;
    const std::string name = connection.readBytes(static_cast<unsigned char>(start[4]));
    connection.readBytes(2);
    connection.write("\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50"s);
    while (connection.readRequest()) connection.write(response("200 OK", "for " + name));
  });
  const std::string proxy = "socks5h://127.0.0.1:" + std::to_string(server->port());
  const auto request = ExchangeLoop::with(*ExchangeLoop::request("http://far.example/"),
                                          [&](RequestOptions& options) { options.proxy = proxy; });
  for (int index = 0; index < 2; ++index) {
    const Exchange& exchange = loop.fetch(request);
    EXPECT_EQ(exchange.response.body, "for far.example") << exchange.errorMessage;
  }
  EXPECT_EQ(server->connections(), 1);
}

class TransportParityTls : public TransportParity {
 protected:
  void serve(const TlsIdentity& identity, LoopbackServer::Script script) {
    if (!identity.made()) GTEST_SKIP() << "built without OpenSSL's headers";
    LoopbackServer::Options options;
    options.tls = &identity;
    server = std::make_unique<LoopbackServer>(std::move(script), options);
  }
  std::shared_ptr<PreparedRequest> request(
      const TlsIdentity& identity, const std::function<void(RequestOptions&)>& change = [](RequestOptions&) {}) {
    return ExchangeLoop::with(*ExchangeLoop::request(server->url()), [&](RequestOptions& options) {
      options.caFile = identity.authorityFile();
      options.httpVersion = HttpVersion::k11;
      change(options);
    });
  }
};

TEST_P(TransportParityTls, VerifiesAndReuses) {
  const TlsIdentity identity;
  const std::string large(300'000, 'z');
  serve(identity, LoopbackServer::answering(response("200 OK", large)));
  if (IsSkipped()) return;
  const auto wanted = request(identity);
  const Exchange& first = loop.fetch(wanted);
  EXPECT_EQ(first.error, ErrorCode::kNone) << first.errorMessage;
  EXPECT_EQ(first.response.body, large);
  EXPECT_EQ(first.response.httpVersion, 11);
  EXPECT_GT(first.phases.tlsUs, 0);
  for (int index = 0; index < 5; ++index) {
    const Exchange& next = loop.fetch(wanted);
    EXPECT_EQ(next.response.body, large);
    EXPECT_TRUE(next.connectionReused);
    EXPECT_EQ(next.phases.tlsUs, 0);
  }
  EXPECT_EQ(server->connections(), 1);
}

TEST_P(TransportParityTls, RefusesWhatItCannotVerify) {
  const TlsIdentity other;
  {
    const TlsIdentity identity;
    serve(identity, LoopbackServer::answering(response("200 OK", "ok")));
    if (IsSkipped()) return;
    EXPECT_EQ(loop.fetch(request(other)).error, ErrorCode::kSslError);
    EXPECT_EQ(loop.fetch(request(other, [](RequestOptions& options) { options.insecure = true; })).error,
              ErrorCode::kNone);
    server.reset();
  }
  for (const bool expired : {true, false}) {
    TlsIdentityOptions wrong;
    wrong.expired = expired;
    if (!expired) wrong.subjectAltName = "DNS:elsewhere.example";
    const TlsIdentity identity(wrong);
    serve(identity, LoopbackServer::answering(response("200 OK", "ok")));
    const Exchange& exchange = loop.fetch(request(identity));
    EXPECT_EQ(exchange.error, ErrorCode::kSslError) << exchange.errorMessage;
    server.reset();
  }
}

TEST_P(TransportParityTls, ACutHandshakeIsASslError) {
  const TlsIdentity identity;
  if (!identity.made()) GTEST_SKIP();
  server = std::make_unique<LoopbackServer>([](ServerConnection& connection) {
    connection.write("not TLS at all, not even close to a record\n");
    connection.sleep(50ms);
  });
  const auto wanted = ExchangeLoop::request("https://127.0.0.1:" + std::to_string(server->port()) + "/");
  EXPECT_EQ(loop.fetch(wanted).error, ErrorCode::kSslError);
}

TEST_P(TransportParityTls, PresentsAClientCertificate) {
  TlsIdentityOptions demanding;
  demanding.clientCertificate = true;
  const TlsIdentity identity(demanding);
  serve(identity, LoopbackServer::answering(response("200 OK", "known")));
  if (IsSkipped()) return;
  const Exchange& exchange = loop.fetch(request(identity, [&](RequestOptions& options) {
    options.clientCertFile = identity.clientCertificateFile();
    options.clientKeyFile = identity.clientKeyFile();
  }));
  EXPECT_EQ(exchange.response.body, "known") << exchange.errorMessage;
  EXPECT_NE(loop.fetch(request(identity)).error, ErrorCode::kNone);
}

TEST_P(TransportParityTls, TunnelsThroughAnHttpProxy) {
  TlsIdentityOptions named;
  named.subjectAltName = "DNS:far.example";
  const TlsIdentity identity(named);
  if (!identity.made()) GTEST_SKIP() << "built without OpenSSL's headers";
  std::atomic<bool> refuses{false};
  server = std::make_unique<LoopbackServer>([&](ServerConnection& connection) {
    const auto connect = connection.readRequest();
    if (!connect || connect->method != "CONNECT" || connect->target != "far.example:443") return;
    if (refuses.load()) {
      connection.write(response("403 Forbidden", "no"));
      return;
    }
    connection.write("HTTP/1.1 200 Connection established\r\n\r\n");
    if (!connection.startTls(identity)) return;
    while (connection.readRequest()) connection.write(response("200 OK", "through the tunnel"));
  });
  const auto wanted = [&](bool verifies) {
    return ExchangeLoop::with(*ExchangeLoop::request("https://far.example/"), [&](RequestOptions& options) {
      options.proxy = "http://127.0.0.1:" + std::to_string(server->port());
      if (verifies) options.caFile = identity.authorityFile();
      options.insecure = !verifies;
      options.httpVersion = HttpVersion::k11;
    });
  };
  const auto request = wanted(true);
  for (int index = 0; index < 2; ++index) {
    const Exchange& exchange = loop.fetch(request);
    EXPECT_EQ(exchange.response.body, "through the tunnel") << exchange.errorMessage;
  }
  EXPECT_EQ(server->connections(), 1);
  refuses = true;
  const Exchange& refused = loop.fetch(wanted(false));
  EXPECT_NE(refused.error, ErrorCode::kNone);
  EXPECT_EQ(refused.response.body, "");
}

// The first connection ends a body without length, the second and the third end within one: closed and reset.
static void endAsNumbered(ServerConnection& connection) {
  if (connection.number() == 0) {
    connection.write("HTTP/1.1 200 OK\r\n\r\nto the end");
  } else {
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut");
    if (connection.number() == 2) connection.reset();
  }
}

TEST_P(TransportParityTls, EndsOfTheStreamAreTold) {
  const TlsIdentity identity;
  serve(identity, [](ServerConnection& connection) {
    if (!connection.readRequest()) return;
    endAsNumbered(connection);
  });
  if (IsSkipped()) return;
  const Exchange& whole = loop.fetch(request(identity));
  EXPECT_EQ(whole.response.body, "to the end") << whole.errorMessage;
  EXPECT_EQ(loop.fetch(request(identity)).error, ErrorCode::kConnectionClosed);
  EXPECT_EQ(loop.fetch(request(identity)).error, ErrorCode::kConnectionClosed);
}

TEST_P(TransportParityTls, EndsOfAReusedStreamAreTold) {
  const TlsIdentity identity;
  serve(identity, [](ServerConnection& connection) {
    if (!connection.readRequest()) return;
    connection.write(response("200 OK", "first"));
    if (!connection.readRequest()) return;
    endAsNumbered(connection);
  });
  if (IsSkipped()) return;
  const auto wanted = request(identity);
  const auto firstThenNext = [&]() -> const Exchange& {
    EXPECT_EQ(loop.fetch(wanted).response.body, "first");
    return loop.fetch(wanted);
  };
  const Exchange& whole = firstThenNext();
  EXPECT_TRUE(whole.connectionReused);
  EXPECT_EQ(whole.response.body, "to the end") << whole.errorMessage;
  EXPECT_EQ(firstThenNext().error, ErrorCode::kConnectionClosed);
  EXPECT_EQ(firstThenNext().error, ErrorCode::kConnectionClosed);
  EXPECT_EQ(server->connections(), 3);
}

TEST_P(TransportParityTls, SendsMoreThanFitsOnAReusedConnection) {
  const TlsIdentity identity;
  // Nobody reads for as long as the client can still write.
  serve(identity, [](ServerConnection& connection) {
    while (connection.readRequest()) {
      if (!connection.write(response("200 OK", "ok"))) return;
      connection.sleep(std::chrono::milliseconds(20));
    }
  });
  if (IsSkipped()) return;
  const auto small = request(identity);
  EXPECT_EQ(loop.fetch(small).response.body, "ok");
  auto large = std::make_shared<PreparedRequest>(*small);
  large->renew();
  large->method = "POST";
  for (std::size_t index = 0; index < 6'000'000; ++index) large->body += static_cast<char>('a' + index % 23);
  const Exchange& exchange = loop.fetch(large);
  EXPECT_EQ(exchange.response.status, 200) << exchange.errorMessage;
  EXPECT_TRUE(exchange.connectionReused);
  EXPECT_TRUE(server->seen().back().body == large->body);
  EXPECT_EQ(server->connections(), 1);
}

TEST_P(TransportParityTls, ManyConnectionsAtOnce) {
  const TlsIdentity identity;
  serve(identity, LoopbackServer::answering(response("200 OK", "ok")));
  if (IsSkipped()) return;
  const auto wanted = request(identity);
  int left = 400;
  int failed = 0;
  loop.afterwards = [&](Exchange& exchange) {
    if (exchange.error != ErrorCode::kNone) ++failed;
    if (--left <= 0) return;
    exchange.reset();
    loop.transport().start(exchange);
  };
  for (int index = 0; index < 40; ++index) loop.start(wanted);
  EXPECT_TRUE(loop.finish());
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(server->connections(), 40);
  EXPECT_EQ(loop.transport().openConnections(), 40u);
}

std::string nameOf(const testing::TestParamInfo<std::string>& info) { return info.param; }

INSTANTIATE_TEST_SUITE_P(Both, TransportParity, testing::Values("wire", "curl"), nameOf);
INSTANTIATE_TEST_SUITE_P(Both, TransportParityTls, testing::Values("wire", "curl"), nameOf);

}  // namespace
}  // namespace vayu::test
