#include "engine/content_decoder.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <memory>
#include <vector>

#if defined(VAYU_HAVE_BROTLI)
#include <brotli/decode.h>
#endif
#if defined(VAYU_HAVE_ZSTD)
#include <zstd.h>
#endif

namespace vayu {

namespace {

enum class Coding : std::uint8_t { kIdentity, kGzip, kDeflate, kBrotli, kZstd, kUnknown };

constexpr std::size_t kPieceBytes = 16u << 10;
constexpr std::size_t kMostCodings = 4;

struct CodingName {
  std::string_view name;
  Coding coding;
};

constexpr CodingName kCodings[] = {
    {"identity", Coding::kIdentity}, {"gzip", Coding::kGzip}, {"x-gzip", Coding::kGzip}, {"deflate", Coding::kDeflate},
#if defined(VAYU_HAVE_BROTLI)
    {"br", Coding::kBrotli},
#endif
#if defined(VAYU_HAVE_ZSTD)
    {"zstd", Coding::kZstd},
#endif
};

Coding codingOf(std::string_view name) {
  for (const CodingName& known : kCodings) {
    if (name.size() == known.name.size() &&
        std::equal(name.begin(), name.end(), known.name.begin(), [](char a, char b) {
          return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + ('a' - 'A')) : a) == b;
        })) {
      return known.coding;
    }
  }
  return Coding::kUnknown;
}

std::vector<Coding> codingsOf(std::string_view list) {
  std::vector<Coding> codings;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view name = list.substr(0, comma);
    while (!name.empty() && (name.front() == ' ' || name.front() == '\t')) name.remove_prefix(1);
    while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.remove_suffix(1);
    if (!name.empty()) codings.push_back(codingOf(name));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return codings;
}

// Appends a piece; false once the limit is passed.
bool append(std::string& output, const char* piece, std::size_t size, std::uint64_t limit) {
  const std::uint64_t room = limit - output.size();
  output.append(piece, static_cast<std::size_t>(std::min<std::uint64_t>(size, room)));
  return size <= room;
}

struct InflateEnd {
  void operator()(z_stream* stream) const { inflateEnd(stream); }
};

// `windowBits`: 31 for gzip, 15 for zlib, -15 for raw deflate.
DecodeResult inflateInto(std::string_view input, int windowBits, std::uint64_t limit, std::string& output) {
  z_stream stream{};
  if (inflateInit2(&stream, windowBits) != Z_OK) return DecodeResult::kMalformed;
  const std::unique_ptr<z_stream, InflateEnd> owner(&stream);
  std::array<char, kPieceBytes> piece;
  std::size_t offset = 0;
  for (;;) {
    if (stream.avail_in == 0 && offset < input.size()) {
      const std::size_t part = std::min<std::size_t>(input.size() - offset, std::numeric_limits<uInt>::max());
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data() + offset));
      stream.avail_in = static_cast<uInt>(part);
      offset += part;
    }
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    const int result = inflate(&stream, Z_NO_FLUSH);
    if (!append(output, piece.data(), piece.size() - stream.avail_out, limit)) return DecodeResult::kCut;
    if (result == Z_STREAM_END) {
      // A gzip file may consist of several members.
      if (windowBits <= 15 || (stream.avail_in == 0 && offset == input.size())) return DecodeResult::kDecoded;
      if (inflateReset(&stream) != Z_OK) return DecodeResult::kMalformed;
    } else if (result == Z_BUF_ERROR) {
      return DecodeResult::kCut;
    } else if (result != Z_OK) {
      return DecodeResult::kMalformed;
    }
  }
}

DecodeResult inflateDeflate(std::string_view input, std::uint64_t limit, std::string& output) {
  // "deflate" is the zlib format; some servers send it without zlib's header.
  const DecodeResult result = inflateInto(input, 15, limit, output);
  if (result != DecodeResult::kMalformed || !output.empty()) return result;
  return inflateInto(input, -15, limit, output);
}

#if defined(VAYU_HAVE_BROTLI)
struct BrotliEnd {
  void operator()(BrotliDecoderState* state) const { BrotliDecoderDestroyInstance(state); }
};

