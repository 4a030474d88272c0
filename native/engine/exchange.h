// One request and its response in flight. Pooled by whoever submits it; between Transport::start() and ExchangeSink::onExchangeDone()
// it belongs to the transport. Worker thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/cookie_jar.h"
#include "engine/request.h"

namespace vayu {

// The order is that of `errorCodes` in lib/engine/types.ts, after kNone.
enum class ErrorCode : std::uint8_t {
  kNone,
  kTimeout,
  kConnectionFailed,
  kConnectionClosed,
  kDnsFailed,
  kSslError,
  kTooManyRedirects,
  kInvalidUrl,
  kProtocolError,
  kResponseTooLarge,
  kScriptError,
  kAborted,
  kInternalError,
};
inline constexpr std::size_t kErrorCodeCount = 13;

// Monotonic instants of an exchange; 0 where it has not been reached.
struct Clocks {
  std::int64_t intendedNs = 0;   // when the plan wanted it sent
  std::int64_t sentNs = 0;       // handed to the transport
  std::int64_t firstByteNs = 0;  // first byte of the final response
  std::int64_t doneNs = 0;       // last byte, or the failure
};

// Durations in µs. dns, connect and tls are of the connection that this exchange opened, and 0 on a reused one.
struct Phases {
  std::int64_t dnsUs = 0;
  std::int64_t connectUs = 0;
  std::int64_t tlsUs = 0;
  std::int64_t firstByteUs = 0;
  std::int64_t downloadUs = 0;
};

struct Response {
  int status = 0;       // 0: no status line was received
  int httpVersion = 0;  // 10, 11, 20, 30
  int redirects = 0;
  bool bodyCut = false;     // longer than the capture limit
  std::string statusText;   // only with captureHeaders
  std::string headerBlock;  // "Name: value\r\n" lines of the final response; only with captureHeaders
  std::string body;         // decoded; at most bodyCaptureLimit bytes
  std::uint64_t headerBytes = 0;
  std::uint64_t bodyBytes = 0;  // on the wire
  std::string effectiveUrl;     // only with captureHeaders
  std::string remoteAddress;    // only with captureHeaders

  // Keeps the strings' capacity.
  void reset();
};

class Exchange;
class Transport;

class ExchangeSink {
 public:
  // The exchange is the sink's again and may be started anew from within this call.
  virtual void onExchangeDone(Exchange& exchange) = 0;

 protected:
  ~ExchangeSink() = default;
};

class Exchange {
 public:
  // Set by the submitter before start().
  ExchangeSink* sink = nullptr;
  std::shared_ptr<const PreparedRequest> request;
  bool captureHeaders = false;
  std::uint64_t bodyCaptureLimit = 0;
  // With a capture limit: bodies of responses with status >= 400 are captured up to this even where bodyCaptureLimit is 0.
  std::uint64_t errorBodyCaptureLimit = 0;

  // A body that cannot be decoded fails the exchange; otherwise it is kept as it came.
  bool bodyNeeded = true;

  // Set by the submitter (intended) and by the transport (the rest).
  Clocks clocks;
  Phases phases;
  Response response;
  ErrorCode error = ErrorCode::kNone;
  std::string errorMessage;
  int osError = 0;  // errno of a failed connection attempt, when known
  bool connectionReused = false;
  int retries = 0;  // resent on a fresh connection because a kept-alive one had gone stale
  std::uint64_t bytesSent = 0;
  std::uint64_t bytesReceived = 0;

  // Handed on from one transport to another by a redirect: start() keeps the sent clock and adds to the sizes.
  bool continued = false;
  int redirectsCarried = 0;
  Transport* carrier = nullptr;

  // Set by the submitter: keeps the cookies of every response on the way. Null: nobody does.
  CookieJar* cookieJar = nullptr;
  // Set by the submitter: what must not be shown of the messages. Null: nothing is known.
  const std::vector<std::string>* secrets = nullptr;

  // The transport's own bookkeeping while it carries the exchange.
  void* transportState = nullptr;

  // Forgets the last outcome; request, sink and capture settings stay.
  void reset();
  void fail(ErrorCode code, std::string_view message) {
    error = code;
    errorMessage.assign(message);
  }
};

}  // namespace vayu
