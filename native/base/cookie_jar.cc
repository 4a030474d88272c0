#include "base/cookie_jar.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/clock.h"
#include "base/header_text.h"

namespace vayu {

namespace {

// As browsers and libcurl bound them.
constexpr std::size_t kMaxCookies = 300;
constexpr std::size_t kMaxCookieBytes = 4096;

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& character : result) {
    if (character >= 'A' && character <= 'Z') character = static_cast<char>(character + 32);
  }
  return result;
}

// A part of a header that must not end it, or of a line of a cookie file that must not have another field.
bool hasControls(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char code) { return code < 0x20 || code == 0x7f; });
}

struct Origin {
  std::string host;
  std::string_view path;  // of the request, without its query
  bool isSecure = false;
};

// As lenient as libcurl with what comes in front of the host.
Origin originOf(std::string_view url) {
  Origin origin;
  if (const std::size_t scheme = url.find("://"); scheme != std::string_view::npos) {
    origin.isSecure = lower(url.substr(0, scheme)) == "https";
    url.remove_prefix(scheme + 3);
    url.remove_prefix(std::min(url.find_first_not_of('/'), url.size()));
  }
  std::string_view authority = url.substr(0, url.find_first_of("/?#"));
  const std::string_view rest = url.substr(authority.size());
  origin.path = rest.substr(0, rest.find_first_of("?#"));
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
  if (authority.starts_with('[')) {
    origin.host = lower(authority.substr(1, authority.find(']') - 1));
  } else {
    origin.host = lower(authority.substr(0, authority.find(':')));
  }
  if (origin.path.empty()) origin.path = "/";
  return origin;
}

bool isAddress(std::string_view host) {
  return host.find(':') != std::string_view::npos || host.find_first_not_of("0123456789.") == std::string_view::npos;
}

// Whether `host` is `domain` or lies in it.
bool inDomain(std::string_view host, std::string_view domain) {
  if (host == domain) return true;
  return host.size() > domain.size() && host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.' &&
         !isAddress(host);
}

bool pathMatches(std::string_view path, std::string_view cookiePath) {
  if (!path.starts_with(cookiePath)) return false;
  return path.size() == cookiePath.size() || cookiePath.ends_with('/') || path[cookiePath.size()] == '/';
}

std::string_view defaultPath(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string_view::npos ? std::string_view("/") : path.substr(0, slash);
}

bool goesWith(const Cookie& cookie, const Origin& origin) {
  if (cookie.hostOnly ? origin.host != cookie.domain : !inDomain(origin.host, cookie.domain)) return false;
  return pathMatches(origin.path, cookie.path) && (!cookie.secure || origin.isSecure);
}

// "Max-Age" in seconds; it goes before "Expires". Nothing when it is no number.
bool readMaxAge(std::string_view text, std::int64_t nowMs, std::int64_t& expiresMs) {
  std::int64_t seconds = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (end != text.data() + text.size()) return false;
  constexpr std::int64_t kMostSeconds = 400LL * 24 * 3600;  // RFC 6265bis, section 5.5
  const bool isHuge = fault == std::errc::result_out_of_range && !text.starts_with('-');
  expiresMs = seconds <= 0 && !isHuge ? 0 : nowMs + (isHuge ? kMostSeconds : std::min(seconds, kMostSeconds)) * 1000;
  return true;
}

}  // namespace

CookieJar::Stored CookieJar::store(std::string_view url, std::string_view setCookie) {
  const std::size_t end = std::min(setCookie.find(';'), setCookie.size());
  const std::string_view pair = setCookie.substr(0, end);
  const std::size_t equals = pair.find('=');
  if (equals == std::string_view::npos) return Stored::kNoCookie;
  return store(url, trimmed(pair.substr(0, equals)), trimmed(pair.substr(equals + 1)), setCookie.substr(end));
}

