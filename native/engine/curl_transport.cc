#include "engine/curl_transport.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/clock.h"
#include "engine/curl_request.h"
#include "engine/host_rules.h"

namespace vayu {

namespace {

// Idle connections beyond the slots, so that a host that is left for another does not close the ones still wanted. Set always: since
// libcurl 8.14 the default follows the transfers under way and draining a batch would close its connections.
constexpr long kSpareConnections = 8;

bool isHttps(std::string_view url) {
  constexpr std::string_view kScheme = "https:";
  return url.size() > kScheme.size() && curl_strnequal(url.data(), kScheme.data(), kScheme.size()) != 0;
}

}  // namespace

// One curl_multi and its timer.
struct CurlTransport::Multi {
  explicit Multi(CurlTransport& owner) : transport(owner) {
    curl_multi_setopt(handle.get(), CURLMOPT_SOCKETFUNCTION, &Multi::onSocket);
    curl_multi_setopt(handle.get(), CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(handle.get(), CURLMOPT_TIMERFUNCTION, &Multi::onTimer);
    curl_multi_setopt(handle.get(), CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(handle.get(), CURLMOPT_MAXCONNECTS,
                      static_cast<long>(owner.limits_.handlesPerMulti) + kSpareConnections);
    if (owner.limits_.maxHostConnections > 0) {
      curl_multi_setopt(handle.get(), CURLMOPT_MAX_HOST_CONNECTIONS, owner.limits_.maxHostConnections);
    }
  }

  static int onSocket(CURL*, curl_socket_t fd, int what, void* self, void*);
  static int onTimer(CURLM*, long timeoutMs, void* self) {
    auto* multi = static_cast<Multi*>(self);
    if (timeoutMs < 0) {
      multi->deadlineNs = kNever;
    } else {
      multi->deadlineNs = timeoutMs == 0 ? 0 : nowNs() + timeoutMs * kNsPerMs;
    }
    return 0;
  }

  CurlTransport& transport;
  CurlMulti handle;
  std::int64_t deadlineNs = kNever;
  std::size_t active = 0;
  std::vector<std::unique_ptr<Slot>> slots;
};

// An easy handle that stays configured for the request it last carried.
struct CurlTransport::Slot {
  explicit Slot(Multi& owner) : multi(owner) {}

  static std::size_t onBody(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t onHeader(char* data, std::size_t size, std::size_t count, void* self);
  static int onRequest(void* self, char*, char*, int, int);
  static curl_socket_t onOpen(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int onClose(void* self, curl_socket_t fd);

  Multi& multi;
  CurlEasy easy;
  CurlSlist headers;
  CurlSlist resolve;
  std::shared_ptr<const PreparedRequest> configuredFor;  // keeps the body that the handle points to
  Exchange* exchange = nullptr;
  bool sawBody = false;
  bool headerComplete = false;
  bool refusedHost = false;
  bool tooLarge = false;
  std::uint64_t captureLimit = 0;
  std::uint64_t decodedBytes = 0;
  char errorBuffer[CURL_ERROR_SIZE] = {};
};

// What libcurl wants of a descriptor, against what the poller has been told. Its wish to forget a connection between two transfers is
// ignored: it comes back with the next transfer, and two epoll_ctl per request cost more than an unwanted event now and then. Descriptors
// that libcurl makes for itself (its resolver's) are forgotten at once, since it closes them without a word.
struct CurlTransport::Socket final : PollTarget {
  explicit Socket(int descriptor) : fd(descriptor) {}
  void onReady(std::uint8_t events) override;

  int fd;
  bool isConnection = false;
  Multi* multi = nullptr;
  std::uint8_t wanted = 0;
  std::uint8_t registered = 0;
};

int CurlTransport::Multi::onSocket(CURL*, curl_socket_t fd, int what, void* self, void*) {
  auto* multi = static_cast<Multi*>(self);
  Poller& poller = multi->transport.poller_;
  Socket* socket = multi->transport.socketFor(fd, what != CURL_POLL_REMOVE);
  if (socket == nullptr) return 0;
  if (what == CURL_POLL_REMOVE) {
    socket->wanted = 0;
    if (!socket->isConnection && socket->registered != 0) {
      poller.remove(fd);
      socket->registered = 0;
    }
    return 0;
  }
  socket->multi = multi;
  socket->wanted = 0;
  if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) socket->wanted |= kReadable;
  if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) socket->wanted |= kWritable;
  if (socket->registered == 0) {
    if (poller.add(fd, socket->wanted, socket)) socket->registered = socket->wanted;
  } else if ((socket->wanted & ~socket->registered) != 0 ||
             ((socket->registered & kWritable) != 0 && (socket->wanted & kWritable) == 0)) {
    // Readability left registered without need is harmless; writability would fire at once and always.
    if (poller.modify(fd, socket->wanted, socket)) socket->registered = socket->wanted;
  }
  return 0;
}

void CurlTransport::Socket::onReady(std::uint8_t events) {
  if (registered == 0) return;
  if (wanted == 0) {
    multi->transport.poller_.remove(fd);
    registered = 0;
    return;
  }
  int mask = 0;
  if ((events & kReadable) != 0) mask |= CURL_CSELECT_IN;
  if ((events & kWritable) != 0) mask |= CURL_CSELECT_OUT;
  if ((events & kFailed) != 0) mask |= CURL_CSELECT_ERR;
  Multi& owner = *multi;
  int running = 0;
  curl_multi_socket_action(owner.handle.get(), fd, mask, &running);
  if (static_cast<std::size_t>(running) < owner.active) owner.transport.collect(owner);
}

std::size_t CurlTransport::Slot::onBody(char* data, std::size_t size, std::size_t count, void* self) {
  auto* slot = static_cast<Slot*>(self);
  const std::size_t bytes = size * count;
  Exchange& exchange = *slot->exchange;
  if (!slot->sawBody) {
    slot->sawBody = true;
    slot->captureLimit = exchange.bodyCaptureLimit;
    if (exchange.errorBodyCaptureLimit > slot->captureLimit) {
      long status = 0;
      curl_easy_getinfo(slot->easy.get(), CURLINFO_RESPONSE_CODE, &status);
      if (status >= 400) slot->captureLimit = exchange.errorBodyCaptureLimit;
    }
  }
  slot->decodedBytes += bytes;
  if (slot->decodedBytes > exchange.request->options->maxResponseBytes) {
    slot->tooLarge = true;
    return 0;
  }
  std::string& body = exchange.response.body;
  const std::size_t room = slot->captureLimit > body.size() ? slot->captureLimit - body.size() : 0;
  body.append(data, std::min(room, bytes));
  if (room < bytes) exchange.response.bodyCut = true;
  return bytes;
}

std::size_t CurlTransport::Slot::onHeader(char* data, std::size_t size, std::size_t count, void* self) {
  auto* slot = static_cast<Slot*>(self);
  const std::string_view line(data, size * count);
  Response& response = slot->exchange->response;
  const bool isEnd = line == "\r\n" || line == "\n";
  // A status line begins another header; trailers come after the end and change nothing.
  slot->headerComplete = isEnd || (slot->headerComplete && !line.starts_with("HTTP/"));
  if (!slot->exchange->captureHeaders) return line.size();
  if (line.starts_with("HTTP/")) {
    // A new response: after a redirect, a 1xx or a challenge.
    response.headerBlock.clear();
    response.statusText.clear();
    const std::size_t code = line.find(' ');
    const std::size_t reason = code == std::string_view::npos ? code : line.find(' ', code + 1);
    if (reason != std::string_view::npos) {
      response.statusText = line.substr(reason + 1);
      while (!response.statusText.empty() && (response.statusText.back() == '\r' || response.statusText.back() == '\n')) {
        response.statusText.pop_back();
      }
    }
  } else if (!isEnd) {
    response.headerBlock.append(line);
  }
  return line.size();
}

// Before each request of a transfer is sent, those after redirects included.
int CurlTransport::Slot::onRequest(void* self, char*, char*, int, int) {
  auto* slot = static_cast<Slot*>(self);
  char* url = nullptr;
  std::string message;
  if (curl_easy_getinfo(slot->easy.get(), CURLINFO_EFFECTIVE_URL, &url) == CURLE_OK && url != nullptr &&
      urlAllowed(slot->exchange->request->options->allowHosts, url, message)) {
    return CURL_PREREQFUNC_OK;
  }
  slot->refusedHost = true;
  return CURL_PREREQFUNC_ABORT;
}

curl_socket_t CurlTransport::Slot::onOpen(void* self, curlsocktype, curl_sockaddr* address) {
  auto* slot = static_cast<Slot*>(self);
  int type = address->socktype;
#ifdef SOCK_CLOEXEC
  type |= SOCK_CLOEXEC;
#endif
  const int fd = socket(address->family, type, address->protocol);
  if (fd < 0) {
    if (slot->exchange != nullptr) slot->exchange->osError = errno;
    return CURL_SOCKET_BAD;
  }
#ifndef SOCK_CLOEXEC
  fcntl(fd, F_SETFD, FD_CLOEXEC);
#endif
  CurlTransport& transport = slot->multi.transport;
  transport.socketFor(fd, true)->isConnection = true;
  ++transport.openConnections_;
  return fd;
}

// Given the transport, not the slot: a connection outlives the transfer that opened it.
int CurlTransport::Slot::onClose(void* self, curl_socket_t fd) {
  auto* transport = static_cast<CurlTransport*>(self);
  if (Socket* socket = transport->socketFor(fd, false); socket != nullptr) {
    if (socket->registered != 0) transport->poller_.remove(fd);
    socket->registered = 0;
    socket->wanted = 0;
    socket->isConnection = false;
  }
  if (transport->openConnections_ > 0) --transport->openConnections_;
  return close(fd);
}

CurlTransport::CurlTransport(Poller& poller, CurlTransportLimits limits) : poller_(poller), limits_(limits) {
  if (limits_.handlesPerMulti == 0) limits_.handlesPerMulti = 1;
}

CurlTransport::~CurlTransport() {
  for (const auto& multi : multis_) {
    for (const auto& slot : multi->slots) {
      if (slot->exchange != nullptr) curl_multi_remove_handle(multi->handle.get(), slot->easy.get());
    }
  }
  // Closing the connections calls back into sockets_.
  multis_.clear();
}

CurlTransport::Socket* CurlTransport::socketFor(int fd, bool create) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= sockets_.size()) {
    if (!create) return nullptr;
    sockets_.resize(std::max(index + 1, sockets_.size() * 2));
  }
  if (sockets_[index] == nullptr && create) sockets_[index] = std::make_unique<Socket>(fd);
  return sockets_[index].get();
}

CurlTransport::Slot& CurlTransport::takeSlot(const PreparedRequest& request) {
  if (!free_.empty()) {
    // One configured for this request already, if it is near the top.
    const std::size_t depth = std::min<std::size_t>(free_.size(), 4);
    for (std::size_t back = 1; back <= depth; ++back) {
      Slot* candidate = free_[free_.size() - back];
      if (candidate->configuredFor != nullptr && candidate->configuredFor->id == request.id) {
        free_.erase(free_.end() - static_cast<std::ptrdiff_t>(back));
        return *candidate;
      }
    }
    Slot* slot = free_.back();
    free_.pop_back();
    return *slot;
  }
  if (multis_.empty() || multis_.back()->slots.size() >= limits_.handlesPerMulti) {
    multis_.push_back(std::make_unique<Multi>(*this));
  }
  Multi& multi = *multis_.back();
  multi.slots.push_back(std::make_unique<Slot>(multi));
  return *multi.slots.back();
}

void CurlTransport::releaseSlot(Slot& slot) {
  slot.exchange = nullptr;
  free_.push_back(&slot);
}

void CurlTransport::start(Exchange& exchange) {
  if (!exchange.continued) exchange.clocks.sentNs = nowNs();
  ++inFlight_;
  Slot& slot = takeSlot(*exchange.request);
  CURL* easy = slot.easy.get();
  slot.exchange = &exchange;
  slot.sawBody = false;
  slot.headerComplete = false;
  slot.refusedHost = false;
  slot.tooLarge = false;
  slot.decodedBytes = 0;
  slot.errorBuffer[0] = '\0';
  exchange.transportState = &slot;

  const bool configured = slot.configuredFor != nullptr && slot.configuredFor->id == exchange.request->id;
  if (!configured) {
    // libcurl 7.88 leaks the name of an earlier cookie file in a reset.
    curl_easy_setopt(easy, CURLOPT_COOKIEFILE, nullptr);
    curl_easy_reset(easy);
    curl_easy_setopt(easy, CURLOPT_COOKIELIST, "ALL");
    slot.configuredFor = exchange.request;
    std::string message;
    const ErrorCode code = configureEasy(easy, *exchange.request, slot.headers, slot.resolve, message);
    if (code != ErrorCode::kNone) {
      slot.configuredFor = nullptr;
      exchange.fail(code, message);
      failedAtOnce_.push_back(&exchange);
      return;
    }
    // Over plain HTTP libcurl would wait for the first response, however long that takes.
    if (limits_.waitForMultiplexing && isHttps(exchange.request->url)) curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, &slot);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, slot.errorBuffer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Slot::onBody);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &slot);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Slot::onHeader);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &slot);
    if (!exchange.request->options->allowHosts.empty()) {
      curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &Slot::onRequest);
      curl_easy_setopt(easy, CURLOPT_PREREQDATA, &slot);
    }
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &Slot::onOpen);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &slot);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &Slot::onClose);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
  } else if (exchange.request->options->cookies) {
    curl_easy_setopt(easy, CURLOPT_COOKIELIST, "ALL");
  }

  for (const std::string& line : exchange.request->cookieLines) curl_easy_setopt(easy, CURLOPT_COOKIELIST, line.c_str());

  ++slot.multi.active;
  const CURLMcode added = curl_multi_add_handle(slot.multi.handle.get(), easy);
  if (added != CURLM_OK) {
    --slot.multi.active;
    exchange.fail(ErrorCode::kInternalError, curl_multi_strerror(added));
    failedAtOnce_.push_back(&exchange);
  }
}

