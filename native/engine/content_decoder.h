// Undoes a response's Content-Encoding, after the fact and only for bodies that somebody reads. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vayu {

enum class DecodeResult : std::uint8_t {
  kDecoded,      // all of it
  kCut,          // the limit was reached, or the input ended early
  kMalformed,    // not what the encoding says it is
  kUnsupported,  // an encoding this build does not know; nothing was done
};

// The encodings that decodeBody() undoes, as an Accept-Encoding value.
std::string_view acceptedEncodings();

// Decodes `input` by the Content-Encoding value `encoding` (a list is undone from its end) into `output`, at most `limit` bytes: a small
// body may expand to gigabytes. `output` must not be the input's own string.
DecodeResult decodeBody(std::string_view encoding, std::string_view input, std::uint64_t limit, std::string& output);

}  // namespace vayu
