#include "engine/curl_transport.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "engine/curl_request.h"

namespace vayu {

namespace {

// Idle connections beyond the slots, so that a host that is left for another does not close the ones still wanted. Set always: since
// libcurl 8.14 the default follows the transfers under way and draining a batch would close its connections.
constexpr long kSpareConnections = 8;

}  // namespace

// One curl_multi and its timer.
struct CurlTransport::Multi final : CurlSocketOwner {
  explicit Multi(CurlTransport& owner) : transport(owner) {
    CURLM* multi = handle.get();
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &Multi::onSocket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &Multi::onTimer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS,
                      static_cast<long>(owner.limits_.handlesPerMulti) + kSpareConnections);
    if (owner.limits_.streamsPerConnection > 0) {
      curl_multi_setopt(multi, CURLMOPT_MAX_CONCURRENT_STREAMS, static_cast<long>(owner.limits_.streamsPerConnection));
    }
    if (owner.limits_.maxHostConnections > 0) {
      curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, owner.limits_.maxHostConnections);
    }
  }

  static int onSocket(CURL*, curl_socket_t fd, int what, void* self, void*) {
    auto* multi = static_cast<Multi*>(self);
    multi->transport.sockets_.want(fd, what, multi);
    return 0;
  }

  static int onTimer(CURLM*, long timeoutMs, void* self) {
    auto* multi = static_cast<Multi*>(self);
    if (timeoutMs < 0) {
      multi->deadlineNs = kNever;
    } else {
      multi->deadlineNs = timeoutMs == 0 ? 0 : nowNs() + timeoutMs * kNsPerMs;
    }
    return 0;
  }

  void onSocketReady(curl_socket_t fd, int curlEvents) override { act(fd, curlEvents); }

  void act(curl_socket_t fd, int curlEvents) {
    int running = 0;
    curl_multi_socket_action(handle.get(), fd, curlEvents, &running);
    if (static_cast<std::size_t>(running) < active) transport.collect(*this);
  }

  CurlTransport& transport;
  CurlMulti handle;
  std::int64_t deadlineNs = kNever;
  std::size_t active = 0;
  std::vector<std::unique_ptr<Slot>> slots;
};

struct CurlTransport::Slot {
  Slot(Multi& owner, CurlSockets& sockets) : multi(owner), curl(sockets) {}
  Multi& multi;
  CurlSlot curl;
};

CurlTransport::CurlTransport(Poller& poller, CurlTransportLimits limits) : limits_(limits), sockets_(poller) {
  limits_.handlesPerMulti = std::max<std::size_t>({limits_.handlesPerMulti, limits_.streamsPerConnection, 1});
}

CurlTransport::~CurlTransport() {
  for (const auto& multi : multis_) {
    for (const auto& slot : multi->slots) {
      if (slot->curl.exchange() != nullptr) curl_multi_remove_handle(multi->handle.get(), slot->curl.easy());
    }
  }
}

CurlTransport::Slot& CurlTransport::takeSlot(const PreparedRequest& request) {
  if (!free_.empty()) {
    // One configured for this request already, if it is near the top.
    const std::size_t depth = std::min<std::size_t>(free_.size(), 4);
    std::size_t back = 1;
    while (back <= depth && !free_[free_.size() - back]->curl.configuredFor(request)) ++back;
    if (back > depth) back = 1;
    Slot* slot = free_[free_.size() - back];
    free_.erase(free_.end() - static_cast<std::ptrdiff_t>(back));
    return *slot;
  }
  if (multis_.empty() || multis_.back()->slots.size() >= limits_.handlesPerMulti) {
    multis_.push_back(std::make_unique<Multi>(*this));
  }
  Multi& multi = *multis_.back();
  multi.slots.push_back(std::make_unique<Slot>(multi, sockets_));
  return *multi.slots.back();
}

void CurlTransport::start(Exchange& exchange) {
  if (!exchange.continued) exchange.clocks.sentNs = nowNs();
  ++inFlight_;
  Slot& slot = takeSlot(*exchange.request);
  exchange.transportState = &slot;
  if (!slot.curl.take(exchange, limits_.waitForMultiplexing)) {
    failedAtOnce_.push_back(&exchange);
    return;
  }
  curl_easy_setopt(slot.curl.easy(), CURLOPT_PRIVATE, &slot);
  const CURLMcode added = curl_multi_add_handle(slot.multi.handle.get(), slot.curl.easy());
  if (added == CURLM_OK) {
    ++slot.multi.active;
  } else {
    exchange.fail(ErrorCode::kInternalError, curl_multi_strerror(added));
    failedAtOnce_.push_back(&exchange);
  }
}

void CurlTransport::abort(Exchange& exchange) {
  Slot& slot = *static_cast<Slot*>(exchange.transportState);
  const auto failed = std::find(failedAtOnce_.begin(), failedAtOnce_.end(), &exchange);
  if (failed != failedAtOnce_.end()) {
    failedAtOnce_.erase(failed);
  } else {
    exchange.clocks.doneNs = nowNs();
    readTransferInfo(slot.curl.easy(), exchange);
    detach(slot);
  }
  exchange.fail(ErrorCode::kAborted, "aborted before the response was complete");
  finish(slot);
}

void CurlTransport::drive(std::int64_t now) {
  // Those that fail at once from within a sink wait for the next call.
  for (std::size_t left = failedAtOnce_.size(); left > 0 && !failedAtOnce_.empty(); --left) {
    Exchange* exchange = failedAtOnce_.front();
    failedAtOnce_.pop_front();
    finish(*static_cast<Slot*>(exchange->transportState));
  }
  // A second round sends what the first round's completions started.
  for (int round = 0; round < 2; ++round) {
    bool any = false;
    for (std::size_t index = 0; index < multis_.size(); ++index) {
      Multi& multi = *multis_[index];
      if (multi.deadlineNs > now) continue;
      any = true;
      multi.deadlineNs = kNever;
      multi.act(CURL_SOCKET_TIMEOUT, 0);
    }
    if (!any) break;
  }
}

void CurlTransport::collect(Multi& multi) {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi.handle.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    char* self = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &self);
    Slot& slot = *reinterpret_cast<Slot*>(self);
    slot.curl.exchange()->clocks.doneNs = nowNs();
    slot.curl.readOutcome(message->data.result);
    detach(slot);
    finish(slot);
  }
}

void CurlTransport::detach(Slot& slot) {
  connectionsOpened_ += slot.curl.connectionsOpened();
  curl_multi_remove_handle(slot.multi.handle.get(), slot.curl.easy());
  --slot.multi.active;
}

void CurlTransport::finish(Slot& slot) {
  Exchange& exchange = *slot.curl.exchange();
  slot.curl.release();
  free_.push_back(&slot);
  --inFlight_;
  if (exchange.clocks.doneNs == 0) exchange.clocks.doneNs = nowNs();
  exchange.sink->onExchangeDone(exchange);
}

std::int64_t CurlTransport::nextDeadlineNs() const {
  if (!failedAtOnce_.empty()) return 0;
  std::int64_t deadline = kNever;
  for (const auto& multi : multis_) deadline = std::min(deadline, multi->deadlineNs);
  return deadline;
}

}  // namespace vayu
