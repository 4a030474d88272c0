#include "engine/wire_connector.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/clock.h"
#include "curl/openssl.h"
#include "engine/curl_request.h"
#include "engine/wire_choice.h"

namespace vayu {

namespace {

// Every lane parses the CA bundle for itself. Where libcurl's calls stay in use, each of them looks its connection up among the lane's one by
// one: among 32 that takes 1,070 instructions, 5 % of the request with its encryption.
constexpr std::size_t kTlsConnectionsPerLane = 256;
constexpr std::size_t kTlsConnectionsPerLaneOfCurl = 16;

// Encrypted connections up to which each keeps its buffers between records.
constexpr std::size_t kBufferedConnections = 1024;

}  // namespace

struct WireConnector::Lane {
  explicit Lane(WireConnector& connector) : owner(connector) {
    if (!multi) return;
    curl_multi_setopt(multi.get(), CURLMOPT_SOCKETFUNCTION, &WireConnector::onSocket);
    curl_multi_setopt(multi.get(), CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi.get(), CURLMOPT_TIMERFUNCTION, &WireConnector::onTimer);
    curl_multi_setopt(multi.get(), CURLMOPT_TIMERDATA, this);
    // Nothing of ours may be closed to make room.
    curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, 1L << 20);
    curl_multi_setopt(multi.get(), CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
  }
  ~Lane() {
    if (!multi) return;
    curl_multi_setopt(multi.get(), CURLMOPT_SOCKETFUNCTION, nullptr);
    curl_multi_setopt(multi.get(), CURLMOPT_TIMERFUNCTION, nullptr);
  }

  WireConnector& owner;
  CurlMulti multi;
  std::int64_t deadlineNs = kNever;
  std::size_t used = 0;
};

// One of libcurl's sockets while it connects.
struct WireConnector::Watch final : PollTarget {
  void onReady(std::uint8_t events) override {
    if (lane == nullptr) return;
    int mask = 0;
    if ((events & kReadable) != 0) mask |= CURL_CSELECT_IN;
    if ((events & kWritable) != 0) mask |= CURL_CSELECT_OUT;
    if ((events & kFailed) != 0) mask |= CURL_CSELECT_ERR;
    lane->owner.act(*lane, fd, mask);
  }

