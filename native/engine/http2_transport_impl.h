// The HTTP/2 transport itself: which exchange goes on which connection, how many connections there are, and how exchanges end.
//
// Exchanges of one target (endpoint and options) share connections, the fullest that has room first. Without room they wait, in order, and
// connections are made until there will be room for all. Until a target has told how many streams it allows, it gets one connection only.
// Worker thread only; must not outlive the poller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/failed_at_once.h"
#include "engine/http2_connection.h"
#include "engine/http2_stream.h"
#include "engine/http2_transport.h"
#include "engine/lazy_deadlines.h"
#include "engine/rendered_cache.h"
#include "engine/wire_connector.h"

namespace vayu {

// Where requests go, with what is kept for it.
struct Http2Target {
  WireEndpoint endpoint;
  std::vector<Http2Connection*> roomy;    // open, with room for a stream
  std::vector<Http2Connection*> opening;  // wished for or being made
  std::deque<Http2Stream*> waiting;       // first come, first served
  std::size_t streams = 0;                // that one connection carries, as far as is known
  bool isProbed = false;                  // the server has said how many streams it allows
  bool isProbing = false;                 // a connection is to find that out
  bool speaksHttp11 = false;              // instead: ALPN chose it
};

class Http2Transport final : public Transport, private Http2ConnectionOwner {
 public:
  Http2Transport(Poller& poller, Http2Limits limits, Http2Handover& handover);
  ~Http2Transport() override;

  std::string_view name() const override { return "wire"; }
  void start(Exchange& exchange) override;
  void abort(Exchange& exchange) override;
  void drive(std::int64_t nowNs) override;
  std::int64_t nextDeadlineNs() const override;
  std::size_t inFlight() const override { return inFlight_ + failedAtOnce_.size(); }
  std::size_t openConnections() const override { return openConnections_; }
  std::uint64_t connectionsOpened() const override { return connectionsOpened_; }

 private:
  void onConnected(Http2Connection& connection, WireConnectResult result) override;
  void onReceived(Http2Connection& connection) override;
  void onOutput(Http2Connection& connection) override;

  Http2Rendered* renderedFor(const PreparedRequest& request, ErrorCode& error, std::string& message);
  Http2Target& targetFor(const WireRequest& wire, const PreparedRequest& request);
  Http2Stream& take(Exchange& exchange, Http2Rendered& rendered);
  Exchange& release(Http2Stream& stream);

  void place(Http2Stream& stream);
  void dispatch(Http2Target& target);
  bool assign(Http2Connection& connection, Http2Stream& stream);
  void openMore(Http2Target& target);
  void beginQueued();
  void refuseWaiting(Http2Connection& connection, const WireConnectResult& result);
  void moveToHttp11(Http2Target& target);

  void settle(Http2Connection& connection);
  void finish(Http2Connection& connection, Http2Stream& stream);
  void complete(Http2Connection& connection, Http2Stream& stream);
  bool mayTryAgain(const Http2Stream& stream) const;
  void tryAgain(Http2Stream& stream);
  void fail(Http2Stream& stream, ErrorCode code, std::string_view message, int osError = 0);
  void drop(Http2Connection& connection);
  void expire(std::int64_t nowNs);

  void updateRoom(Http2Connection& connection);
  void close(Http2Connection& connection);

  Poller& poller_;
  Http2Limits limits_;
  Http2Handover& handover_;
  WireConnector connector_;
  LazyDeadlines deadlines_;
  std::unordered_map<std::string, std::vector<std::unique_ptr<Http2Target>>> targets_;
  RenderedCache<Http2Rendered> rendered_;
  WireOrigin origin_;
  std::vector<std::unique_ptr<Http2Stream>> streams_;
  std::vector<Http2Stream*> idleStreams_;
  std::vector<std::unique_ptr<Http2Connection>> connections_;
  std::vector<std::unique_ptr<Http2Connection>> closed_;  // freed once no batch of events can name them
  std::deque<Http2Connection*> queued_;                   // wait for their turn to connect
  std::vector<Http2Connection*> dirty_;                   // have something to send
  std::vector<Http2Connection*> flushing_;
  FailedAtOnce failedAtOnce_;
  std::vector<char> buffer_;
  std::string decoded_;
  std::size_t connecting_ = 0;
  std::size_t inFlight_ = 0;
  std::size_t openConnections_ = 0;
  std::uint64_t connectionsOpened_ = 0;
};

}  // namespace vayu
