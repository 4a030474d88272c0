// HTTP/2 on connections that libcurl has made: nghttp2 frames the requests, many of which share a connection as streams. Carries what
// whyNotOnHttp2() has no objection to.
//
// Bytes go out once per connection and pass of the loop, whatever the number of requests in them, and come in by one receive per
// readiness, whatever the number of responses.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/poller.h"
#include "engine/transport.h"
#include "engine/wire_transport.h"

namespace vayu {

struct Http2Limits {
  // Exchanges at a time on one connection; fewer where the server allows fewer. More exchanges open more connections.
  std::size_t streamsPerConnection = 32;
  std::size_t maxConnecting = 128;
  std::size_t receiveBufferBytes = 64u << 10;
  // Names, values and 32 bytes for each field; interim responses and trailers included.
  std::size_t headBytes = 256u << 10;
  int interimResponses = 32;
};

// Whoever carries exchanges on where this transport does not.
class Http2Handover : public WireRedirectHandler {
 public:
  // The server speaks HTTP/1.1 only, or wants it for this request. Takes the exchange, which is no longer in flight here; its sent clock
  // stands. Never tells its sink from within.
  virtual void onHttp11(Exchange& exchange) = 0;

 protected:
  ~Http2Handover() = default;
};

// Whether this build has nghttp2.
bool hasHttp2Framing();

// Null in a build without nghttp2. Worker thread only; must not outlive the poller.
std::unique_ptr<Transport> makeHttp2Transport(Poller& poller, Http2Limits limits, Http2Handover& handover);

}  // namespace vayu
