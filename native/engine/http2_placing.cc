// How exchanges come onto connections, and connections into being.
#include <algorithm>
#include <utility>

#include "engine/http2_transport_impl.h"

namespace vayu {

// Never tells a sink: start() calls it.
void Http2Transport::place(Http2Stream& stream) {
  Http2Target& target = *stream.rendered->target;
  if (target.waiting.empty() && !target.roomy.empty() && assign(*target.roomy.back(), stream)) return;
  target.waiting.push_back(&stream);
  dispatch(target);
}

void Http2Transport::dispatch(Http2Target& target) {
  while (!target.waiting.empty() && !target.roomy.empty()) {
    Http2Stream& stream = *target.waiting.front();
    if (assign(*target.roomy.back(), stream)) target.waiting.pop_front();
  }
  if (!target.waiting.empty()) openMore(target);
}

// False when the connection, which had room, takes no more.
bool Http2Transport::assign(Http2Connection& connection, Http2Stream& stream) {
  if (!connection.submit(stream)) {
    updateRoom(connection);
    return false;
  }
  Exchange& exchange = *stream.exchange;
  exchange.connectionReused = connection.isUsed;
  if (!connection.isUsed) {
    connection.isUsed = true;
    exchange.phases.dnsUs = connection.dnsUs;
    exchange.phases.connectUs = connection.connectUs;
    exchange.phases.tlsUs = connection.tlsUs;
  }
  if (!connection.hasRoom()) updateRoom(connection);
  return true;
}

void Http2Transport::openMore(Http2Target& target) {
  const std::size_t wanted = (target.waiting.size() + target.streams - 1) / target.streams;
  bool isNew = false;
  while (target.opening.size() < wanted && (target.isProbed || !target.isProbing)) {
    Http2ConnectionOwner& self = *this;
    auto& owner = connections_.emplace_back(
        std::make_unique<Http2Connection>(self, target, connector_, poller_, limits_, buffer_));
    owner->index = connections_.size() - 1;
    queued_.push_back(owner.get());
    target.opening.push_back(owner.get());
    target.isProbing = !target.isProbed;
    isNew = true;
  }
  if (isNew) beginQueued();
}

// Never tells a sink: start() calls it.
void Http2Transport::beginQueued() {
  while (!queued_.empty() && connecting_ < limits_.maxConnecting) {
    Http2Connection& connection = *queued_.front();
    queued_.pop_front();
    Http2Target& target = connection.target;
    ErrorCode error = ErrorCode::kNone;
    std::string message;
    connection.state = Http2Connection::State::kConnecting;
    ++connecting_;
    connection.beganNs = nowNs();
    connection.attempt = connector_.begin(target.endpoint, connection, error, message);
    if (connection.attempt != nullptr) continue;
    close(connection);
    // Another attempt would fare no better.
    while (!target.waiting.empty()) {
      Http2Stream& stream = *target.waiting.front();
      target.waiting.pop_front();
      failedAtOnce_.add(release(stream), error, message);
    }
  }
}

void Http2Transport::onConnected(Http2Connection& connection, WireConnectResult result) {
  Http2Target& target = connection.target;
  connection.attempt = result.attempt;
  if (result.error != ErrorCode::kNone) {
    refuseWaiting(connection, result);
    return;
  }
  --connecting_;
  std::erase(target.opening, &connection);
  ++connectionsOpened_;
  ++openConnections_;
  if (target.endpoint.alpn && !result.speaksHttp2) {
    connection.state = Http2Connection::State::kOpen;
    // Before the socket that borrows from its attempt.
    { const WireSocket unused = std::move(result.socket); }
    close(connection);
    moveToHttp11(target);
    return;
  }
  if (!connection.open(std::move(result))) {
    connection.isLost = true;
    connection.lostError = ErrorCode::kInternalError;
    connection.lostMessage = "a session of HTTP/2 cannot be made";
    drop(connection);
    return;
  }
  connection.limit = std::min(connection.limit, target.streams);
  updateRoom(connection);
  dispatch(target);
  if (!connection.isDirty) onOutput(connection);
  if (!queued_.empty()) beginQueued();
}

// The connection could not be made: those it was for fail with it.
void Http2Transport::refuseWaiting(Http2Connection& connection, const WireConnectResult& result) {
  Http2Target& target = connection.target;
  const std::int64_t beganNs = connection.beganNs;
  const std::size_t most = target.isProbed ? target.streams : target.waiting.size();
  std::size_t left = std::min(most, target.waiting.size());
  close(connection);
  while (left-- > 0 && !target.waiting.empty()) {
    Http2Stream& stream = *target.waiting.front();
    // Whoever came later has not waited for as long as the attempt took.
    if (result.error == ErrorCode::kTimeout && stream.exchange->clocks.sentNs > beganNs) break;
    fail(stream, result.error, result.message, result.osError);
  }
  dispatch(target);
  if (!queued_.empty()) beginQueued();
}

// ALPN has chosen HTTP/1.1.
void Http2Transport::moveToHttp11(Http2Target& target) {
  target.speaksHttp11 = true;
  while (!target.opening.empty()) close(*target.opening.back());
  while (!target.waiting.empty()) {
    Http2Stream& stream = *target.waiting.front();
    target.waiting.pop_front();
    handover_.onHttp11(release(stream));
  }
}

void Http2Transport::updateRoom(Http2Connection& connection) {
  const bool isRoomy = connection.hasRoom();
  if (isRoomy == connection.isRoomy) return;
  connection.isRoomy = isRoomy;
  auto& roomy = connection.target.roomy;
  if (isRoomy) {
    connection.roomyIndex = roomy.size();
    roomy.push_back(&connection);
    return;
  }
  roomy[connection.roomyIndex] = roomy.back();
  roomy[connection.roomyIndex]->roomyIndex = connection.roomyIndex;
  roomy.pop_back();
}

// The connection, which carries nothing any more, stays allocated until the next drive().
void Http2Transport::close(Http2Connection& connection) {
  Http2Target& target = connection.target;
  switch (connection.state) {
    case Http2Connection::State::kQueued: std::erase(queued_, &connection); break;
    case Http2Connection::State::kConnecting: --connecting_; break;
    case Http2Connection::State::kOpen: --openConnections_; break;
    case Http2Connection::State::kClosed: return;
  }
  std::erase(target.opening, &connection);
  if (!target.isProbed && !connection.hasSettings) target.isProbing = false;
  connection.close();
  updateRoom(connection);
  std::unique_ptr<Http2Connection> owner = std::move(connections_[connection.index]);
  if (connection.index + 1 != connections_.size()) {
    connections_[connection.index] = std::move(connections_.back());
    connections_[connection.index]->index = connection.index;
  }
  connections_.pop_back();
  closed_.push_back(std::move(owner));
}

}  // namespace vayu
