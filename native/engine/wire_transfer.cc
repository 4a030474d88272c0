// What happens on a connection while it carries an exchange: the request out, the response in, and every way in which that ends.
#include <algorithm>
#include <cstring>
#include <utility>

#include "base/clock.h"
#include "base/prefetch.h"
#include "engine/captured_body.h"
#include "engine/redirect.h"
#include "engine/wire_connection.h"
#include "engine/wire_transport.h"

namespace vayu {

namespace {

// Receives of one event, so that one fast, endless body does not hold up the rest.
constexpr int kMostReceives = 16;

ErrorCode errorCodeOf(Http1Parser::Fault fault) {
  switch (fault) {
    case Http1Parser::Fault::kBodyTooLarge: return ErrorCode::kResponseTooLarge;
    case Http1Parser::Fault::kNoResponse:
    case Http1Parser::Fault::kCutInHead:
    case Http1Parser::Fault::kCutInBody: return ErrorCode::kConnectionClosed;
    default: return ErrorCode::kProtocolError;
  }
}

}  // namespace

void WireTransport::Connection::onReady(std::uint8_t events) {
  if ((events & (kFailed | kPeerClosed)) != 0) isEnding = true;
  if (state == State::kBusy) {
    if (wantsWrite && (events & kWritable) != 0) transport.send(*this);
    if (state == State::kBusy && (events & (kReadable | kFailed)) != 0) transport.receive(*this);
    return;
  }
  if (state != State::kIdle) return;
  // Nothing is to come on an idle connection but its end, or a TLS session ticket, which shows as "would block".
  std::size_t got = 0;
  if (socket.receive(transport.buffer_.data(), transport.buffer_.size(), got) != WireIo::kWouldBlock) {
    transport.dropIdle(*this);
  }
}

void WireTransport::beginRequest(Connection& connection) {
  connection.state = Connection::State::kBusy;
  connection.sentBytes = 0;
  connection.sendFailed = false;
  connection.capturesBody = false;
  send(connection);
}

// Never tells a sink: start() calls it.
void WireTransport::send(Connection& connection) {
  const std::string& bytes = connection.rendered->wire.bytes;
  WireIo io = WireIo::kOk;
  while (connection.sentBytes < bytes.size() && io == WireIo::kOk) {
    std::size_t sent = 0;
    io = connection.socket.send(bytes.data() + connection.sentBytes, bytes.size() - connection.sentBytes, sent);
    connection.sentBytes += sent;
  }
  connection.exchange->bytesSent = connection.sentBytes;
  if (io == WireIo::kFailed || io == WireIo::kClosed) {
    connection.sendFailed = true;
    if (!connection.waitsToBreak) {
      connection.waitsToBreak = true;
      brokenSends_.push_back(&connection);
    }
  }
  const bool wantsWrite = io == WireIo::kWouldBlock;
  if (wantsWrite == connection.wantsWrite) return;
  connection.wantsWrite = wantsWrite;
  watch(connection);
}

// For the response to what the connection carries, of which the first bytes have come, or the end without any.
Http1Parser& WireTransport::takeParser(Connection& connection) {
  if (idleParsers_.empty()) {
    idleParsers_.push_back(parsers_.emplace_back(std::make_unique<Http1Parser>(limits_.http1)).get());
  }
  connection.parser = idleParsers_.back();
  idleParsers_.pop_back();
  Exchange& exchange = *connection.exchange;
  const bool capturesHead = exchange.captureHeaders;
  connection.parser->begin(connection.rendered->wire.isHead, exchange.request->options->maxResponseBytes,
                           capturesHead ? &exchange.response.headerBlock : nullptr,
                           capturesHead ? &exchange.response.statusText : nullptr);
  return *connection.parser;
}

void WireTransport::receive(Connection& connection) {
  // The kernel's work hides the time that this takes from memory.
  prefetch(connection.exchange, sizeof(Exchange) + kCacheLine);
  for (int round = 0; round < kMostReceives || connection.socket.hidesData(); ++round) {
    std::size_t got = 0;
    const WireIo io = connection.socket.receive(buffer_.data(), buffer_.size(), got);
    if (io == WireIo::kWouldBlock) return;
    if (io != WireIo::kOk) {
      streamEnded(connection, io);
      return;
    }
    Exchange& exchange = *connection.exchange;
    exchange.bytesReceived += got;
    std::int64_t now = 0;
    if (connection.parser == nullptr) {
      takeParser(connection);
      now = nowNs();
      exchange.clocks.firstByteNs = now;
    }
    if (!parse(connection, std::string_view(buffer_.data(), got), now)) {
      // It carries the next exchange already, or is idle: what a full buffer has left behind concerns whoever has it now.
      if (got == buffer_.size() && connection.socket.isOpen()) watch(connection);
      return;
    }
    // What comes later is a new event.
    if (!connection.isEnding && !connection.socket.mayHoldMore(got, buffer_.size())) return;
  }
  watch(connection);
}

bool WireTransport::parse(Connection& connection, std::string_view input, std::int64_t& nowNs) {
  Http1Parser& parser = *connection.parser;
  for (;;) {
    switch (parser.next(input)) {
      case Http1Parser::Event::kNeedMore: return true;
      case Http1Parser::Event::kHead:
        // The first byte that counts is the final response's.
        if (parser.sawInterim() && nowNs == 0) {
          nowNs = vayu::nowNs();
          connection.exchange->clocks.firstByteNs = nowNs;
        }
        takeHead(connection);
        break;
      case Http1Parser::Event::kBody:
        if (connection.capturesBody) takeBody(connection, parser.part());
        break;
      case Http1Parser::Event::kDone:
        complete(connection, input.empty(), nowNs != 0 ? nowNs : vayu::nowNs());
        return false;
      case Http1Parser::Event::kFailed: failParsing(connection); return false;
    }
  }
}

void WireTransport::takeHead(Connection& connection) {
  const Http1Parser& parser = *connection.parser;
  Exchange& exchange = *connection.exchange;
  exchange.response.status = parser.status();
  exchange.response.httpVersion = parser.httpVersion();
  connection.captureLimit = exchange.bodyCaptureLimit;
  if (connection.captureLimit == 0 && parser.status() >= 400) connection.captureLimit = exchange.errorBodyCaptureLimit;
  connection.capturesBody = connection.captureLimit > 0;
}

void WireTransport::takeBody(Connection& connection, std::string_view part) {
  Response& response = connection.exchange->response;
  const std::uint64_t room = connection.captureLimit - response.body.size();
  if (part.size() > room) response.bodyCut = true;
  response.body.append(part.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(part.size(), room))));
}

