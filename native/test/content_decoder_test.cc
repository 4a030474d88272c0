#include "engine/content_decoder.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

namespace vayu {
namespace {

std::string deflated(const std::string& text, int windowBits) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY);
  std::string output(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(output.data());
  stream.avail_out = static_cast<uInt>(output.size());
  deflate(&stream, Z_FINISH);
  output.resize(stream.total_out);
  deflateEnd(&stream);
  return output;
}

std::string gzipped(const std::string& text) { return deflated(text, 31); }

std::string decoded(std::string_view encoding, const std::string& input, DecodeResult expected = DecodeResult::kDecoded,
                    std::uint64_t limit = 1 << 20) {
  std::string output = "left over";
  EXPECT_EQ(decodeBody(encoding, input, limit, output), expected) << encoding;
  return output;
}

const std::string kText = "hello, " + std::string(100'000, 'x');

TEST(ContentDecoder, UndoesGzipAndBothKindsOfDeflate) {
  EXPECT_EQ(decoded("gzip", gzipped(kText)), kText);
  EXPECT_EQ(decoded("X-GZIP", gzipped(kText)), kText);
  EXPECT_EQ(decoded("deflate", deflated(kText, 15)), kText);
  EXPECT_EQ(decoded("deflate", deflated(kText, -15)), kText);
  EXPECT_EQ(decoded("gzip", gzipped("one ") + gzipped("two")), "one two");
  EXPECT_EQ(decoded("gzip", gzipped("")), "");
}

TEST(ContentDecoder, UndoesBrotliWhereBuiltIn) {
  // "hello" in a metablock of its own, as `brotli` writes it.
  const std::string brotli("\x0b\x02\x80\x68\x65\x6c\x6c\x6f\x03", 9);
  if (acceptedEncodings().find("br") == std::string_view::npos) GTEST_SKIP();
  EXPECT_EQ(decoded("br", brotli), "hello");
  decoded("br", brotli.substr(0, 5), DecodeResult::kCut);
  decoded("br", "\xff\xff\xff\xff\xff", DecodeResult::kMalformed);
}

TEST(ContentDecoder, UndoesListsFromTheirEnd) {
  EXPECT_EQ(decoded("deflate, gzip", gzipped(deflated(kText, 15))), kText);
  EXPECT_EQ(decoded("identity , gzip", gzipped(kText)), kText);
  EXPECT_EQ(decoded("identity", "as it is"), "as it is");
  EXPECT_EQ(decoded("", "as it is"), "as it is");
}

TEST(ContentDecoder, StopsAtTheLimit) {
  const std::string bomb = gzipped(std::string(50'000'000, '\0'));
  EXPECT_LT(bomb.size(), 100'000u);
  EXPECT_EQ(decoded("gzip", bomb, DecodeResult::kCut, 1000).size(), 1000u);
  EXPECT_EQ(decoded("gzip", gzipped("12345"), DecodeResult::kDecoded, 5), "12345");
  EXPECT_EQ(decoded("gzip", gzipped("12345"), DecodeResult::kCut, 4), "1234");
  EXPECT_EQ(decoded("identity", "12345", DecodeResult::kCut, 4), "1234");
}

TEST(ContentDecoder, TellsCutFromMalformed) {
  const std::string whole = gzipped(kText);
  EXPECT_EQ(kText.substr(0, 3), decoded("gzip", whole.substr(0, whole.size() - 10), DecodeResult::kCut).substr(0, 3));
  decoded("gzip", "", DecodeResult::kCut);
  decoded("gzip", "not gzip at all", DecodeResult::kMalformed);
  decoded("deflate", "not deflate either \xff", DecodeResult::kMalformed);
  std::string broken = whole;
  broken[broken.size() - 6] = static_cast<char>(broken[broken.size() - 6] ^ 1);
  decoded("gzip", broken, DecodeResult::kMalformed);
}

TEST(ContentDecoder, LeavesUnknownEncodingsAlone) {
  decoded("utf-8", "text", DecodeResult::kUnsupported);
  decoded("gzip, rot13", "text", DecodeResult::kUnsupported);
  decoded("gzip, gzip, gzip, gzip, gzip", "text", DecodeResult::kUnsupported);
}

}  // namespace
}  // namespace vayu
