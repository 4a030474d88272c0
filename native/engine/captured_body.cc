#include "engine/captured_body.h"

#include "engine/content_decoder.h"

namespace vayu {

void decodeCapturedBody(Exchange& exchange, std::string_view encoding, std::uint64_t limit, std::string& scratch) {
  Response& response = exchange.response;
  if (response.body.empty() || encoding.empty()) return;
  const DecodeResult result = decodeBody(encoding, response.body, limit, scratch);
  if (result == DecodeResult::kMalformed) {
    if (exchange.bodyNeeded) exchange.fail(ErrorCode::kProtocolError, "the body is not what its Content-Encoding says");
  } else if (result != DecodeResult::kUnsupported) {
    response.body.swap(scratch);
    response.bodyCut = response.bodyCut || result == DecodeResult::kCut;
  }
}

}  // namespace vayu
