#include "engine/http2_request.h"

#include <algorithm>

#include "base/header_text.h"

namespace vayu {

namespace {

// The bytes stay where they are until the request has been written.
constexpr std::uint8_t kFlags = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE;

std::uint8_t* bytesOf(std::string_view text) { return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data())); }

nghttp2_nv field(std::string_view name, std::string_view value) {
  return {bytesOf(name), bytesOf(value), name.size(), value.size(), kFlags};
}

// RFC 9113, section 8.2.2; TE is refused before.
bool belongsToConnection(std::string_view name) {
  for (const std::string_view known :
       {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}) {
    if (name == known) return true;
  }
  return false;
}

}  // namespace

ErrorCode renderHttp2Request(const PreparedRequest& request, WireOrigin& origin, Http2Request& http2,
                             std::string& message) {
  WireRequest& wire = http2.wire;
  if (const ErrorCode code = renderWireRequest(request, origin, wire, message); code != ErrorCode::kNone) return code;
  std::string& bytes = wire.bytes;
  const std::string_view text = bytes;
  const std::size_t methodEnd = text.find(' ');
  const std::size_t targetEnd = text.find(' ', methodEnd + 1);
  std::size_t at = text.find("\r\n", targetEnd) + 2;

  auto& fields = http2.fields;
  fields.clear();
  fields.push_back(field(":method", text.substr(0, methodEnd)));
  fields.push_back(field(":path", text.substr(methodEnd + 1, targetEnd - methodEnd - 1)));
  fields.push_back(field(":scheme", wire.isTls ? "https" : "http"));
  // The Host line is the first.
  for (std::size_t end = text.find("\r\n", at); end != at; end = text.find("\r\n", at)) {
    const std::size_t colon = text.find(':', at);
    std::transform(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.begin() + static_cast<std::ptrdiff_t>(colon),
                   bytes.begin() + static_cast<std::ptrdiff_t>(at), [](char character) {
                     return character >= 'A' && character <= 'Z' ? static_cast<char>(character + 32) : character;
                   });
    const std::string_view name = text.substr(at, colon - at);
    const std::string_view value = trimmed(text.substr(colon + 1, end - colon - 1));
    at = end + 2;
    if (name == "host") {
      if (!value.empty()) fields.push_back(field(":authority", value));
    } else if (!belongsToConnection(name)) {
      fields.push_back(field(name, value));
    }
  }
  http2.body = text.substr(at + 2);
  return ErrorCode::kNone;
}

}  // namespace vayu
