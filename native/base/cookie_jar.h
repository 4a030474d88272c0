// The cookies of one virtual user, kept and matched by the rules of RFC 6265: what responses and scripts set, for the requests that
// follow. One thread only; owned by an execution and shared with the requests that its scripts make.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace vayu {

struct Cookie {
  static constexpr std::int64_t kSession = std::numeric_limits<std::int64_t>::max();

  std::string name;
  std::string value;
  std::string domain;  // lower case, without a leading dot
  std::string path = "/";
  std::string sameSite;               // as it was written
  std::int64_t expiresMs = kSession;  // Unix time
  bool hostOnly = true;
  bool secure = false;
  bool httpOnly = false;
};

class CookieJar {
 public:
  enum class Stored : std::uint8_t { kYes, kNoCookie, kOtherDomain };

  // Takes the value of a Set-Cookie header as a response from `url` brings it. A date in the past removes the cookie.
  Stored store(std::string_view url, std::string_view setCookie);
  // Takes the "Set-Cookie: …" lines of a header block.
  void storeAll(std::string_view url, std::string_view headerBlock);
  // Takes a cookie that a script made, whose attributes are written as in Set-Cookie ("; Path=/; Secure").
  Stored store(std::string_view url, std::string_view name, std::string_view value, std::string_view attributes);

  // What goes with a request to `url`: longer paths first, then the older ones. Valid until the jar changes.
  std::vector<const Cookie*> matching(std::string_view url);
  // The same as the value of a Cookie header; empty when there is none.
  std::string header(std::string_view url);
  // Drops the first of that name that goes with `url`, or all that do. Nothing to drop is no error.
  void remove(std::string_view url, std::string_view name);
  void clear(std::string_view url);

  bool empty() const { return cookies_.empty(); }
  // Another one after every change; those that have expired by now are dropped first.
  std::uint64_t version();

 private:
  Stored keep(std::string_view url, Cookie cookie, std::string_view attributes);
  void dropExpired();

  std::vector<Cookie> cookies_;  // in order of creation
  std::uint64_t version_ = 0;
  std::int64_t soonestExpiryMs_ = Cookie::kSession;
};

// RFC 6265, section 5.1.1: a date as cookies have it, in ms of Unix time. Negative when it is none.
std::int64_t parseCookieDateMs(std::string_view text);

}  // namespace vayu
