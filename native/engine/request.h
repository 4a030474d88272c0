// What is sent: the options of a request, and its bytes once every template is resolved. Immutable and shared between exchanges.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/cookie_jar.h"
#include "base/header_text.h"
#include "script/script_host.h"

namespace vayu {

enum class HttpVersion : std::uint8_t { kAuto, k10, k11, k2, k2PriorKnowledge, k3 };
enum class ChallengeAuth : std::uint8_t { kNone, kDigest, kNtlm };

struct RequestOptions {
  std::int64_t timeoutMs = 30'000;
  std::int64_t connectTimeoutMs = 0;  // 0: bounded by the timeout alone
  bool followRedirects = true;
  int maxRedirects = 10;
  bool insecure = false;
  bool compressed = true;
  bool cookies = true;
  HttpVersion httpVersion = HttpVersion::kAuto;
  ChallengeAuth auth = ChallengeAuth::kNone;
  std::string username;
  std::string password;
  std::string proxy;
  std::string noProxy;
  std::string caFile;
  std::string clientCertFile;
  std::string clientKeyFile;
  std::string clientKeyPassword;
  std::string unixSocket;
  std::string userAgent;  // sent when the headers name none
  std::vector<std::string> resolve;
  std::vector<std::string> allowHosts;  // see host_rules.h; empty: every host
  std::uint64_t maxResponseBytes = 100u << 20;
  bool verbose = false;
};

enum class BodyTemplates : std::uint8_t { kNone, kText, kForm, kMultipart };

// How values come into the texts of a request where its {{templates}} are.
struct TemplateRules {
  // kNone: bytes, which are not looked into; kForm: values are encoded for a form; kMultipart: values in the headers of parts are escaped
  BodyTemplates body = BodyTemplates::kText;
  std::string queryRows;  // the part of the url whose values are encoded as components of a query
};

// Whether what follows the text could be taken for another header, or the text for less than it is.
inline bool breaksHeader(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

// A request ready to be carried. `id` is unique in the process, so that a transport can keep a handle configured for it.
struct PreparedRequest {
  PreparedRequest() : id(nextId()) {}
  // Before the contents of one that nobody else holds are replaced.
  void renew() {
    id = nextId();
    cookieJar.reset();
    cookies.clear();
  }

  std::uint64_t id;
  std::shared_ptr<const RequestOptions> options;
  std::string method;
  std::string url;
  std::vector<HeaderField> headers;
  std::string body;
  // What a redirect that led here has set, for an exchange that has no jar of its own. Null: nothing.
  std::shared_ptr<const CookieJar> cookieJar;
  // What the exchange's jar has for the URL ("a=1; b=2"), for a transport that does not look into it itself.
  std::string cookies;

 private:
  static std::uint64_t nextId() {
    static std::atomic<std::uint64_t> counter{0};
    return counter.fetch_add(1, std::memory_order_relaxed) + 1;
  }
};

// The value of the one Cookie header that may leave (RFC 6265, section 5.4): the request's own before what a jar has. Empty: none leaves.
inline std::string joinedCookies(const std::vector<HeaderField>& headers, std::string_view fromJar) {
  std::string joined;
  const auto add = [&joined](std::string_view cookies) {
    if (!joined.empty() && !cookies.empty()) joined += "; ";
    joined += cookies;
  };
  for (const HeaderField& field : headers) {
    if (sameHeaderName(field.name, "cookie")) add(field.value);
  }
  add(fromJar);
  return joined;
}

}  // namespace vayu
