// An exchange while the HTTP/2 transport carries it, with what is known of its response so far. Pooled by the transport; worker thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/clock.h"
#include "engine/exchange.h"
#include "engine/http2_request.h"
#include "engine/lazy_deadlines.h"
#include "engine/rendered_cache.h"

namespace vayu {

class Http2Connection;
struct Http2Target;

// A request rendered, kept while exchanges use it and for the next with the same request.
struct Http2Rendered : CachedRendering {
  Http2Target* target = nullptr;
  std::int64_t timeoutNs = kNever;
  Http2Request request;
};

struct Http2Stream final : DeadlineItem {
  enum class State : std::uint8_t {
    kWaiting,  // for a place on a connection
    kOpen,     // on a connection
    kEnded,    // the outcome is known and has not been told
  };

  Exchange* exchange = nullptr;
  Http2Rendered* rendered = nullptr;
  Http2Connection* connection = nullptr;  // unless it waits
  State state = State::kWaiting;
  bool isClosed = false;       // nghttp2 has forgotten it
  bool isUnprocessed = false;  // ended before the server can have acted on it
  bool wantsHttp11 = false;    // ended because the server wants HTTP/1.1 for it
  bool hasBegun = false;       // something of a response has come
  bool hasHead = false;        // the final response's head is complete
  bool takesFields = false;    // somebody may read the response's fields
  bool capturesBody = false;
  bool follows = false;  // a redirect to be followed, if it says whither
  std::int32_t id = 0;
  int status = 0;
  int interim = 0;             // responses before the final one
  std::size_t position = 0;    // in the connection's list
  std::size_t bodySent = 0;    // of the request
  std::size_t headBytes = 0;   // of all fields so far, by HTTP/2's measure
  std::int64_t requestNs = 0;  // the request's first byte went out
  std::uint64_t captureLimit = 0;
  std::string location;
  std::string contentEncoding;
  std::string setCookies;  // lines as in a header block

  // For another exchange, or another attempt: forgets what is known of a response.
  void resetResponse() {
    isClosed = isUnprocessed = wantsHttp11 = hasBegun = hasHead = takesFields = capturesBody = follows = false;
    connection = nullptr;
    state = State::kWaiting;
    id = status = interim = 0;
    bodySent = headBytes = 0;
    requestNs = 0;
    captureLimit = 0;
    location.clear();
    contentEncoding.clear();
    setCookies.clear();
  }
};

}  // namespace vayu
