// Which requests the wire can carry, and why not the others. Reads the environment's proxy settings; otherwise pure.
// Templates in the url need not be resolved yet.
#pragma once

#include <string>

#include "engine/request.h"

namespace vayu {

// Why only a libcurl transfer can carry this request; empty when WireTransport can, over HTTP/1.1.
std::string whyNotOnWire(const PreparedRequest& request);

// Whether the request asks for HTTP/2, by ALPN or from the start.
bool asksForHttp2(const PreparedRequest& request);

// Why only a libcurl transfer can carry this request, which asks for HTTP/2; empty when the wire can.
std::string whyNotOnHttp2(const PreparedRequest& request);

// Whether plain requests with these options go through a SOCKS proxy, named by them or by the environment.
bool usesSocksProxy(const RequestOptions& options);

}  // namespace vayu
