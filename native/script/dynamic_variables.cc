#include "script/dynamic_variables.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <random>

namespace vayu {
namespace {

std::mt19937_64& generator() {
  thread_local std::mt19937_64 engine([] {
    std::random_device source;
    std::seed_seq seed{source(), source(), source(), source()};
    return std::mt19937_64(seed);
  }());
  return engine;
}

// Uniform in [0, bound).
std::uint64_t below(std::uint64_t bound) {
  return std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(generator());
}

void appendHex(std::string& out, std::uint64_t value, int digits) {
  constexpr char kHex[] = "0123456789abcdef";
  for (int i = digits - 1; i >= 0; --i) out.push_back(kHex[(value >> (i * 4)) & 15]);
}

void uuid(std::string& out) {
  const std::uint64_t high = (generator()() & ~std::uint64_t{0xf000}) | 0x4000;
  const std::uint64_t low = (generator()() & ~(std::uint64_t{3} << 62)) | (std::uint64_t{1} << 63);
  appendHex(out, high >> 32, 8);
  out.push_back('-');
  appendHex(out, high >> 16, 4);
  out.push_back('-');
  appendHex(out, high, 4);
  out.push_back('-');
  appendHex(out, low >> 48, 4);
  out.push_back('-');
  appendHex(out, low, 12);
}

std::int64_t nowMs() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

void timestamp(std::string& out) { out += std::to_string(nowMs() / 1000); }

void isoTimestamp(std::string& out) {
  const std::int64_t ms = nowMs();
  const std::time_t seconds = static_cast<std::time_t>(ms / 1000);
  std::tm parts{};
#if defined(_WIN32)
  gmtime_s(&parts, &seconds);
#else
  gmtime_r(&seconds, &parts);
#endif
  std::array<char, 32> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  out.append(text.data(), length);
  std::snprintf(text.data(), text.size(), ".%03dZ", static_cast<int>(ms % 1000));
  out += text.data();
}

void randomInt(std::string& out) { out += std::to_string(below(1001)); }

void randomFrom(std::string& out, std::string_view alphabet, int count) {
  for (int i = 0; i < count; ++i) out.push_back(alphabet[below(alphabet.size())]);
}

void alphaNumeric(std::string& out) { randomFrom(out, "0123456789abcdefghijklmnopqrstuvwxyz", 1); }
void boolean(std::string& out) { out += below(2) ? "true" : "false"; }
void password(std::string& out) {
  randomFrom(out, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_", 15);
}

void hexColor(std::string& out) {
  out.push_back('#');
  appendHex(out, below(1u << 24), 6);
}

void ip(std::string& out) {
  for (int i = 0; i < 4; ++i) {
    if (i) out.push_back('.');
    out += std::to_string(below(256));
  }
}

void ipv6(std::string& out) {
  for (int i = 0; i < 8; ++i) {
    if (i) out.push_back(':');
    appendHex(out, below(65536), 4);
  }
}

void macAddress(std::string& out) {
  for (int i = 0; i < 6; ++i) {
    if (i) out.push_back(':');
    appendHex(out, below(256), 2);
  }
}

void semver(std::string& out) {
  for (int i = 0; i < 3; ++i) {
    if (i) out.push_back('.');
    out += std::to_string(below(10));
  }
}

void protocol(std::string& out) { out += below(2) ? "http" : "https"; }

struct Entry {
  std::string_view name;
  void (*append)(std::string&);
};

constexpr Entry kEntries[] = {
    {"$guid", uuid},
    {"$randomUUID", uuid},
    {"$timestamp", timestamp},
    {"$isoTimestamp", isoTimestamp},
    {"$randomInt", randomInt},
    {"$randomAlphaNumeric", alphaNumeric},
    {"$randomBoolean", boolean},
    {"$randomHexColor", hexColor},
    {"$randomIP", ip},
    {"$randomIPV6", ipv6},
    {"$randomMACAddress", macAddress},
    {"$randomPassword", password},
    {"$randomSemver", semver},
    {"$randomProtocol", protocol},
};

}  // namespace

bool nativeDynamicValue(std::string_view name, std::string& out) {
  if (name.empty() || name.front() != '$') return false;
  for (const Entry& entry : kEntries) {
    if (entry.name != name) continue;
    entry.append(out);
    return true;
  }
  return false;
}

}  // namespace vayu
