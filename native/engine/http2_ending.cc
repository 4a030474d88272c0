// How exchanges end: with a response, with a failure, with another attempt, or in another transport.
#include <algorithm>
#include <utility>

#include "engine/captured_body.h"
#include "engine/http2_transport_impl.h"

namespace vayu {

namespace {

// Attempts after the first for a request that no server has begun to work on.
constexpr int kMostRetries = 3;

}  // namespace

void Http2Transport::onReceived(Http2Connection& connection) {
  if (connection.hasSettings && connection.state == Http2Connection::State::kOpen) {
    Http2Target& target = connection.target;
    if (!target.isProbed || target.streams != connection.limit) {
      target.isProbed = true;
      target.isProbing = false;
      target.streams = connection.limit;
      dispatch(target);
    }
    updateRoom(connection);
  }
  settle(connection);
}

// After anything that may have ended streams, or the connection itself.
void Http2Transport::settle(Http2Connection& connection) {
  for (std::size_t index = 0; index < connection.ended.size(); ++index) {
    Http2Stream* stream = connection.ended[index];
    if (stream != nullptr) finish(connection, *stream);
  }
  connection.ended.clear();
  if (connection.state != Http2Connection::State::kOpen) return;
  updateRoom(connection);
  if (connection.isLost || (connection.isDraining && connection.streams.empty())) {
    drop(connection);
  } else if (!connection.target.waiting.empty()) {
    dispatch(connection.target);
  }
}

void Http2Transport::finish(Http2Connection& connection, Http2Stream& stream) {
  if (!stream.isClosed) connection.cancel(stream);
  connection.remove(stream);
  // Whoever is told may start the next at once.
  updateRoom(connection);
  Exchange& exchange = *stream.exchange;
  if (exchange.error != ErrorCode::kNone && mayTryAgain(stream)) {
    tryAgain(stream);
    return;
  }
  if (stream.wantsHttp11) {
    exchange.error = ErrorCode::kNone;
    exchange.errorMessage.clear();
    exchange.response.reset();
    handover_.onHttp11(release(stream));
    return;
  }
  complete(connection, stream);
}

void Http2Transport::complete(Http2Connection& connection, Http2Stream& stream) {
  Exchange& exchange = *stream.exchange;
  Response& response = exchange.response;
  exchange.clocks.doneNs = connection.receivedNs;
  if (stream.hasHead) {
    const std::int64_t requestNs = stream.requestNs != 0 ? stream.requestNs : exchange.clocks.sentNs;
    exchange.phases.firstByteUs = (exchange.clocks.firstByteNs - requestNs) / kNsPerUs;
    exchange.phases.downloadUs = (exchange.clocks.doneNs - exchange.clocks.firstByteNs) / kNsPerUs;
  }
  const Http2Request& request = stream.rendered->request;
  if (exchange.captureHeaders) {
    response.effectiveUrl = request.wire.url;
    response.remoteAddress = connection.remoteAddress;
  }
  bool follows = false;
  std::string location;
  if (exchange.error == ErrorCode::kNone) {
    ++connection.carried;
    if (exchange.cookieJar != nullptr) exchange.cookieJar->storeAll(request.wire.url, stream.setCookies);
    if (request.wire.decodes) decodeCapturedBody(exchange, stream.contentEncoding, stream.captureLimit, decoded_);
    follows = stream.follows && !stream.location.empty() && exchange.error == ErrorCode::kNone;
    if (follows) {
      location = stream.location;
      // Whoever follows needs the cookies, captured or not.
      if (!exchange.captureHeaders) response.headerBlock = stream.setCookies;
    }
  } else if (exchange.clocks.doneNs < exchange.clocks.sentNs) {
    // It failed without a byte: before it could be sent.
    exchange.clocks.doneNs = nowNs();
  }
  release(stream);
  if (follows) {
    if (handover_.onRedirect(exchange, location)) return;
    if (!exchange.captureHeaders) response.headerBlock.clear();
  }
  exchange.sink->onExchangeDone(exchange);
}

// What the server has refused, or can never have seen, is sent again. What it may have seen is, once, when it does no harm twice and the
// connection had carried others: it was most likely closed while the request was on its way.
bool Http2Transport::mayTryAgain(const Http2Stream& stream) const {
  const Exchange& exchange = *stream.exchange;
  if (stream.hasBegun) return false;
  if (stream.isUnprocessed) return exchange.retries < kMostRetries;
  const Http2Connection* connection = stream.connection;
  if (connection == nullptr || !connection->isLost || exchange.retries > 0) return false;
  if (connection->carried == 0 || connection->lostError != ErrorCode::kConnectionClosed) return false;
  return stream.requestNs == 0 || stream.rendered->request.wire.isIdempotent;
}

// Off its connection already; keeps its place among the deadlines.
void Http2Transport::tryAgain(Http2Stream& stream) {
  Exchange& exchange = *stream.exchange;
  exchange.error = ErrorCode::kNone;
  exchange.errorMessage.clear();
  exchange.osError = 0;
  exchange.response.reset();
  ++exchange.retries;
  stream.resetResponse();
  place(stream);
}

void Http2Transport::fail(Http2Stream& stream, ErrorCode code, std::string_view message, int osError) {
  if (stream.state == Http2Stream::State::kWaiting) {
    auto& waiting = stream.rendered->target->waiting;
    waiting.erase(std::find(waiting.begin(), waiting.end(), &stream));
  } else {
    Http2Connection& connection = *stream.connection;
    connection.cancel(stream);
    connection.remove(stream);
    updateRoom(connection);
  }
  Exchange& exchange = release(stream);
  exchange.fail(code, message);
  exchange.osError = osError;
  exchange.clocks.doneNs = nowNs();
  exchange.sink->onExchangeDone(exchange);
}

// The connection is over: its streams are sent again elsewhere, or fail with it.
void Http2Transport::drop(Http2Connection& connection) {
  Http2Target& target = connection.target;
  close(connection);
  while (!connection.streams.empty()) {
    Http2Stream& stream = *connection.streams.back();
    if (mayTryAgain(stream)) {
      connection.remove(stream);
      tryAgain(stream);
    } else {
      fail(stream, connection.lostError, connection.lostMessage, connection.lostOsError);
    }
  }
  if (!target.waiting.empty()) dispatch(target);
}

}  // namespace vayu
