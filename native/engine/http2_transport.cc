#include "engine/http2_transport.h"

#include <algorithm>
#include <utility>

#include "engine/http2_transport_impl.h"

namespace vayu {

bool hasHttp2Framing() { return true; }

std::unique_ptr<Transport> makeHttp2Transport(Poller& poller, Http2Limits limits, Http2Handover& handover) {
  return std::make_unique<Http2Transport>(poller, limits, handover);
}

Http2Transport::Http2Transport(Poller& poller, Http2Limits limits, Http2Handover& handover)
    : poller_(poller),
      limits_(limits),
      handover_(handover),
      connector_(poller),
      buffer_(std::max<std::size_t>(limits.receiveBufferBytes, 1024)) {
  limits_.streamsPerConnection = std::max<std::size_t>(limits_.streamsPerConnection, 1);
}

Http2Transport::~Http2Transport() {
  // Before the endpoints that their attempts return to.
  connections_.clear();
  closed_.clear();
}

Http2Target& Http2Transport::targetFor(const WireRequest& wire, const PreparedRequest& request) {
  auto& candidates = targets_[wire.endpoint];
  for (const auto& target : candidates) {
    if (connectAlike(*target->endpoint.options, *request.options)) return *target;
  }
  auto target = std::make_unique<Http2Target>();
  target->endpoint.url = wire.endpoint;
  target->endpoint.options = request.options;
  target->endpoint.isTls = wire.isTls;
  if (wire.isTls) {
    target->endpoint.alpn =
        request.options->httpVersion == HttpVersion::k2PriorKnowledge ? AlpnOffer::kHttp2 : AlpnOffer::kHttp2OrHttp11;
  }
  target->streams = limits_.streamsPerConnection;
  return *candidates.emplace_back(std::move(target));
}

Http2Rendered* Http2Transport::renderedFor(const PreparedRequest& request, ErrorCode& error, std::string& message) {
  return rendered_.obtain(request.id, [&](Http2Rendered& fresh) {
    error = renderHttp2Request(request, origin_, fresh.request, message);
    if (error != ErrorCode::kNone) return false;
    fresh.target = &targetFor(fresh.request.wire, request);
    fresh.timeoutNs = request.options->timeoutMs > 0 ? request.options->timeoutMs * kNsPerMs : kNever;
    return true;
  });
}

Http2Stream& Http2Transport::take(Exchange& exchange, Http2Rendered& rendered) {
  if (idleStreams_.empty()) {
    streams_.push_back(std::make_unique<Http2Stream>());
    idleStreams_.push_back(streams_.back().get());
  }
  Http2Stream& stream = *idleStreams_.back();
  idleStreams_.pop_back();
  stream.resetResponse();
  stream.exchange = &exchange;
  stream.rendered = &rendered;
  rendered_.use(rendered);
  exchange.transportState = &stream;
  if (rendered.timeoutNs != kNever) deadlines_.set(stream, exchange.clocks.sentNs + rendered.timeoutNs);
  return stream;
}

// Gives up what was kept for the exchange, which is no longer in flight.
Exchange& Http2Transport::release(Http2Stream& stream) {
  Exchange& exchange = *std::exchange(stream.exchange, nullptr);
  rendered_.release(*std::exchange(stream.rendered, nullptr));
  deadlines_.clear(stream);
  idleStreams_.push_back(&stream);
  exchange.transportState = nullptr;
  --inFlight_;
  return exchange;
}

void Http2Transport::start(Exchange& exchange) {
  if (!exchange.continued) exchange.clocks.sentNs = nowNs();
  ErrorCode error = ErrorCode::kNone;
  std::string message;
  Http2Rendered* rendered = renderedFor(*exchange.request, error, message);
  if (rendered == nullptr) {
    failedAtOnce_.add(exchange, error, message);
    return;
  }
  if (rendered->target->speaksHttp11) {
    handover_.onHttp11(exchange);
    return;
  }
  ++inFlight_;
  place(take(exchange, *rendered));
}

void Http2Transport::abort(Exchange& exchange) {
  if (exchange.transportState != nullptr) {
    fail(*static_cast<Http2Stream*>(exchange.transportState), ErrorCode::kAborted, "aborted");
    return;
  }
  failedAtOnce_.abort(exchange, nowNs());
}

void Http2Transport::drive(std::int64_t nowNs) {
  std::erase_if(closed_, [](const auto& connection) { return !connection->isDirty; });
  connector_.drive(nowNs);
  failedAtOnce_.tellAll(nowNs);
  expire(nowNs);
  if (!queued_.empty()) beginQueued();
  // Last, so that everything that was started in this pass goes out in it.
  flushing_.swap(dirty_);
  for (Http2Connection* connection : flushing_) {
    connection->isDirty = false;
    connection->flush(nowNs);
    settle(*connection);
  }
  flushing_.clear();
}

void Http2Transport::expire(std::int64_t nowNs) {
  while (DeadlineItem* item = deadlines_.takeDue(nowNs)) {
    auto& stream = static_cast<Http2Stream&>(*item);
    const Exchange& exchange = *stream.exchange;
    const std::string timeout = " timed out after " + std::to_string(exchange.request->options->timeoutMs) + " ms";
    if (stream.state == Http2Stream::State::kWaiting) {
      Http2Target& target = *stream.rendered->target;
      // An attempt that nobody waits for any more may never end by itself.
      if (target.waiting.size() == 1) {
        while (!target.opening.empty()) close(*target.opening.back());
      }
      fail(stream, ErrorCode::kTimeout, "connection" + timeout);
    } else {
      const std::string received = " with " + std::to_string(exchange.bytesReceived);
      fail(stream, ErrorCode::kTimeout, ("operation" + timeout).append(received).append(" bytes received"));
    }
  }
}

std::int64_t Http2Transport::nextDeadlineNs() const {
  if (!failedAtOnce_.empty() || !dirty_.empty()) return 0;
  return std::min(connector_.nextDeadlineNs(), deadlines_.nextNs());
}

void Http2Transport::onOutput(Http2Connection& connection) {
  connection.isDirty = true;
  dirty_.push_back(&connection);
}

}  // namespace vayu
