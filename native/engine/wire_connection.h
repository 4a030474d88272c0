// The parts of WireTransport that its two implementation files share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/prefetch.h"
#include "engine/lazy_deadlines.h"
#include "engine/wire_transport.h"

namespace vayu {

// Where a request goes, with what is kept for it.
struct WireTransport::Target {
  WireEndpoint endpoint;
  std::vector<Connection*> idle;                    // last in, first out
  std::unordered_set<std::string> remoteAddresses;  // few, and shared by many connections
  std::size_t connecting = 0;
  // The first attempt goes alone: those after it find the name resolved, the CA bundle parsed and a TLS session to resume.
  bool isProbed = false;
};

struct WireTransport::Rendered : CachedRendering {
  Target* target = nullptr;
  std::int64_t timeoutNs = kNever;
  WireRequest wire;
};

// One connection from the wish for it to its end, with the exchange that it carries. There may be tens of thousands, each of them cold in
// the cache when its response comes: what every request touches is kept in the first lines, and what only a response in parts needs, its
// parser, is borrowed for that time.
struct alignas(kCacheLine) WireTransport::Connection final : PollTarget, DeadlineItem, WireConnectSink {
  enum class State : std::uint8_t { kQueued, kConnecting, kBusy, kIdle, kClosed };

  Connection(WireTransport& owner, Target& to) : transport(owner), target(to) {}
  ~Connection() {
    // The socket borrows from the attempt.
    socket.close();
    if (attempt != nullptr) transport.connector_.end(*attempt);
  }

  void onReady(std::uint8_t events) override;
  void onConnectDone(WireConnectResult result) override { transport.connected(*this, std::move(result)); }

  WireTransport& transport;
  Exchange* exchange = nullptr;
  Rendered* rendered = nullptr;
  Http1Parser* parser = nullptr;  // from the first byte of a response to its last
  WireSocket socket;
  State state = State::kQueued;
  bool wantsWrite = false;
  bool sendFailed = false;
  bool waitsToBreak = false;  // in brokenSends_
  bool capturesBody = false;
  bool isEnding = false;  // the peer sends nothing more than what is there to read
  std::size_t sentBytes = 0;
  std::int64_t requestNs = 0;  // the request's first byte went out
  std::uint64_t carried = 0;   // exchanges completed on it
  std::uint64_t captureLimit = 0;
  Target& target;
  std::size_t idleIndex = 0;
  std::size_t index = 0;  // in connections_
  WireConnectAttempt* attempt = nullptr;
  const std::string* remoteAddress = nullptr;
};

}  // namespace vayu
