// Full libcurl transfers: everything libcurl can do. Easy handles are pooled and stay configured for the request they last carried; they
// are spread over several multi handles because libcurl searches a multi's idle connections one by one.
// Worker thread only; must not outlive the poller.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "base/poller.h"
#include "engine/curl_slot.h"
#include "engine/curl_sockets.h"
#include "engine/transport.h"

namespace vayu {

struct CurlTransportLimits {
  // Transfers per multi handle. All in one multi lets HTTP/2 share one connection and makes the host limit exact.
  std::size_t handlesPerMulti = 32;
  // Wait for a connection that is being made to tell whether it multiplexes, instead of making another: HTTP/2 under load.
  bool waitForMultiplexing = false;
  // HTTP/2: transfers at a time on one connection; 0 leaves that to libcurl (100). More than `handlesPerMulti` raises that.
  std::size_t streamsPerConnection = 0;
  // Connections per host and multi; 0 is no limit.
  long maxHostConnections = 0;
};

class CurlTransport final : public Transport {
 public:
  CurlTransport(Poller& poller, CurlTransportLimits limits);
  ~CurlTransport() override;

  std::string_view name() const override { return "curl"; }
  void start(Exchange& exchange) override;
  void abort(Exchange& exchange) override;
  void drive(std::int64_t nowNs) override;
  std::int64_t nextDeadlineNs() const override;
  std::size_t inFlight() const override { return inFlight_; }
  std::size_t openConnections() const override { return sockets_.connections(); }
  std::uint64_t connectionsOpened() const override { return connectionsOpened_; }

  // For tests: libcurl's own view is not needed elsewhere.
  std::size_t multiCount() const { return multis_.size(); }

 private:
  struct Multi;
  struct Slot;
  friend struct Multi;

  Slot& takeSlot(const PreparedRequest& request);
  void collect(Multi& multi);
  void detach(Slot& slot);
  void finish(Slot& slot);

  CurlTransportLimits limits_;
  CurlSockets sockets_;  // before the multis, whose connections close through it
  std::vector<std::unique_ptr<Multi>> multis_;
  std::vector<Slot*> free_;  // last in, first out: the warmest connection is taken next
  std::deque<Exchange*> failedAtOnce_;
  std::size_t inFlight_ = 0;
  std::uint64_t connectionsOpened_ = 0;
};

}  // namespace vayu
