#include "engine/wire_request.h"

#include <algorithm>
#include <cctype>
#include <initializer_list>

#include "curl/handles.h"
#include "engine/content_decoder.h"
#include "engine/host_rules.h"

namespace vayu {

namespace {

struct CurlFree {
  void operator()(char* text) const { curl_free(text); }
};

bool isToken(std::string_view text) {
  static constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char character) {
    return std::isalnum(character) != 0 || kOthers.find(static_cast<char>(character)) != std::string_view::npos;
  });
}

bool listNames(std::string_view list, std::string_view wanted) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view element = list.substr(0, comma);
    while (!element.empty() && element.front() == ' ') element.remove_prefix(1);
    while (!element.empty() && element.back() == ' ') element.remove_suffix(1);
    if (sameHeaderName(element, wanted)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

std::string encodeBase64(std::string_view bytes) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t index = 0; index < bytes.size(); index += 3) {
    std::uint32_t group = 0;
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - index);
    for (std::size_t offset = 0; offset < 3; ++offset) {
      group = (group << 8) | (offset < count ? static_cast<unsigned char>(bytes[index + offset]) : 0u);
    }
    for (std::size_t digit = 0; digit < 4; ++digit) {
      text += digit <= count ? kAlphabet[(group >> (18 - 6 * digit)) & 63] : '=';
    }
  }
  return text;
}

std::string urlPart(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  const CURLUcode code = curl_url_get(url, part, &text, flags);
  // libcurl 7.88 hands out the text of a host that has no punycode form along with its error.
  const std::unique_ptr<char, CurlFree> owner(text);
  return code == CURLUE_OK && text != nullptr ? text : std::string();
}

// Visible ASCII without dot segments: what libcurl's parser leaves as it is.
bool isPlainTarget(std::string_view text) {
  bool plain = true;
  for (const char character : text) plain &= (character > ' ') & (character < '\x7f');
  return plain && text.find("/.") == std::string_view::npos;
}

bool parseKnownOrigin(const PreparedRequest& request, const WireOrigin& origin, WireRequest& wire,
                      std::string& target) {
  const std::string& prefix = origin.prefix;
  if (prefix.empty() || origin.options != request.options || request.url.compare(0, prefix.size(), prefix) != 0) {
    return false;
  }
  const std::string_view url = std::string_view(request.url).substr(0, request.url.find('#'));
  if (url.size() <= prefix.size() || url[prefix.size()] != '/') return false;
  const std::string_view rest = url.substr(prefix.size());
  if (!isPlainTarget(rest) || rest.back() == '?') return false;
  target.assign(rest);
  wire.url.assign(url);
  return true;
}

ErrorCode parseUrl(const PreparedRequest& request, WireOrigin& origin, WireRequest& wire, std::string& target,
                   std::string& message) {
  if (parseKnownOrigin(request, origin, wire, target)) return ErrorCode::kNone;
  origin.prefix.clear();
  const std::string& text = request.url;
  if (breaksHeader(text)) {
    message = "url contains a line break or a null character";
    return ErrorCode::kInvalidUrl;
  }
  const CurlUrl url(curl_url());
  const CURLUcode code =
      curl_url_set(url.get(), CURLUPART_URL, text.c_str(),
                   CURLU_URLENCODE | CURLU_ALLOW_SPACE | CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME);
  if (code != CURLUE_OK) {
    message = std::string("url is malformed: ") + curl_url_strerror(code);
    return ErrorCode::kInvalidUrl;
  }
  const std::string scheme = urlPart(url.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") {
    message = "protocol \"" + scheme + "\" is not supported, only http and https are";
    return ErrorCode::kInvalidUrl;
  }
  if (!urlAllowed(request.options->allowHosts, text, message)) return ErrorCode::kInvalidUrl;
  curl_url_set(url.get(), CURLUPART_FRAGMENT, nullptr, 0);
  wire.url = urlPart(url.get(), CURLUPART_URL);
  target = urlPart(url.get(), CURLUPART_PATH);
  const std::string query = urlPart(url.get(), CURLUPART_QUERY);
  if (!query.empty()) target.append("?").append(query);

  origin.options = request.options;
  origin.isTls = scheme == "https";
#ifdef CURLU_PUNYCODE
  origin.host = urlPart(url.get(), CURLUPART_HOST, CURLU_PUNYCODE);
  if (origin.host.empty())
#endif
    origin.host = urlPart(url.get(), CURLUPART_HOST);
  std::transform(origin.host.begin(), origin.host.end(), origin.host.begin(),
                 [](unsigned char character) { return static_cast<char>(std::tolower(character)); });
  const std::string port = urlPart(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  origin.endpoint = scheme + "://" + origin.host + ":" + port + "/";
  if (port != (origin.isTls ? "443" : "80")) origin.host.append(":").append(port);
  const std::string user = urlPart(url.get(), CURLUPART_USER, CURLU_URLDECODE);
  const std::string password = urlPart(url.get(), CURLUPART_PASSWORD, CURLU_URLDECODE);
  origin.credentials = user.empty() && password.empty() ? std::string() : user + ":" + password;
  if (text.starts_with("http://") || text.starts_with("https://")) {
    const std::size_t authority = text.find("://") + 3;
    const std::size_t end = text.find_first_of("/?#", authority);
    // libcurl passes over further slashes (`http:///host/`): then the host is not in front of the first one.
    if (end != authority) origin.prefix = text.substr(0, end);
  }
  return ErrorCode::kNone;
}

struct HeaderFacts {
  const HeaderField* host = nullptr;
  bool hasAuthorization = false;
  bool hasUserAgent = false;
  bool hasAccept = false;
  bool hasAcceptEncoding = false;
  bool saysClose = false;
  int cookies = 0;
};

ErrorCode examineHeaders(const PreparedRequest& request, HeaderFacts& facts, std::string& message) {
  for (const HeaderField& field : request.headers) {
    if (field.name.empty() || breaksHeader(field.name) || breaksHeader(field.value)) {
      message = "header \"" + field.name.substr(0, 80) + "\" contains a line break or a null character";
      return ErrorCode::kInvalidUrl;
    }
    if (sameHeaderName(field.name, "host")) facts.host = &field;
    facts.hasAuthorization = facts.hasAuthorization || sameHeaderName(field.name, "authorization");
    facts.hasUserAgent = facts.hasUserAgent || sameHeaderName(field.name, "user-agent");
    facts.hasAccept = facts.hasAccept || sameHeaderName(field.name, "accept");
    facts.hasAcceptEncoding = facts.hasAcceptEncoding || sameHeaderName(field.name, "accept-encoding");
    facts.cookies += sameHeaderName(field.name, "cookie") ? 1 : 0;
    facts.saysClose = facts.saysClose || (sameHeaderName(field.name, "connection") && listNames(field.value, "close"));
  }
  return ErrorCode::kNone;
}

void addHeader(std::string& bytes, std::string_view name, std::string_view value) {
  bytes.append(name).append(value.empty() ? ":" : ": ").append(value).append("\r\n");
}

bool isIdempotentMethod(std::string_view method) {
  for (const std::string_view known : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"}) {
    if (method == known) return true;
  }
  return false;
}

}  // namespace