void WireTransport::streamEnded(Connection& connection, WireIo io) {
  if (connection.parser == nullptr && retry(connection)) return;
  if (io == WireIo::kClosed) {
    Http1Parser& parser = connection.parser != nullptr ? *connection.parser : takeParser(connection);
    if (parser.finish() == Http1Parser::Event::kDone) {
      complete(connection, true, nowNs());
    } else {
      failParsing(connection);
    }
    return;
  }
  const int osError = connection.socket.osError();
  std::string message = "receiving failed: ";
  message += osError != 0 ? std::strerror(osError) : "the TLS connection was cut";
  fail(connection, ErrorCode::kConnectionClosed, message, osError);
}

// A kept-alive connection that ends before the first byte of an answer was most likely closed by the server before it saw the request.
bool WireTransport::retry(Connection& connection) {
  Exchange& exchange = *connection.exchange;
  if (connection.carried == 0 || exchange.retries > 0) return false;
  if (!connection.rendered->wire.isIdempotent && connection.sentBytes > 0) return false;
  Rendered& rendered = *connection.rendered;
  Connection& fresh = openFor(connection.target);
  fresh.exchange = &exchange;
  fresh.rendered = &rendered;
  deadlines_.set(fresh, connection.deadlineNs());
  connection.exchange = nullptr;
  connection.rendered = nullptr;
  close(connection);
  exchange.transportState = &fresh;
  exchange.retries = 1;
  exchange.connectionReused = false;
  beginQueued();
  return true;
}

void WireTransport::failParsing(Connection& connection) {
  const Http1Parser& parser = *connection.parser;
  fail(connection, errorCodeOf(parser.fault()), parser.message());
}

void WireTransport::fail(Connection& connection, ErrorCode code, std::string_view message, int osError) {
  Exchange& exchange = *connection.exchange;
  exchange.fail(code, message);
  exchange.osError = osError;
  if (connection.parser != nullptr) {
    exchange.response.headerBytes = connection.parser->headBytes();
    exchange.response.bodyBytes = connection.parser->bodyBytes();
  }
  detach(connection);
  close(connection);
  if (!queued_.empty()) beginQueued();
  exchange.clocks.doneNs = nowNs();
  exchange.sink->onExchangeDone(exchange);
}

// Asked once per encrypted connection, after its first response, so that it leaves libcurl's calls behind.
bool WireTransport::isQuiet(Connection& connection) {
  std::size_t got = 0;
  return !connection.socket.goesThroughCurl() ||
         connection.socket.receive(buffer_.data(), buffer_.size(), got) == WireIo::kWouldBlock;
}

void WireTransport::complete(Connection& connection, bool isClean, std::int64_t nowNs) {
  Exchange& exchange = *connection.exchange;
  const Http1Parser& parser = *connection.parser;
  const WireRequest& wire = connection.rendered->wire;
  Response& response = exchange.response;
  exchange.clocks.doneNs = nowNs;
  exchange.phases.firstByteUs = (exchange.clocks.firstByteNs - connection.requestNs) / kNsPerUs;
  exchange.phases.downloadUs = (nowNs - exchange.clocks.firstByteNs) / kNsPerUs;
  response.headerBytes = parser.headBytes();
  response.bodyBytes = parser.bodyBytes();
  if (exchange.captureHeaders) {
    response.effectiveUrl = wire.url;
    response.remoteAddress = *connection.remoteAddress;
  }
  if (wire.decodes) decodeCapturedBody(exchange, parser.contentEncoding(), connection.captureLimit, decoded_);

  if (exchange.cookieJar != nullptr && !parser.setCookies().empty()) {
    exchange.cookieJar->storeAll(wire.url, parser.setCookies());
  }
  const bool follows = redirects_ != nullptr && isRedirect(parser.status()) && !parser.location().empty() &&
                       exchange.request->options->followRedirects;
  std::string location;
  if (follows) {
    location = parser.location();
    // Whoever follows needs the cookies, captured or not.
    if (!exchange.captureHeaders) response.headerBlock = parser.setCookies();
  }
  const bool isWhole = connection.sentBytes == wire.bytes.size() && !wire.saysClose;
  const bool isKept = isClean && isWhole && parser.keepsConnection() && !connection.sendFailed &&
                      !connection.isEnding && isQuiet(connection);
  ++connection.carried;
  detach(connection);
  if (isKept) {
    makeIdle(connection);
  } else {
    close(connection);
  }
  if (follows) {
    if (redirects_->onRedirect(exchange, location)) return;
    if (!exchange.captureHeaders) response.headerBlock.clear();
  }
  exchange.sink->onExchangeDone(exchange);
}

}  // namespace vayu
