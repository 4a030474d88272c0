// The transport of a load run that may use the wire: each exchange goes to the wire's HTTP/1.1 or HTTP/2 when that can carry it, else to
// CurlTransport. A redirect that has to be followed changes from the wire to libcurl, and a server that knows HTTP/1.1 only gets that; the
// clocks run on. Worker thread only.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>

#include "engine/curl_transport.h"
#include "engine/http2_transport.h"
#include "engine/wire_transport.h"

namespace vayu {

class LoadTransport final : public Transport, private Http2Handover {
 public:
  explicit LoadTransport(Poller& poller, std::size_t streamsPerConnection);

  // Empty when the wire can carry the request, else the reason in words.
  static std::string whyNotWire(const PreparedRequest& request);

  std::string_view name() const override { return "wire"; }
  void start(Exchange& exchange) override;
  void abort(Exchange& exchange) override;
  void drive(std::int64_t nowNs) override;
  std::int64_t nextDeadlineNs() const override;
  std::size_t inFlight() const override;
  std::size_t openConnections() const override;
  std::uint64_t connectionsOpened() const override;

 private:
  bool onRedirect(Exchange& exchange, std::string_view location) override;
  void onHttp11(Exchange& exchange) override;
  // Hands the exchange on to libcurl with the request that a redirect asks for.
  void carryOn(Exchange& exchange, std::shared_ptr<const PreparedRequest> target);
  Transport& carrierOf(const PreparedRequest& request);

  CurlTransport curl_;
  WireTransport wire_;
  std::unique_ptr<Transport> http2_;  // null in a build without it
  std::uint64_t lastChecked_ = 0;     // id of the request that carrierOf() judged last
  Transport* lastCarrier_ = nullptr;
  // The redirected request of a plan's only request, so that libcurl's handles stay configured for it.
  std::shared_ptr<const PreparedRequest> lastFrom_;
  std::string lastKey_;
  std::shared_ptr<const PreparedRequest> lastTarget_;
};

}  // namespace vayu
