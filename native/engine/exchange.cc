#include "engine/exchange.h"

namespace vayu {

void Response::reset() {
  status = 0;
  httpVersion = 0;
  redirects = 0;
  bodyCut = false;
  statusText.clear();
  headerBlock.clear();
  body.clear();
  headerBytes = 0;
  bodyBytes = 0;
  effectiveUrl.clear();
  remoteAddress.clear();
}

void Exchange::reset() {
  clocks = {};
  phases = {};
  response.reset();
  error = ErrorCode::kNone;
  errorMessage.clear();
  osError = 0;
  connectionReused = false;
  retries = 0;
  continued = false;
  redirectsCarried = 0;
  carrier = nullptr;
  bytesSent = 0;
  bytesReceived = 0;
  transportState = nullptr;
}

}  // namespace vayu
