// Makes connections with libcurl (CURLOPT_CONNECT_ONLY): names, happy eyeballs, TLS, proxies and SOCKS are its business. What comes out is
// a WireSocket: a descriptor of our own for plain TCP, or a libcurl handle that encrypts.
// Owned by a WireTransport; worker thread only; must not outlive the poller.
//
// Plain connections share one multi handle while they are made, then leave libcurl: the descriptor is duplicated and libcurl closes its
// own. Encrypted ones stay in their multi, whose handles send and receive until WireSocket does without them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/poller.h"
#include "base/socket.h"
#include "curl/alpn.h"
#include "curl/handles.h"
#include "engine/exchange.h"
#include "engine/wire_socket.h"

namespace vayu {

struct WireConnectAttempt;

struct WireConnectResult {
  ErrorCode error = ErrorCode::kNone;
  std::string message;
  int osError = 0;
  WireSocket socket;
  // Kept by whoever keeps an encrypted socket; null for a plain one.
  WireConnectAttempt* attempt = nullptr;
  // Chosen by the server from the endpoint's offer, or taken for granted where the offer was HTTP/2 alone and there was no answer.
  bool speaksHttp2 = false;
  std::int64_t dnsUs = 0;
  std::int64_t connectUs = 0;
  std::int64_t tlsUs = 0;
  std::string remoteAddress;
};

class WireConnectSink {
 public:
  // From Poller::wait() or WireConnector::drive(), never from begin().
  virtual void onConnectDone(WireConnectResult result) = 0;

 protected:
  ~WireConnectSink() = default;
};

// Where connections go: one per host, port, scheme and set of options. Outlives its attempts.
struct WireEndpoint {
  WireEndpoint();
  ~WireEndpoint();

  std::string url;
  std::shared_ptr<const RequestOptions> options;
  bool isTls = false;
  // Over TLS; nothing offers HTTP/1.1.
  std::optional<AlpnOffer> alpn;
  // Handles that stay configured for this endpoint.
  std::vector<std::unique_ptr<WireConnectAttempt>> idle;
};

class WireConnector {
 public:
  explicit WireConnector(Poller& poller);
  ~WireConnector();
  WireConnector(const WireConnector&) = delete;
  WireConnector& operator=(const WireConnector&) = delete;

  // Null when libcurl refuses; `error` and `message` then say why.
  WireConnectAttempt* begin(WireEndpoint& endpoint, WireConnectSink& sink, ErrorCode& error, std::string& message);

  // Ends an attempt under way, or the encrypted connection it has become.
  void end(WireConnectAttempt& attempt);

  void drive(std::int64_t nowNs);
  std::int64_t nextDeadlineNs() const { return nextDeadlineNs_; }

 private:
  struct Lane;
  struct Watch;
  friend struct Lane;
  friend struct Watch;

  static int onSocket(CURL* easy, curl_socket_t socket, int what, void* lane, void* watch);
  static int onTimer(CURLM* multi, long timeoutMs, void* lane);
  Lane& laneFor(const WireEndpoint& endpoint);
  ErrorCode configure(WireConnectAttempt& attempt, std::string& message);
  void act(Lane& lane, curl_socket_t socket, int events);
  void finish(WireConnectAttempt& attempt, CURLcode code);

  struct ShareDeleter {
    void operator()(CURLSH* share) const { curl_share_cleanup(share); }
  };

  Poller& poller_;
  std::int64_t nextDeadlineNs_;
  std::deque<Watch> watches_;
  std::vector<Watch*> idleWatches_;
  std::vector<Watch*> retiredWatches_;           // events of the current batch may still name them
  std::unique_ptr<CURLSH, ShareDeleter> share_;  // TLS sessions and DNS answers
  std::vector<std::unique_ptr<Lane>> plainLanes_;
  std::vector<std::unique_ptr<Lane>> tlsLanes_;
  std::vector<std::unique_ptr<WireConnectAttempt>> attempts_;  // under way, or encrypted connections
};

}  // namespace vayu