void CurlTransport::abort(Exchange& exchange) {
  auto* slot = static_cast<Slot*>(exchange.transportState);
  const auto failed = std::find(failedAtOnce_.begin(), failedAtOnce_.end(), &exchange);
  if (failed != failedAtOnce_.end()) {
    failedAtOnce_.erase(failed);
  } else {
    readTransferInfo(slot->easy.get(), exchange);
    countConnections(*slot);
    curl_multi_remove_handle(slot->multi.handle.get(), slot->easy.get());
    --slot->multi.active;
  }
  releaseSlot(*slot);
  --inFlight_;
  exchange.fail(ErrorCode::kAborted, "aborted before the response was complete");
  exchange.clocks.doneNs = nowNs();
  exchange.sink->onExchangeDone(exchange);
}

void CurlTransport::drive(std::int64_t now) {
  if (!failedAtOnce_.empty()) {
    const std::vector<Exchange*> failed = std::exchange(failedAtOnce_, {});
    for (Exchange* exchange : failed) {
      releaseSlot(*static_cast<Slot*>(exchange->transportState));
      --inFlight_;
      exchange->clocks.doneNs = nowNs();
      exchange->sink->onExchangeDone(*exchange);
    }
  }
  // A second round sends what the first round's completions started.
  for (int round = 0; round < 2; ++round) {
    bool any = false;
    for (std::size_t index = 0; index < multis_.size(); ++index) {
      Multi& multi = *multis_[index];
      if (multi.deadlineNs > now) continue;
      any = true;
      multi.deadlineNs = kNever;
      int running = 0;
      curl_multi_socket_action(multi.handle.get(), CURL_SOCKET_TIMEOUT, 0, &running);
      if (static_cast<std::size_t>(running) < multi.active) collect(multi);
    }
    if (!any) break;
  }
}

