// A request as the fields of an HTTP/2 HEADERS frame and a body. Pure.
#pragma once

#include <nghttp2/nghttp2.h>

#include <string>
#include <string_view>
#include <vector>

#include "engine/wire_request.h"

namespace vayu {

struct Http2Request {
  // The request as HTTP/1.1; its endpoint is that of the connection.
  WireRequest wire;
  // The same as fields, names in lower case; they and the body point into `wire.bytes`. Fields that belong to an HTTP/1.1 connection
  // are left out.
  std::vector<nghttp2_nv> fields;
  std::string_view body;
};

// Fills `http2`, whose memory is kept. Returns kNone, or the class of what is wrong with `message` set.
ErrorCode renderHttp2Request(const PreparedRequest& request, WireOrigin& origin, Http2Request& http2,
                             std::string& message);

}  // namespace vayu
