// The transport of a load run that may use the wire: each exchange goes to WireTransport when that can carry it, else to CurlTransport,
// and a redirect that has to be followed changes from the first to the second with its clocks kept. Worker thread only.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "engine/curl_transport.h"
#include "engine/wire_transport.h"

namespace vayu {

class LoadTransport final : public Transport, private WireRedirectHandler {
 public:
  explicit LoadTransport(Poller& poller);

  std::string_view name() const override { return "wire"; }
  void start(Exchange& exchange) override;
  void abort(Exchange& exchange) override;
  void drive(std::int64_t nowNs) override;
  std::int64_t nextDeadlineNs() const override;
  std::size_t inFlight() const override { return wire_.inFlight() + curl_.inFlight(); }
  std::size_t openConnections() const override { return wire_.openConnections() + curl_.openConnections(); }
  std::uint64_t connectionsOpened() const override { return wire_.connectionsOpened() + curl_.connectionsOpened(); }

 private:
  bool onRedirect(Exchange& exchange, std::string_view location) override;
  bool fitsWire(const PreparedRequest& request);

  CurlTransport curl_;
  WireTransport wire_;
  std::uint64_t lastChecked_ = 0;  // id of the request that fitsWire() judged last
  bool lastFits_ = false;
  // The redirected request of a plan's only request, so that libcurl's handles stay configured for it.
  std::shared_ptr<const PreparedRequest> lastFrom_;
  std::string lastKey_;
  std::shared_ptr<const PreparedRequest> lastTarget_;
};

}  // namespace vayu