  Lane* lane = nullptr;
  curl_socket_t fd = CURL_SOCKET_BAD;
};

struct WireConnectAttempt {
  // Member order is destruction order: the handle borrows what stands before it.
  char errorText[CURL_ERROR_SIZE] = {};
  CurlSlist headers;
  CurlSlist resolve;
  Alpn alpn;
  CurlEasy easy;
  WireEndpoint* endpoint = nullptr;
  WireConnectSink* sink = nullptr;
  void* lane = nullptr;
  std::size_t index = 0;  // in the connector's list
};

WireEndpoint::WireEndpoint() = default;
WireEndpoint::~WireEndpoint() = default;

WireConnector::WireConnector(Poller& poller) : poller_(poller), nextDeadlineNs_(kNever) {
  ensureCurl();
  share_.reset(curl_share_init());
  curl_share_setopt(share_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  curl_share_setopt(share_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
}

WireConnector::~WireConnector() {
  // Handles leave their multis before these go.
  attempts_.clear();
}

int WireConnector::onSocket(CURL*, curl_socket_t socket, int what, void* laneData, void* watchData) {
  auto& lane = *static_cast<Lane*>(laneData);
  WireConnector& self = lane.owner;
  auto* watch = static_cast<Watch*>(watchData);
  if (what == CURL_POLL_REMOVE) {
    if (watch == nullptr) return 0;
    self.poller_.remove(socket);
    watch->lane = nullptr;
    self.retiredWatches_.push_back(watch);
    return 0;
  }
  std::uint8_t events = 0;
  if ((what & CURL_POLL_IN) != 0) events |= kReadable;
  if ((what & CURL_POLL_OUT) != 0) events |= kWritable;
  // Another socket may have got the number of one that libcurl closed without a word; -1 would end every transfer of the lane.
  if (watch != nullptr)
    return self.poller_.modify(socket, events, watch) || self.poller_.add(socket, events, watch) ? 0 : -1;
  if (self.idleWatches_.empty()) {
    watch = &self.watches_.emplace_back();
  } else {
    watch = self.idleWatches_.back();
    self.idleWatches_.pop_back();
  }
  watch->lane = &lane;
  watch->fd = socket;
  curl_multi_assign(lane.multi.get(), socket, watch);
  return self.poller_.add(socket, events, watch) || self.poller_.modify(socket, events, watch) ? 0 : -1;
}

int WireConnector::onTimer(CURLM*, long timeoutMs, void* laneData) {
  auto& lane = *static_cast<Lane*>(laneData);
  lane.deadlineNs = timeoutMs < 0 ? kNever : (timeoutMs == 0 ? 0 : nowNs() + timeoutMs * kNsPerMs);
  lane.owner.nextDeadlineNs_ = std::min(lane.owner.nextDeadlineNs_, lane.deadlineNs);
  return 0;
}

WireConnector::Lane& WireConnector::laneFor(const WireEndpoint& endpoint) {
  auto& lanes = endpoint.isTls ? tlsLanes_ : plainLanes_;
  const std::size_t most = whyNotOpenSsl().empty() ? kTlsConnectionsPerLane : kTlsConnectionsPerLaneOfCurl;
  const auto free = std::find_if(lanes.begin(), lanes.end(),
                                 [&endpoint, most](const auto& lane) { return !endpoint.isTls || lane->used < most; });
  if (free != lanes.end()) return **free;
  return *lanes.emplace_back(std::make_unique<Lane>(*this));
}

ErrorCode WireConnector::configure(WireConnectAttempt& attempt, std::string& message) {
  PreparedRequest request;
  // ALPN must offer nothing but what we speak, and libcurl is not to speak anything.
  auto options = std::make_shared<RequestOptions>(*attempt.endpoint->options);
  options->httpVersion = HttpVersion::k11;
  request.options = std::move(options);
  request.method = "GET";
  request.url = attempt.endpoint->url;
  CURL* easy = attempt.easy.get();
  const ErrorCode code = configureEasy(easy, request, attempt.headers, attempt.resolve, message);
  if (code != ErrorCode::kNone) return code;
  if (attempt.endpoint->alpn) {
    attempt.alpn.offer = *attempt.endpoint->alpn;
    offerAlpn(easy, attempt.alpn);
  }
  curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
  // Of the exchange, and kept by the transport.
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 0L);
  // Plain requests come here only where no HTTP proxy is in the way; the decision is not to be made twice.
  if (!attempt.endpoint->isTls && !usesSocksProxy(*request.options)) curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_SHARE, share_.get());
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, attempt.errorText);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &attempt);
  return ErrorCode::kNone;
}

WireConnectAttempt* WireConnector::begin(WireEndpoint& endpoint, WireConnectSink& sink, ErrorCode& error,
                                         std::string& message) {
  std::unique_ptr<WireConnectAttempt> owner;
  if (endpoint.idle.empty()) {
    owner = std::make_unique<WireConnectAttempt>();
    owner->endpoint = &endpoint;
    error = owner->easy ? configure(*owner, message) : ErrorCode::kInternalError;
    if (error != ErrorCode::kNone) return nullptr;
  } else {
    owner = std::move(endpoint.idle.back());
    endpoint.idle.pop_back();
  }
  WireConnectAttempt& attempt = *owner;
  attempt.errorText[0] = '\0';
  attempt.sink = &sink;
  Lane& lane = laneFor(endpoint);
  if (!lane.multi || curl_multi_add_handle(lane.multi.get(), attempt.easy.get()) != CURLM_OK) {
    error = ErrorCode::kInternalError;
    message = "libcurl cannot take another connection";
    return nullptr;
  }
  attempt.lane = &lane;
  ++lane.used;
  attempt.index = attempts_.size();
  attempts_.push_back(std::move(owner));
  return &attempt;
}