ErrorCode renderWireRequest(const PreparedRequest& request, WireOrigin& origin, WireRequest& wire,
                            std::string& message) {
  const RequestOptions& options = *request.options;
  if (!isToken(request.method) || request.method == "CONNECT") {
    message = "method \"" + request.method.substr(0, 40) + "\" is not an HTTP token, or not one to send";
    return ErrorCode::kProtocolError;
  }
  std::string target;
  if (const ErrorCode code = parseUrl(request, origin, wire, target, message); code != ErrorCode::kNone) return code;
  HeaderFacts facts;
  if (const ErrorCode code = examineHeaders(request, facts, message); code != ErrorCode::kNone) return code;

  wire.endpoint = origin.endpoint;
  wire.isTls = origin.isTls;
  wire.isHead = request.method == "HEAD";
  wire.isIdempotent = isIdempotentMethod(request.method);
  wire.saysClose = facts.saysClose;
  wire.decodes = options.compressed && !facts.hasAcceptEncoding;

  std::string& bytes = wire.bytes;
  bytes.clear();
  bytes.append(request.method).append(" ").append(target);
  bytes.append(options.httpVersion == HttpVersion::k10 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
  addHeader(bytes, "Host", facts.host != nullptr ? facts.host->value : origin.host);
  if (!facts.hasAuthorization && !origin.credentials.empty()) {
    addHeader(bytes, "Authorization", "Basic " + encodeBase64(origin.credentials));
  }
  if (!facts.hasUserAgent && !options.userAgent.empty()) addHeader(bytes, "User-Agent", options.userAgent);
  if (!facts.hasAccept) addHeader(bytes, "Accept", "*/*");
  if (wire.decodes) addHeader(bytes, "Accept-Encoding", acceptedEncodings());
  const bool joinsCookies = facts.cookies > 1 || !request.cookies.empty();
  std::string cookies = joinsCookies ? joinedCookies(request.headers, request.cookies) : std::string();
  for (const HeaderField& field : request.headers) {
    if (sameHeaderName(field.name, "host") || sameHeaderName(field.name, "content-length")) continue;
    if (facts.cookies > 0 && sameHeaderName(field.name, "cookie")) {
      const std::string& value = joinsCookies ? cookies : field.value;
      if (!value.empty()) addHeader(bytes, field.name, value);
      cookies.clear();
    } else {
      addHeader(bytes, field.name, field.value);
    }
  }
  if (!cookies.empty()) addHeader(bytes, "Cookie", cookies);
  const bool sendsBody = !wire.isHead && !request.body.empty();
  if (sendsBody || request.method == "POST" || request.method == "PUT" || request.method == "PATCH") {
    addHeader(bytes, "Content-Length", std::to_string(request.body.size()));
  }
  bytes.append("\r\n");
  if (sendsBody) bytes.append(request.body);
  return ErrorCode::kNone;
}

bool connectAlike(const RequestOptions& left, const RequestOptions& right) {
  const auto connectTimeoutMs = [](const RequestOptions& options) {
    return options.connectTimeoutMs > 0 ? options.connectTimeoutMs : options.timeoutMs;
  };
  return &left == &right ||
         (left.insecure == right.insecure && left.httpVersion == right.httpVersion && left.proxy == right.proxy &&
          left.noProxy == right.noProxy && left.caFile == right.caFile && left.clientCertFile == right.clientCertFile &&
          left.clientKeyFile == right.clientKeyFile && left.clientKeyPassword == right.clientKeyPassword &&
          left.unixSocket == right.unixSocket && left.resolve == right.resolve && left.allowHosts == right.allowHosts &&
          connectTimeoutMs(left) == connectTimeoutMs(right));
}

}  // namespace vayu
