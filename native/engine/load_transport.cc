#include "engine/load_transport.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "engine/redirect.h"

namespace vayu {

LoadTransport::LoadTransport(Poller& poller)
    : curl_(poller, CurlTransportLimits{.waitForMultiplexing = true}), wire_(poller, WireLimits{}, this) {}

bool LoadTransport::fitsWire(const PreparedRequest& request) {
  if (request.id != lastChecked_) {
    lastChecked_ = request.id;
    lastFits_ = WireTransport::whyNot(request).empty();
  }
  return lastFits_;
}

void LoadTransport::start(Exchange& exchange) {
  if (fitsWire(*exchange.request)) {
    exchange.carrier = &wire_;
    wire_.start(exchange);
  } else {
    exchange.carrier = &curl_;
    curl_.start(exchange);
  }
}

void LoadTransport::abort(Exchange& exchange) { exchange.carrier->abort(exchange); }

void LoadTransport::drive(std::int64_t nowNs) {
  wire_.drive(nowNs);
  curl_.drive(nowNs);
}

std::int64_t LoadTransport::nextDeadlineNs() const { return std::min(wire_.nextDeadlineNs(), curl_.nextDeadlineNs()); }

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
    std::shared_ptr<const PreparedRequest> target =
        redirected(request, exchange.response.status, location, exchange.response.headerBlock, message);
    if (target == nullptr) {
      exchange.fail(ErrorCode::kInvalidUrl, message);
      return false;
    }
    lastFrom_ = exchange.request;
    lastKey_ = std::move(key);
    lastTarget_ = std::move(target);
  }
  exchange.request = lastTarget_;
  exchange.response.reset();
  exchange.redirectsCarried += 1;
  exchange.continued = true;
  exchange.carrier = &curl_;
  curl_.start(exchange);
  return true;
}

}  // namespace vayu
