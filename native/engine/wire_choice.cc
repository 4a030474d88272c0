#include "engine/wire_choice.h"

#include <algorithm>
#include <cstdlib>
#include <initializer_list>
#include <string_view>

#include "curl/openssl.h"
#include "engine/http2_transport.h"

namespace vayu {

namespace {

bool startsWithIgnoringCase(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && sameHeaderName(text.substr(0, prefix.size()), prefix);
}

std::string firstSet(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return {};
}

// Host of a url that may still hold templates.
std::string_view hostOf(std::string_view url) {
  if (const std::size_t scheme = url.find("://"); scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  // libcurl passes over further slashes behind the scheme.
  url.remove_prefix(std::min(url.find_first_not_of('/'), url.size()));
  url = url.substr(0, url.find_first_of("/?#"));
  if (const std::size_t at = url.rfind('@'); at != std::string_view::npos) url.remove_prefix(at + 1);
  if (!url.empty() && url.front() == '[') return url.substr(1, url.find(']') - 1);
  return url.substr(0, url.find(':'));
}

bool bypassesProxy(std::string_view list, std::string_view host) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find_first_of(", "), list.size());
    std::string_view element = list.substr(0, end);
    if (!element.empty() && element.front() == '.') element.remove_prefix(1);
    if (element == "*" || (!element.empty() && sameHeaderName(element, host))) return true;
    if (!element.empty() && host.size() > element.size() && host[host.size() - element.size() - 1] == '.' &&
        sameHeaderName(host.substr(host.size() - element.size()), element)) {
      return true;
    }
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

// Of plain requests; empty for none.
std::string proxyOf(const RequestOptions& options) {
  if (!options.proxy.empty()) return options.proxy;
  return options.unixSocket.empty() ? firstSet({"http_proxy", "all_proxy", "ALL_PROXY"}) : std::string();
}

// A plain request through an HTTP proxy is written to the proxy, in another form, on a connection shared by all targets.
bool goesThroughHttpProxy(const PreparedRequest& request) {
  if (startsWithIgnoringCase(request.url, "https://")) return false;
  const RequestOptions& options = *request.options;
  const std::string proxy = proxyOf(options);
  if (proxy.empty() || startsWithIgnoringCase(proxy, "socks")) return false;
  const std::string bypass = options.noProxy.empty() ? firstSet({"no_proxy", "NO_PROXY"}) : options.noProxy;
  return !bypassesProxy(bypass, hostOf(request.url));
}

}  // namespace

bool usesSocksProxy(const RequestOptions& options) { return startsWithIgnoringCase(proxyOf(options), "socks"); }

namespace {

// Whatever the version of HTTP.
std::string commonObjection(const PreparedRequest& request) {
  const RequestOptions& options = *request.options;
  if (options.auth == ChallengeAuth::kDigest) return "digest authentication needs libcurl's transfers";
  if (options.auth == ChallengeAuth::kNtlm) return "NTLM authentication needs libcurl's transfers";
  if (options.verbose) return "a verbose trace is asked for";
  if (goesThroughHttpProxy(request)) return "plain HTTP goes through an HTTP proxy";
  for (const HeaderField& field : request.headers) {
    for (const std::string_view name : {"Expect", "Transfer-Encoding", "Upgrade", "TE"}) {
      if (sameHeaderName(field.name, name)) return "the request sets " + std::string(name) + " itself";
    }
    if (sameHeaderName(field.name, "Content-Length") && field.value != std::to_string(request.body.size())) {
      return "the request sets a Content-Length that is not its body's";
    }
  }
  return {};
}

}  // namespace

std::string whyNotOnWire(const PreparedRequest& request) {
  switch (request.options->httpVersion) {
    case HttpVersion::k2:
    case HttpVersion::k2PriorKnowledge: return "HTTP/2 is asked for";
    case HttpVersion::k3: return "HTTP/3 is asked for";
    default: return commonObjection(request);
  }
}

bool asksForHttp2(const PreparedRequest& request) {
  return request.options->httpVersion == HttpVersion::k2 ||
         request.options->httpVersion == HttpVersion::k2PriorKnowledge;
}

std::string whyNotOnHttp2(const PreparedRequest& request) {
  const RequestOptions& options = *request.options;
  if (!hasHttp2Framing()) return "HTTP/2 is asked for, and this build has no nghttp2";
  if (!startsWithIgnoringCase(request.url, "https://")) {
    if (options.httpVersion == HttpVersion::k2 && startsWithIgnoringCase(request.url, "http://")) {
      return "HTTP/2 without TLS begins with an upgrade from HTTP/1.1 (\"2-prior-knowledge\" does not)";
    }
  } else {
    if (!whyNotOpenSsl().empty()) return "HTTP/2 over TLS needs ALPN: " + whyNotOpenSsl();
    // The offer would be made to the proxy as well.
    if (startsWithIgnoringCase(options.proxy, "https://")) return "HTTP/2 goes through a proxy over TLS";
    if (options.proxy.empty() &&
        startsWithIgnoringCase(firstSet({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}), "https://")) {
      return "HTTP/2 goes through a proxy over TLS";
    }
  }
  return commonObjection(request);
}

}  // namespace vayu
