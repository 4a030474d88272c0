// The parts of WireTransport that its two implementation files share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "engine/wire_transport.h"

namespace vayu {

// A node of a circular list that is its own head. Unlinked nodes point to themselves.
struct WireLink {
  WireLink* previous = this;
  WireLink* next = this;

  WireLink() = default;
  WireLink(const WireLink&) = delete;
  WireLink& operator=(const WireLink&) = delete;

  bool isLinked() const { return next != this; }
  void unlink() {
    previous->next = next;
    next->previous = previous;
    previous = next = this;
  }
  void insertBefore(WireLink& position) {
    previous = position.previous;
    next = &position;
    previous->next = this;
    position.previous = this;
  }
};

// The exchanges that share one timeout, in order of start, which is the order of their deadlines.
struct WireTransport::Deadlines {
  std::int64_t timeoutMs = 0;
  WireLink list;
};

// Where a request goes, with what is kept for it.
struct WireTransport::Target {
  WireEndpoint endpoint;
  std::vector<Connection*> idle;  // last in, first out
  std::size_t connecting = 0;
  // The first attempt goes alone: those after it find the name resolved, the CA bundle parsed and a TLS session to resume.
  bool isProbed = false;
};

struct WireTransport::Rendered {
  std::uint64_t requestId = 0;
  std::uint32_t uses = 0;
  bool isCached = false;
  Target* target = nullptr;
  Deadlines* deadlines = nullptr;  // null without a timeout
  WireRequest wire;
};

// One connection from the wish for it to its end, with the exchange that it carries.
struct WireTransport::Connection final : PollTarget, WireConnectSink, WireLink {
  enum class State : std::uint8_t { kQueued, kConnecting, kBusy, kIdle, kClosed };

  Connection(WireTransport& owner, Target& to) : transport(owner), target(to), parser(owner.limits_.http1) {}
  ~Connection() {
    // The socket borrows from the attempt.
    socket.close();
    if (attempt != nullptr) transport.connector_.end(*attempt);
  }

  void onReady(std::uint8_t events) override;
  void onConnectDone(WireConnectResult result) override { transport.connected(*this, std::move(result)); }

  WireTransport& transport;
  Target& target;
  State state = State::kQueued;
  bool wantsWrite = false;
  bool sendFailed = false;
  bool waitsToBreak = false;  // in brokenSends_
  bool capturesBody = false;
  std::uint64_t carried = 0;  // exchanges completed on it
  std::size_t index = 0;      // in connections_
  std::size_t idleIndex = 0;
  std::size_t sentBytes = 0;
  Exchange* exchange = nullptr;
  Rendered* rendered = nullptr;
  std::int64_t deadlineNs = kNever;
  std::int64_t requestNs = 0;  // the request's first byte went out
  std::uint64_t captureLimit = 0;
  WireConnectAttempt* attempt = nullptr;
  WireSocket socket;
  Http1Parser parser;
  std::string remoteAddress;
};

}  // namespace vayu