void CookieJar::storeAll(std::string_view url, std::string_view headerBlock) {
  while (!headerBlock.empty()) {
    const std::size_t end = std::min(headerBlock.find('\n'), headerBlock.size());
    std::string_view line = headerBlock.substr(0, end);
    headerBlock.remove_prefix(std::min(end + 1, headerBlock.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || lower(line.substr(0, colon)) != "set-cookie") continue;
    store(url, trimmed(line.substr(colon + 1)));
  }
}

CookieJar::Stored CookieJar::store(std::string_view url, std::string_view name, std::string_view value,
                                   std::string_view attributes) {
  if (name.empty() || hasControls(name) || hasControls(value) || hasControls(attributes) ||
      name.find_first_of("=;") != std::string_view::npos || value.find(';') != std::string_view::npos ||
      name.size() + value.size() > kMaxCookieBytes) {
    return Stored::kNoCookie;
  }
  Cookie cookie;
  cookie.name = name;
  cookie.value = value;
  return keep(url, std::move(cookie), attributes);
}

CookieJar::Stored CookieJar::keep(std::string_view url, Cookie cookie, std::string_view attributes) {
  const Origin origin = originOf(url);
  const std::int64_t nowMs = wallClockMs();
  bool hasMaxAge = false;
  cookie.domain = origin.host;
  cookie.path = defaultPath(origin.path);
  while (!attributes.empty()) {
    attributes.remove_prefix(1);  // the semicolon
    const std::size_t end = std::min(attributes.find(';'), attributes.size());
    const std::string_view attribute = attributes.substr(0, end);
    attributes.remove_prefix(end);
    const std::size_t equals = std::min(attribute.find('='), attribute.size());
    const std::string name = lower(trimmed(attribute.substr(0, equals)));
    const std::string_view value =
        equals == attribute.size() ? std::string_view() : trimmed(attribute.substr(equals + 1));
    if (name == "domain") {
      std::string domain = lower(value.substr(value.starts_with('.') ? 1 : 0));
      cookie.hostOnly = domain.empty() || (isAddress(origin.host) && domain == origin.host);
      cookie.domain = domain.empty() ? origin.host : std::move(domain);
    } else if (name == "path") {
      cookie.path = value.starts_with('/') ? value : defaultPath(origin.path);
    } else if (name == "max-age") {
      hasMaxAge = readMaxAge(value, nowMs, cookie.expiresMs) || hasMaxAge;
    } else if (name == "expires" && !hasMaxAge) {
      if (const std::int64_t date = parseCookieDateMs(value); date >= 0) cookie.expiresMs = date;
    } else if (name == "secure") {
      cookie.secure = true;
    } else if (name == "httponly") {
      cookie.httpOnly = true;
    } else if (name == "samesite") {
      cookie.sameSite = value;
    }
  }
  const bool isTopLevel = cookie.domain.find('.') == std::string::npos && !isAddress(cookie.domain);
  if (!inDomain(origin.host, cookie.domain) || (isTopLevel && cookie.domain != origin.host)) {
    return Stored::kOtherDomain;
  }

  const auto same = std::find_if(cookies_.begin(), cookies_.end(), [&cookie](const Cookie& other) {
    return other.name == cookie.name && other.domain == cookie.domain && other.path == cookie.path;
  });
  const bool isOver = cookie.expiresMs <= nowMs;
  if (same != cookies_.end() && !isOver && same->value == cookie.value && same->expiresMs == cookie.expiresMs &&
      same->hostOnly == cookie.hostOnly && same->secure == cookie.secure && same->httpOnly == cookie.httpOnly) {
    return Stored::kYes;
  }
  if (isOver && same == cookies_.end()) return Stored::kYes;
  ++version_;
  if (isOver) {
    cookies_.erase(same);
    return Stored::kYes;
  }
  soonestExpiryMs_ = std::min(soonestExpiryMs_, cookie.expiresMs);
  if (same != cookies_.end()) {
    *same = std::move(cookie);
    return Stored::kYes;
  }
  if (cookies_.size() >= kMaxCookies) cookies_.erase(cookies_.begin());
  cookies_.push_back(std::move(cookie));
  return Stored::kYes;
}

void CookieJar::dropExpired() {
  if (soonestExpiryMs_ == Cookie::kSession) return;
  const std::int64_t nowMs = wallClockMs();
  if (nowMs < soonestExpiryMs_) return;
  const auto dropped = std::erase_if(cookies_, [nowMs](const Cookie& cookie) { return cookie.expiresMs <= nowMs; });
  if (dropped > 0) ++version_;
  soonestExpiryMs_ = Cookie::kSession;
  for (const Cookie& cookie : cookies_) soonestExpiryMs_ = std::min(soonestExpiryMs_, cookie.expiresMs);
}

std::uint64_t CookieJar::version() {
  dropExpired();
  return version_;
}

std::vector<const Cookie*> CookieJar::matching(std::string_view url) {
  dropExpired();
  std::vector<const Cookie*> found;
  if (cookies_.empty()) return found;
  const Origin origin = originOf(url);
  for (const Cookie& cookie : cookies_) {
    if (goesWith(cookie, origin)) found.push_back(&cookie);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Cookie* left, const Cookie* right) { return left->path.size() > right->path.size(); });
  return found;
}

std::string CookieJar::header(std::string_view url) {
  std::string text;
  for (const Cookie* cookie : matching(url)) {
    if (!text.empty()) text.append("; ");
    text.append(cookie->name).append("=").append(cookie->value);
  }
  return text;
}

void CookieJar::remove(std::string_view url, std::string_view name) {
  for (const Cookie* cookie : matching(url)) {
    if (cookie->name != name) continue;
    cookies_.erase(cookies_.begin() + (cookie - cookies_.data()));
    ++version_;
    return;
  }
}

void CookieJar::clear(std::string_view url) {
  const Origin origin = originOf(url);
  if (std::erase_if(cookies_, [&origin](const Cookie& cookie) { return goesWith(cookie, origin); }) > 0) ++version_;
}

}  // namespace vayu
