// HTTP/1.1 on connections that libcurl has made: rendered bytes out by one send, an incremental parser behind one receive. Carries what
// whyNot() has no objection to, at a third of the cost of a libcurl transfer (performance.md).
//
// An exchange takes an idle connection of its endpoint, the warmest first, or opens one: there are never fewer connections than exchanges
// in flight, and none is shared. A connection is registered with the poller once, for its life. In steady state a request costs one send,
// one receive and two clock reads, takes no lock and allocates nothing.
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

#include "base/poller.h"
#include "engine/failed_at_once.h"
#include "engine/http1_parser.h"
#include "engine/lazy_deadlines.h"
#include "engine/rendered_cache.h"
#include "engine/transport.h"
#include "engine/wire_choice.h"
#include "engine/wire_connector.h"
#include "engine/wire_request.h"

namespace vayu {

struct WireLimits {
  // Connections being made at a time; more wait. A burst of thousands would overflow a server's accept queue, whose lost SYNs are
  // repeated only after a second.
  std::size_t maxConnecting = 128;
  std::size_t receiveBufferBytes = 64u << 10;
  Http1Limits http1;
};

// Whoever carries exchanges on where this transport does not: 301, 302, 303, 307 and 308 with a Location, when redirects are followed.
class WireRedirectHandler {
 public:
  // The redirecting response is complete: status, sizes and clocks are in the exchange, and its header block holds the Set-Cookie lines
  // even where headers are not captured. Returns true to take the exchange, which then is
  // no longer in flight here; false lets it end with the redirecting response. May start exchanges from within.
  virtual bool onRedirect(Exchange& exchange, std::string_view location) = 0;

 protected:
  ~WireRedirectHandler() = default;
};

class WireTransport final : public Transport {
 public:
  WireTransport(Poller& poller, WireLimits limits, WireRedirectHandler* redirects = nullptr);
  ~WireTransport() override;

  std::string_view name() const override { return "wire"; }
  void start(Exchange& exchange) override;
  void abort(Exchange& exchange) override;
  void drive(std::int64_t nowNs) override;
  std::int64_t nextDeadlineNs() const override;
  std::size_t inFlight() const override { return inFlight_ + failedAtOnce_.size(); }
  std::size_t openConnections() const override { return openConnections_; }
  std::uint64_t connectionsOpened() const override { return connectionsOpened_; }

  // Empty when this transport can carry the request, else the reason in words.
  static std::string whyNot(const PreparedRequest& request) { return whyNotOnWire(request); }

 private:
  struct Connection;
  struct Target;
  struct Rendered;

  Rendered* renderedFor(const PreparedRequest& request, ErrorCode& error, std::string& message);
  Target& targetFor(const WireRequest& wire, const PreparedRequest& request);

  Connection& openFor(Target& target);
  void attach(Connection& connection, Exchange& exchange, Rendered& rendered);
  void beginQueued();
  void connected(Connection& connection, WireConnectResult result);
  void beginRequest(Connection& connection);
  void send(Connection& connection);
  void receive(Connection& connection);
  // False when the connection has been given up or the exchange is over.
  bool parse(Connection& connection, std::string_view input, std::int64_t& nowNs);
  Http1Parser& takeParser(Connection& connection);
  void takeHead(Connection& connection);
  void takeBody(Connection& connection, std::string_view part);
  void streamEnded(Connection& connection, WireIo io);
  bool retry(Connection& connection);
  bool isQuiet(Connection& connection);
  void complete(Connection& connection, bool isClean, std::int64_t nowNs);
  void fail(Connection& connection, ErrorCode code, std::string_view message, int osError = 0);
  void failParsing(Connection& connection);
  Exchange& detach(Connection& connection);
  bool watch(Connection& connection);
  void makeIdle(Connection& connection);
  void dropIdle(Connection& connection);
  void close(Connection& connection);
  void expire(std::int64_t nowNs);

  Poller& poller_;
  WireLimits limits_;
  WireRedirectHandler* redirects_;
  WireConnector connector_;
  LazyDeadlines deadlines_;
  std::unordered_map<std::string, std::vector<std::unique_ptr<Target>>> targets_;
  RenderedCache<Rendered> rendered_;
  WireOrigin origin_;
  std::vector<std::unique_ptr<Http1Parser>> parsers_;
  std::vector<Http1Parser*> idleParsers_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<std::unique_ptr<Connection>> closed_;  // freed once no batch of events can name them
  std::deque<Connection*> queued_;                   // wait for their turn to connect
  std::vector<Connection*> brokenSends_;
  FailedAtOnce failedAtOnce_;
  std::vector<char> buffer_;
  std::string decoded_;
  std::size_t connecting_ = 0;
  std::size_t inFlight_ = 0;
  std::size_t openConnections_ = 0;
  std::uint64_t connectionsOpened_ = 0;
};

}  // namespace vayu