void WireConnector::end(WireConnectAttempt& attempt) {
  auto& lane = *static_cast<Lane*>(attempt.lane);
  // Closes the connection as well: it was made with CONNECT_ONLY and nobody else can use it.
  curl_multi_remove_handle(lane.multi.get(), attempt.easy.get());
  --lane.used;
  attempt.lane = nullptr;
  attempt.sink = nullptr;
  const std::size_t index = attempt.index;
  std::unique_ptr<WireConnectAttempt> owner = std::move(attempts_[index]);
  if (index + 1 != attempts_.size()) {
    attempts_[index] = std::move(attempts_.back());
    attempts_[index]->index = index;
  }
  attempts_.pop_back();
  attempt.endpoint->idle.push_back(std::move(owner));
}

void WireConnector::drive(std::int64_t nowNs) {
  idleWatches_.insert(idleWatches_.end(), retiredWatches_.begin(), retiredWatches_.end());
  retiredWatches_.clear();
  if (nowNs < nextDeadlineNs_) return;
  nextDeadlineNs_ = kNever;
  // By index: sinks may begin attempts, which may add lanes.
  for (auto* lanes : {&plainLanes_, &tlsLanes_}) {
    for (std::size_t index = 0; index < lanes->size(); ++index) {
      Lane& lane = *(*lanes)[index];
      if (lane.deadlineNs <= nowNs) {
        lane.deadlineNs = kNever;
        act(lane, CURL_SOCKET_TIMEOUT, 0);
      }
    }
  }
  for (const auto* lanes : {&plainLanes_, &tlsLanes_}) {
    for (const auto& lane : *lanes) nextDeadlineNs_ = std::min(nextDeadlineNs_, lane->deadlineNs);
  }
}

void WireConnector::act(Lane& lane, curl_socket_t socket, int events) {
  int running = 0;
  curl_multi_socket_action(lane.multi.get(), socket, events, &running);
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(lane.multi.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    void* attempt = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &attempt);
    finish(*static_cast<WireConnectAttempt*>(attempt), code);
  }
}

void WireConnector::finish(WireConnectAttempt& attempt, CURLcode code) {
  CURL* easy = attempt.easy.get();
  WireConnectSink& sink = *attempt.sink;
  WireConnectResult result;
  curl_socket_t socket = CURL_SOCKET_BAD;
  if (code == CURLE_OK) curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &socket);
  if (code != CURLE_OK || socket == CURL_SOCKET_BAD) {
    long osError = 0;
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &osError);
    result.osError = errnoOf(static_cast<int>(osError));
    result.error = code == CURLE_OK ? ErrorCode::kInternalError : errorCodeOf(code, nullptr);
    result.message = errorMessageOf(code, attempt.errorText);
    end(attempt);
    sink.onConnectDone(std::move(result));
    return;
  }

  curl_off_t dns = 0;
  curl_off_t connect = 0;
  curl_off_t tls = 0;
  curl_easy_getinfo(easy, CURLINFO_NAMELOOKUP_TIME_T, &dns);
  curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &connect);
  curl_easy_getinfo(easy, CURLINFO_APPCONNECT_TIME_T, &tls);
  result.dnsUs = dns;
  result.connectUs = std::max<curl_off_t>(connect - dns, 0);
  result.tlsUs = tls > 0 ? std::max<curl_off_t>(tls - connect, 0) : 0;
  char* address = nullptr;
  long port = 0;
  curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &address);
  curl_easy_getinfo(easy, CURLINFO_PRIMARY_PORT, &port);
  if (address != nullptr && *address != '\0') result.remoteAddress = std::string(address) + ":" + std::to_string(port);

  if (attempt.endpoint->alpn) {
    const std::string& chosen = attempt.alpn.chosen;
    result.speaksHttp2 = chosen == "h2" || (chosen.empty() && attempt.alpn.offer == AlpnOffer::kHttp2);
  }
  if (attempt.endpoint->isTls) {
    attempt.sink = nullptr;
    result.socket = WireSocket(socket, easy, attempts_.size() <= kBufferedConnections);
    result.attempt = &attempt;
  } else {
    const SocketHandle own = duplicateSocket(socket);
    if (own == kNoSocket) {
      result.error = ErrorCode::kConnectionFailed;
      result.osError = errno;
      result.message = std::string("cannot keep the connection: ") + std::strerror(errno);
    }
    end(attempt);
    result.socket = WireSocket(own);
  }
  sink.onConnectDone(std::move(result));
}

}  // namespace vayu
