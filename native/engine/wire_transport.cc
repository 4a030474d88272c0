#include "engine/wire_transport.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "engine/wire_connection.h"

namespace vayu {

WireTransport::WireTransport(Poller& poller, WireLimits limits, WireRedirectHandler* redirects)
    : poller_(poller),
      limits_(limits),
      redirects_(redirects),
      connector_(poller),
      buffer_(std::max<std::size_t>(limits.receiveBufferBytes, 1024)) {}

WireTransport::~WireTransport() {
  for (const auto& connection : connections_) {
    if (connection->socket.isOpen()) poller_.remove(connection->socket.fd());
  }
  // Before the endpoints that their attempts return to.
  connections_.clear();
  closed_.clear();
}

WireTransport::Target& WireTransport::targetFor(const WireRequest& wire, const PreparedRequest& request) {
  auto& candidates = targets_[wire.endpoint];
  for (const auto& target : candidates) {
    if (connectAlike(*target->endpoint.options, *request.options)) return *target;
  }
  auto target = std::make_unique<Target>();
  target->endpoint.url = wire.endpoint;
  target->endpoint.options = request.options;
  target->endpoint.isTls = wire.isTls;
  return *candidates.emplace_back(std::move(target));
}

WireTransport::Rendered* WireTransport::renderedFor(const PreparedRequest& request, ErrorCode& error,
                                                    std::string& message) {
  return rendered_.obtain(request.id, [&](Rendered& fresh) {
    error = renderWireRequest(request, origin_, fresh.wire, message);
    if (error != ErrorCode::kNone) return false;
    fresh.target = &targetFor(fresh.wire, request);
    const std::int64_t timeoutMs = request.options->timeoutMs;
    fresh.timeoutNs = timeoutMs > 0 ? timeoutMs * kNsPerMs : kNever;
    return true;
  });
}

void WireTransport::start(Exchange& exchange) {
  const std::int64_t now = nowNs();
  if (!exchange.continued) exchange.clocks.sentNs = now;
  ErrorCode error = ErrorCode::kNone;
  std::string message;
  Rendered* rendered = renderedFor(*exchange.request, error, message);
  if (rendered == nullptr) {
    failedAtOnce_.add(exchange, error, message);
    return;
  }
  ++inFlight_;

  Target& target = *rendered->target;
  if (target.idle.empty()) {
    Connection& connection = openFor(target);
    attach(connection, exchange, *rendered);
    beginQueued();
    return;
  }
  Connection& connection = *target.idle.back();
  target.idle.pop_back();
  exchange.connectionReused = true;
  attach(connection, exchange, *rendered);
  connection.requestNs = now;
  beginRequest(connection);
}

WireTransport::Connection& WireTransport::openFor(Target& target) {
  auto& owner = connections_.emplace_back(std::make_unique<Connection>(*this, target));
  owner->index = connections_.size() - 1;
  queued_.push_back(owner.get());
  return *owner;
}

void WireTransport::attach(Connection& connection, Exchange& exchange, Rendered& rendered) {
  exchange.transportState = &connection;
  connection.exchange = &exchange;
  connection.rendered = &rendered;
  rendered_.use(rendered);
  deadlines_.set(connection, after(exchange.clocks.sentNs, rendered.timeoutNs));
}

// Takes the exchange away from the connection and gives up what was kept for it.
Exchange& WireTransport::detach(Connection& connection) {
  Exchange& exchange = *connection.exchange;
  deadlines_.clear(connection);
  if (connection.parser != nullptr) idleParsers_.push_back(std::exchange(connection.parser, nullptr));
  rendered_.release(*connection.rendered);
  connection.exchange = nullptr;
  connection.rendered = nullptr;
  exchange.transportState = nullptr;
  --inFlight_;
  return exchange;
}

// Never fails an exchange from within: start() calls it.
void WireTransport::beginQueued() {
  std::size_t skipped = 0;
  while (queued_.size() > skipped && connecting_ < limits_.maxConnecting) {
    Connection& connection = *queued_[skipped];
    Target& target = connection.target;
    if (!target.isProbed && target.connecting > 0) {
      // Others of the same target are likely to follow; targets behind them wait for one connection at most.
      ++skipped;
      if (skipped > limits_.maxConnecting) break;
      continue;
    }
    queued_.erase(queued_.begin() + static_cast<std::ptrdiff_t>(skipped));
    ErrorCode error = ErrorCode::kNone;
    std::string message;
    connection.attempt = connector_.begin(target.endpoint, connection, error, message);
    if (connection.attempt == nullptr) {
      failedAtOnce_.add(detach(connection), error, message);
      close(connection);
      continue;
    }
    connection.state = Connection::State::kConnecting;
    ++target.connecting;
    ++connecting_;
  }
}

void WireTransport::connected(Connection& connection, WireConnectResult result) {
  --connecting_;
  --connection.target.connecting;
  connection.target.isProbed = true;
  connection.attempt = result.attempt;
  connection.state = Connection::State::kBusy;
  if (result.error != ErrorCode::kNone) {
    fail(connection, result.error, result.message, result.osError);
    return;
  }
  connection.socket = std::move(result.socket);
  connection.remoteAddress = &*connection.target.remoteAddresses.insert(std::move(result.remoteAddress)).first;
  ++connectionsOpened_;
  ++openConnections_;
  Exchange& exchange = *connection.exchange;
  exchange.phases.dnsUs = result.dnsUs;
  exchange.phases.connectUs = result.connectUs;
  exchange.phases.tlsUs = result.tlsUs;
  if (!watch(connection)) {
    fail(connection, ErrorCode::kInternalError, "the connection cannot be watched");
    return;
  }
  connection.requestNs = nowNs();
  beginRequest(connection);
  beginQueued();
}

// Tells the connection of what is there to read, and to send while it wants to. False when the poller refuses.
bool WireTransport::watch(Connection& connection) {
  const SocketHandle fd = connection.socket.fd();
  const auto events = static_cast<std::uint8_t>(kEdgeTriggered | kReadable | (connection.wantsWrite ? kWritable : 0));
  return poller_.modify(fd, events, &connection) || poller_.add(fd, events, &connection);
}

void WireTransport::makeIdle(Connection& connection) {
  connection.state = Connection::State::kIdle;
  connection.idleIndex = connection.target.idle.size();
  connection.target.idle.push_back(&connection);
}

void WireTransport::dropIdle(Connection& connection) {
  auto& idle = connection.target.idle;
  idle[connection.idleIndex] = idle.back();
  idle[connection.idleIndex]->idleIndex = connection.idleIndex;
  idle.pop_back();
  close(connection);
}

// The connection stays allocated until the next drive().
void WireTransport::close(Connection& connection) {
  switch (connection.state) {
    case Connection::State::kQueued:
      // Found at once in the common case: the oldest time out first.
      if (const auto place = std::find(queued_.begin(), queued_.end(), &connection); place != queued_.end()) {
        queued_.erase(place);
      }
      break;
    case Connection::State::kConnecting:
      --connecting_;
      --connection.target.connecting;
      break;
    default: break;
  }
  if (connection.socket.isOpen()) {
    poller_.remove(connection.socket.fd());
    connection.socket.close();
    --openConnections_;
  }
  if (connection.attempt != nullptr) connector_.end(*std::exchange(connection.attempt, nullptr));
  connection.state = Connection::State::kClosed;
  deadlines_.remove(connection);
  std::unique_ptr<Connection> owner = std::move(connections_[connection.index]);
  if (connection.index + 1 != connections_.size()) {
    connections_[connection.index] = std::move(connections_.back());
    connections_[connection.index]->index = connection.index;
  }
  connections_.pop_back();
  closed_.push_back(std::move(owner));
}

void WireTransport::abort(Exchange& exchange) {
  if (exchange.transportState != nullptr) {
    fail(*static_cast<Connection*>(exchange.transportState), ErrorCode::kAborted, "aborted");
    return;
  }
  failedAtOnce_.abort(exchange, nowNs());
}

void WireTransport::drive(std::int64_t nowNs) {
  std::erase_if(closed_, [](const auto& connection) { return !connection->waitsToBreak; });
  connector_.drive(nowNs);

  std::vector<Connection*> broken;
  broken.swap(brokenSends_);
  for (Connection* connection : broken) connection->waitsToBreak = false;
  for (Connection* connection : broken) {
    // Whatever the server said before it stopped reading is the answer.
    if (connection->state == Connection::State::kBusy && connection->sendFailed) receive(*connection);
    if (connection->state == Connection::State::kBusy && connection->sendFailed) {
      fail(*connection, ErrorCode::kConnectionClosed, "the request could not be sent: connection closed",
           connection->socket.osError());
    }
  }

  failedAtOnce_.tellAll(nowNs);
  expire(nowNs);
  if (!queued_.empty()) beginQueued();
}

void WireTransport::expire(std::int64_t nowNs) {
  while (DeadlineItem* due = deadlines_.takeDue(nowNs)) {
    auto& connection = static_cast<Connection&>(*due);
    const Exchange& exchange = *connection.exchange;
    const std::string timeout = " timed out after " + std::to_string(exchange.request->options->timeoutMs) + " ms";
    if (connection.state == Connection::State::kBusy) {
      fail(connection, ErrorCode::kTimeout,
           "operation" + timeout + " with " + std::to_string(exchange.bytesReceived) + " bytes received");
    } else {
      fail(connection, ErrorCode::kTimeout, "connection" + timeout);
    }
  }
}

std::int64_t WireTransport::nextDeadlineNs() const {
  if (!failedAtOnce_.empty() || !brokenSends_.empty()) return 0;
  return std::min(connector_.nextDeadlineNs(), deadlines_.nextNs());
}

}  // namespace vayu
