#include "script/sha.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

namespace vayu {
namespace {

// The first `bits` of the fractional part of the n-th prime's root: SHA-2's constants, computed rather than listed.
// Integer arithmetic: floor(root(p) · 2^64) by bisection.

std::vector<std::uint32_t> primes(std::size_t count) {
  std::vector<std::uint32_t> found;
  for (std::uint32_t n = 2; found.size() < count; ++n) {
    bool prime = true;
    for (const std::uint32_t p : found) {
      if (p * p > n) break;
      if (n % p == 0) prime = false;
    }
    if (prime) found.push_back(n);
  }
  return found;
}

// Compares (whole + fraction/2^64)^power with p, power 2 or 3, exactly: a schoolbook product of 32-bit limbs.
bool powerExceeds(std::uint32_t whole, std::uint64_t fraction, int power, std::uint32_t p) {
  const std::array<std::uint64_t, 3> base = {fraction & 0xffffffff, fraction >> 32, whole};
  std::vector<std::uint64_t> product = {base[0], base[1], base[2]};
  for (int round = 1; round < power; ++round) {
    std::vector<std::uint64_t> next(product.size() + 3, 0);
    for (std::size_t i = 0; i < product.size(); ++i) {
      std::uint64_t carry = 0;
      for (std::size_t j = 0; j < 3; ++j) {
        // Of limbs below 2^32: (2^32 - 1)^2 + 2 (2^32 - 1) is the greatest number of 64 bits.
        const std::uint64_t sum = product[i] * base[j] + next[i + j] + carry;
        next[i + j] = sum & 0xffffffff;
        carry = sum >> 32;
      }
      next[i + 3] += carry;
    }
    product = std::move(next);
  }
  std::uint64_t integer = 0;
  const std::size_t point = static_cast<std::size_t>(power) * 2;
  if (point < product.size()) integer = product[point];
  if (point + 1 < product.size()) integer += product[point + 1] << 32;
  return integer >= p;
}

std::uint64_t rootFraction(std::uint32_t p, int power) {
  auto whole = static_cast<std::uint32_t>(power == 2 ? std::sqrt(p) : std::cbrt(p));
  while (powerExceeds(whole, 0, power, p)) --whole;
  while (!powerExceeds(whole + 1, 0, power, p)) ++whole;
  std::uint64_t fraction = 0;
  for (int bit = 63; bit >= 0; --bit) {
    const std::uint64_t tried = fraction | (std::uint64_t{1} << bit);
    if (!powerExceeds(whole, tried, power, p)) fraction = tried;
  }
  return fraction;
}

struct Constants {
  std::array<std::uint64_t, 80> cubes{};
  std::array<std::uint64_t, 16> squares{};
  Constants() {
    const auto list = primes(80);
    for (std::size_t i = 0; i < 80; ++i) cubes[i] = rootFraction(list[i], 3);
    for (std::size_t i = 0; i < 16; ++i) squares[i] = rootFraction(list[i], 2);
  }
};

const Constants& constants() {
  static const Constants kConstants;
  return kConstants;
}

// Message, 0x80, zeros, length in bits.
std::string padded(std::string_view data, std::size_t block, std::size_t lengthBytes) {
  std::string text(data);
  text.push_back('\x80');
  while (text.size() % block != block - lengthBytes) text.push_back('\0');
  text.append(lengthBytes - 8, '\0');
  const std::uint64_t bits = static_cast<std::uint64_t>(data.size()) * 8;
  for (int shift = 56; shift >= 0; shift -= 8) text.push_back(static_cast<char>((bits >> shift) & 0xff));
  return text;
}

template <typename Word>
Word readWord(const std::string& text, std::size_t at) {
  Word word = 0;
  for (std::size_t i = 0; i < sizeof(Word); ++i)
    word = static_cast<Word>(word << 8) | static_cast<unsigned char>(text[at + i]);
  return word;
}

template <typename Word>
void appendWord(std::string& out, Word word) {
  for (int shift = static_cast<int>(sizeof(Word)) * 8 - 8; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>((word >> shift) & 0xff));
}

std::string sha1(std::string_view data) {
  std::array<std::uint32_t, 5> h = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  const std::string text = padded(data, 64, 8);
  for (std::size_t block = 0; block < text.size(); block += 64) {
    std::array<std::uint32_t, 80> w{};
    for (std::size_t i = 0; i < 16; ++i) w[i] = readWord<std::uint32_t>(text, block + i * 4);
    for (std::size_t i = 16; i < 80; ++i) w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    auto [a, b, c, d, e] = h;
    for (std::size_t i = 0; i < 80; ++i) {
      const std::uint32_t f = i < 20   ? (b & c) | (~b & d)
                              : i < 40 ? b ^ c ^ d
                              : i < 60 ? (b & c) | (b & d) | (c & d)
                                       : b ^ c ^ d;
      const std::uint32_t k = i < 20 ? 0x5a827999 : i < 40 ? 0x6ed9eba1 : i < 60 ? 0x8f1bbcdc : 0xca62c1d6;
      const std::uint32_t next = std::rotl(a, 5) + f + e + k + w[i];
      e = d;
      d = c;
      c = std::rotl(b, 30);
      b = a;
      a = next;
    }
    h[0] += a;
    h[1] += b;
    h[2] += c;
    h[3] += d;
    h[4] += e;
  }
  std::string out;
  for (const std::uint32_t word : h) appendWord(out, word);
  return out;
}

// One algorithm, two word sizes.
template <typename Word, int A0, int A1, int A2, int E0, int E1, int E2, int S0, int S1, int S2, int T0, int T1, int T2>
std::string sha2(std::string_view data, std::array<Word, 8> h, std::size_t rounds, std::size_t outBytes) {
  constexpr std::size_t kBlock = sizeof(Word) * 16;
  constexpr int kDrop = 64 - static_cast<int>(sizeof(Word)) * 8;
  const std::string text = padded(data, kBlock, sizeof(Word) * 2);
  for (std::size_t block = 0; block < text.size(); block += kBlock) {
    std::array<Word, 80> w{};
    for (std::size_t i = 0; i < 16; ++i) w[i] = readWord<Word>(text, block + i * sizeof(Word));
    for (std::size_t i = 16; i < rounds; ++i) {
      const Word s0 = std::rotr(w[i - 15], S0) ^ std::rotr(w[i - 15], S1) ^ (w[i - 15] >> S2);
      const Word s1 = std::rotr(w[i - 2], T0) ^ std::rotr(w[i - 2], T1) ^ (w[i - 2] >> T2);
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    auto [a, b, c, d, e, f, g, last] = h;
    for (std::size_t i = 0; i < rounds; ++i) {
      const Word s1 = std::rotr(e, E0) ^ std::rotr(e, E1) ^ std::rotr(e, E2);
      const Word t1 = last + s1 + ((e & f) ^ (~e & g)) + static_cast<Word>(constants().cubes[i] >> kDrop) + w[i];
      const Word s0 = std::rotr(a, A0) ^ std::rotr(a, A1) ^ std::rotr(a, A2);
      const Word t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
      last = g;
      g = f;
      f = e;
      e = d + t1;
      d = c;
      c = b;
      b = a;
      a = t1 + t2;
    }
    const std::array<Word, 8> add = {a, b, c, d, e, f, g, last};
    for (std::size_t i = 0; i < 8; ++i) h[i] += add[i];
  }
  std::string out;
  for (const Word word : h) appendWord(out, word);
  out.resize(outBytes);
  return out;
}

}  // namespace

std::string shaDigest(std::string_view algorithm, std::string_view data) {
  if (algorithm == "SHA-1") return sha1(data);
  if (algorithm == "SHA-256") {
    std::array<std::uint32_t, 8> start{};
    for (std::size_t i = 0; i < 8; ++i) start[i] = static_cast<std::uint32_t>(constants().squares[i] >> 32);
    return sha2<std::uint32_t, 2, 13, 22, 6, 11, 25, 7, 18, 3, 17, 19, 10>(data, start, 64, 32);
  }
  if (algorithm == "SHA-384" || algorithm == "SHA-512") {
    const std::size_t first = algorithm == "SHA-384" ? 8 : 0;
    std::array<std::uint64_t, 8> start{};
    for (std::size_t i = 0; i < 8; ++i) start[i] = constants().squares[first + i];
    return sha2<std::uint64_t, 28, 34, 39, 14, 18, 41, 1, 8, 7, 19, 61, 6>(data, start, 80, first == 8 ? 48 : 64);
  }
  return {};
}

}  // namespace vayu
