// The first byte chooses the setting, the second how the rest is cut into pieces. Whatever comes, the parser must neither read outside of
// a piece nor depend on where it was cut.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "engine/http1_parser.h"

namespace {

using vayu::Http1Parser;

struct Outcome {
  Http1Parser::Fault fault = Http1Parser::Fault::kNone;
  int status = 0;
  bool keepsConnection = false;
  std::string headers;
  std::string body;
};

Outcome parse(std::string_view text, std::uint8_t setting, std::size_t pieceBytes) {
  Http1Parser parser({512, 64, 4});
  Outcome outcome;
  parser.begin((setting & 1) != 0, (setting & 2) != 0 ? 1 << 20 : 64, &outcome.headers);
  Http1Parser::Event event = Http1Parser::Event::kNeedMore;
  while (!text.empty() && event == Http1Parser::Event::kNeedMore) {
    const std::string_view piece = text.substr(0, pieceBytes);
    // Allocated to its exact size, so that AddressSanitizer sees the first byte read behind it.
    const std::vector<char> bytes(piece.begin(), piece.end());
    std::string_view input(bytes.data(), bytes.size());
    do {
      event = parser.next(input);
      if (event == Http1Parser::Event::kBody) outcome.body.append(parser.part());
    } while (event == Http1Parser::Event::kHead || event == Http1Parser::Event::kBody);
    text.remove_prefix(piece.size());
  }
  if (event == Http1Parser::Event::kNeedMore && (setting & 4) != 0) parser.finish();
  outcome.fault = parser.fault();
  outcome.status = parser.status();
  outcome.keepsConnection = parser.keepsConnection();
  return outcome;
}

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const Outcome whole = parse(text, data[0], text.size() + 1);
  const Outcome pieces = parse(text, data[0], data[1] % 32 + 1);
  // A line that is both too long and malformed is told by whichever shows first.
  require((whole.fault == Http1Parser::Fault::kNone) == (pieces.fault == Http1Parser::Fault::kNone));
  if (whole.fault == Http1Parser::Fault::kNone) {
    require(whole.status == pieces.status);
    require(whole.keepsConnection == pieces.keepsConnection);
    require(whole.headers == pieces.headers);
    require(whole.body == pieces.body);
  }
  require(whole.body.size() <= (1u << 20));
  return 0;
}
