#include "engine/load_transport.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "engine/redirect.h"

namespace vayu {

LoadTransport::LoadTransport(Poller& poller, std::size_t streamsPerConnection)
    : curl_(poller, CurlTransportLimits{.waitForMultiplexing = true, .streamsPerConnection = streamsPerConnection}),
      wire_(poller, WireLimits{}, this),
      http2_(makeHttp2Transport(poller, Http2Limits{.streamsPerConnection = streamsPerConnection}, *this)) {}

std::string LoadTransport::whyNotWire(const PreparedRequest& request) {
  return asksForHttp2(request) ? whyNotOnHttp2(request) : whyNotOnWire(request);
}

Transport& LoadTransport::carrierOf(const PreparedRequest& request) {
  if (request.id == lastChecked_) return *lastCarrier_;
  lastChecked_ = request.id;
  if (!whyNotWire(request).empty()) {
    lastCarrier_ = &curl_;
  } else {
    lastCarrier_ = asksForHttp2(request) ? http2_.get() : &wire_;
  }
  return *lastCarrier_;
}

void LoadTransport::start(Exchange& exchange) {
  Transport& carrier = carrierOf(*exchange.request);
  exchange.carrier = &carrier;
  carrier.start(exchange);
}

void LoadTransport::abort(Exchange& exchange) { exchange.carrier->abort(exchange); }

void LoadTransport::drive(std::int64_t nowNs) {
  if (http2_ != nullptr) http2_->drive(nowNs);
  wire_.drive(nowNs);
  curl_.drive(nowNs);
}

std::int64_t LoadTransport::nextDeadlineNs() const {
  const std::int64_t next = std::min(wire_.nextDeadlineNs(), curl_.nextDeadlineNs());
  return http2_ == nullptr ? next : std::min(next, http2_->nextDeadlineNs());
}

std::size_t LoadTransport::inFlight() const {
  return wire_.inFlight() + curl_.inFlight() + (http2_ == nullptr ? 0 : http2_->inFlight());
}

std::size_t LoadTransport::openConnections() const {
  return wire_.openConnections() + curl_.openConnections() + (http2_ == nullptr ? 0 : http2_->openConnections());
}

std::uint64_t LoadTransport::connectionsOpened() const {
  return wire_.connectionsOpened() + curl_.connectionsOpened() + (http2_ == nullptr ? 0 : http2_->connectionsOpened());
}

void LoadTransport::onHttp11(Exchange& exchange) {
  exchange.continued = true;
  exchange.carrier = &wire_;
  wire_.start(exchange);
}

bool LoadTransport::onRedirect(Exchange& exchange, std::string_view location) {
  const PreparedRequest& request = *exchange.request;
  if (request.options->maxRedirects <= 0) {
    exchange.fail(ErrorCode::kTooManyRedirects, "Maximum (0) redirects followed");
    return false;
  }
  std::string key =
      std::to_string(exchange.response.status) + ' ' + std::string(location) + '\n' + exchange.response.headerBlock;
  if (lastFrom_ == nullptr || lastFrom_->id != request.id || key != lastKey_) {
    std::string message;
    std::shared_ptr<PreparedRequest> target =
        redirected(request, exchange.response.status, location, exchange.response.headerBlock, message);
    if (target == nullptr) {
      exchange.fail(ErrorCode::kInvalidUrl, message);
      return false;
    }
    lastFrom_ = exchange.request;
    lastKey_ = std::move(key);
    lastTarget_ = std::move(target);
  }
  carryOn(exchange, lastTarget_);
  return true;
}

void LoadTransport::carryOn(Exchange& exchange, std::shared_ptr<const PreparedRequest> target) {
  exchange.request = std::move(target);
  exchange.response.reset();
  exchange.redirectsCarried += 1;
  exchange.continued = true;
  exchange.carrier = &curl_;
  curl_.start(exchange);
}

}  // namespace vayu