DecodeResult unbrotli(std::string_view input, std::uint64_t limit, std::string& output) {
  const std::unique_ptr<BrotliDecoderState, BrotliEnd> state(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr));
  if (!state) return DecodeResult::kMalformed;
  std::array<char, kPieceBytes> piece;
  const auto* next = reinterpret_cast<const std::uint8_t*>(input.data());
  std::size_t left = input.size();
  for (;;) {
    auto* out = reinterpret_cast<std::uint8_t*>(piece.data());
    std::size_t room = piece.size();
    const BrotliDecoderResult result = BrotliDecoderDecompressStream(state.get(), &left, &next, &room, &out, nullptr);
    if (!append(output, piece.data(), piece.size() - room, limit)) return DecodeResult::kCut;
    if (result == BROTLI_DECODER_RESULT_SUCCESS) return DecodeResult::kDecoded;
    if (result == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT) return DecodeResult::kCut;
    if (result == BROTLI_DECODER_RESULT_ERROR) return DecodeResult::kMalformed;
  }
}
#endif

#if defined(VAYU_HAVE_ZSTD)
struct ZstdEnd {
  void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};

DecodeResult unzstd(std::string_view input, std::uint64_t limit, std::string& output) {
  const std::unique_ptr<ZSTD_DStream, ZstdEnd> stream(ZSTD_createDStream());
  if (!stream) return DecodeResult::kMalformed;
  std::array<char, kPieceBytes> piece;
  ZSTD_inBuffer in{input.data(), input.size(), 0};
  for (;;) {
    ZSTD_outBuffer out{piece.data(), piece.size(), 0};
    const std::size_t result = ZSTD_decompressStream(stream.get(), &out, &in);
    if (ZSTD_isError(result)) return DecodeResult::kMalformed;
    if (!append(output, piece.data(), out.pos, limit)) return DecodeResult::kCut;
    if (in.pos == in.size && out.pos < out.size) return result == 0 ? DecodeResult::kDecoded : DecodeResult::kCut;
  }
}
#endif

DecodeResult decodeOne(Coding coding, std::string_view input, std::uint64_t limit, std::string& output) {
  output.clear();
  switch (coding) {
    case Coding::kGzip: return inflateInto(input, 31, limit, output);
    case Coding::kDeflate: return inflateDeflate(input, limit, output);
#if defined(VAYU_HAVE_BROTLI)
    case Coding::kBrotli: return unbrotli(input, limit, output);
#endif
#if defined(VAYU_HAVE_ZSTD)
    case Coding::kZstd: return unzstd(input, limit, output);
#endif
    case Coding::kIdentity:
      return append(output, input.data(), input.size(), limit) ? DecodeResult::kDecoded : DecodeResult::kCut;
    default: return DecodeResult::kUnsupported;
  }
}

}  // namespace

std::string_view acceptedEncodings() {
#if defined(VAYU_HAVE_BROTLI) && defined(VAYU_HAVE_ZSTD)
  return "deflate, gzip, br, zstd";
#elif defined(VAYU_HAVE_BROTLI)
  return "deflate, gzip, br";
#elif defined(VAYU_HAVE_ZSTD)
  return "deflate, gzip, zstd";
#else
  return "deflate, gzip";
#endif
}

DecodeResult decodeBody(std::string_view encoding, std::string_view input, std::uint64_t limit, std::string& output) {
  std::vector<Coding> codings = codingsOf(encoding);
  std::erase(codings, Coding::kIdentity);
  if (codings.size() > kMostCodings || std::find(codings.begin(), codings.end(), Coding::kUnknown) != codings.end()) {
    return DecodeResult::kUnsupported;
  }
  if (codings.empty()) return decodeOne(Coding::kIdentity, input, limit, output);
  std::string between;
  bool isCut = false;
  for (auto coding = codings.rbegin(); coding != codings.rend(); ++coding) {
    const DecodeResult result = decodeOne(*coding, input, limit, output);
    if (result == DecodeResult::kMalformed) return isCut ? DecodeResult::kCut : result;
    isCut = isCut || result == DecodeResult::kCut;
    if (coding + 1 != codings.rend()) {
      between.swap(output);
      input = between;
    }
  }
  return isCut ? DecodeResult::kCut : DecodeResult::kDecoded;
}

}  // namespace vayu
