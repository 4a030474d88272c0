// In place of the other http2 files where there is no nghttp2.
#include "engine/http2_transport.h"

namespace vayu {

bool hasHttp2Framing() { return false; }

std::unique_ptr<Transport> makeHttp2Transport(Poller&, Http2Limits, Http2Handover&) { return nullptr; }

}  // namespace vayu