void CurlTransport::countConnections(const Slot& slot) {
  long connects = 0;
  curl_easy_getinfo(slot.easy.get(), CURLINFO_NUM_CONNECTS, &connects);
  connectionsOpened_ += static_cast<std::uint64_t>(connects);
}

void CurlTransport::collect(Multi& multi) {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi.handle.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    char* self = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &self);
    finish(*reinterpret_cast<Slot*>(self), message->data.result);
  }
}

void CurlTransport::finish(Slot& slot, int curlCode) {
  Exchange& exchange = *slot.exchange;
  CURL* easy = slot.easy.get();
  const auto code = static_cast<CURLcode>(curlCode);
  exchange.clocks.doneNs = nowNs();
  readTransferInfo(easy, exchange);
  if (code != CURLE_OK) {
    if (slot.tooLarge) {
      exchange.fail(ErrorCode::kResponseTooLarge,
                    "the response is larger than " + std::to_string(exchange.request->options->maxResponseBytes) + " bytes");
    } else if (slot.refusedHost) {
      exchange.fail(ErrorCode::kInvalidUrl, "a redirect leads to a host that is not on the list of allowed hosts");
    } else {
      exchange.fail(errorCodeOf(code, slot.errorBuffer), errorMessageOf(code, slot.errorBuffer));
    }
    long error = 0;
    if (exchange.osError == 0 && curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &error) == CURLE_OK) {
      exchange.osError = static_cast<int>(error);
    }
  }
  if (code == CURLE_OK && !slot.headerComplete && exchange.response.bodyBytes == 0) {
    // libcurl takes the end of the connection for the end of the header.
    exchange.fail(ErrorCode::kConnectionClosed, "the connection was closed in the middle of the response's header");
  }
  countConnections(slot);
  curl_multi_remove_handle(slot.multi.handle.get(), easy);
  --slot.multi.active;
  releaseSlot(slot);
  --inFlight_;
  exchange.sink->onExchangeDone(exchange);
}

std::int64_t CurlTransport::nextDeadlineNs() const {
  if (!failedAtOnce_.empty()) return 0;
  std::int64_t deadline = kNever;
  for (const auto& multi : multis_) deadline = std::min(deadline, multi->deadlineNs);
  return deadline;
}

}  // namespace vayu
