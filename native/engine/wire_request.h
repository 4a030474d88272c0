// A request as the bytes that go over an HTTP/1.1 connection, and the endpoint it goes to. Pure.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/exchange.h"

namespace vayu {

struct WireRequest {
  std::string endpoint;  // scheme://host:port/ in lower case, without credentials
  std::string url;       // the whole, normalised
  std::string bytes;     // request line, headers, body
  bool isTls = false;
  bool isHead = false;        // the response has no body
  bool isIdempotent = false;  // may be sent again when nobody knows whether it was carried out
  bool saysClose = false;     // carries "Connection: close"
  bool decodes = false;       // Accept-Encoding is ours, so a captured body is decoded
};

// What was learnt from the last url, for the next one with the same beginning: requests made from a template differ behind the host, and
// libcurl's parser takes 2 µs.
struct WireOrigin {
  std::string
      prefix;  // scheme and authority as written, e.g. "http://user:secret@example.com:8080"; empty: nothing is known
  std::shared_ptr<const RequestOptions> options;
  std::string endpoint;
  std::string host;         // with the port unless it is the scheme's
  std::string credentials;  // user:password, decoded; empty for none
  bool isTls = false;
};

// Fills `wire`, whose strings keep their capacity. Returns kNone, or the class of what is wrong with `message` set.
ErrorCode renderWireRequest(const PreparedRequest& request, WireOrigin& origin, WireRequest& wire,
                            std::string& message);

// Whether requests to one endpoint with these options may share connections.
bool connectAlike(const RequestOptions& left, const RequestOptions& right);

}  // namespace vayu
