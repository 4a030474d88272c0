// The body of a response that the wire's transports have captured as it came. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/exchange.h"

namespace vayu {

// Undoes the Content-Encoding of what has been captured, up to `limit` bytes; `scratch` lends its memory. What cannot be decoded fails the
// exchange where somebody needs the body, and otherwise stays as it is: whether the sampler happens to look must not decide over success.
void decodeCapturedBody(Exchange& exchange, std::string_view encoding, std::uint64_t limit, std::string& scratch);

}  // namespace vayu
