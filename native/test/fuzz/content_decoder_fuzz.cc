// The first byte chooses the Content-Encoding, the second the limit; the rest is the body. Whatever comes, no more than the limit is made of
// it, and a whole decoding is the same under a higher limit.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "engine/content_decoder.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

constexpr std::array<std::string_view, 10> kEncodings = {"gzip",     "deflate",       "br",      "zstd",
                                                         "identity", "gzip, br",      "br,gzip", " GZIP ,\tdeflate,",
                                                         "unknown",  "gzip,gzip,gzip"};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view encoding = kEncodings[data[0] % kEncodings.size()];
  const std::uint64_t limit = std::uint64_t{1} << (data[1] % 21);
  const std::vector<char> bytes(data + 2, data + size);
  const std::string_view body(bytes.data(), bytes.size());
  std::string output;
  const vayu::DecodeResult result = vayu::decodeBody(encoding, body, limit, output);
  require(output.size() <= limit);
  if (result == vayu::DecodeResult::kDecoded) {
    std::string again;
    require(vayu::decodeBody(encoding, body, limit * 2, again) == vayu::DecodeResult::kDecoded);
    require(again == output);
  }
  return 0;
}
