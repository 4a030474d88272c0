#include "engine/curl_request.h"

#include <algorithm>
#include <cstring>

#include "base/clock.h"
#include "engine/host_rules.h"

namespace vayu {

namespace {

ErrorCode configureMethod(CURL* easy, const PreparedRequest& request) {
  const bool hasBody = !request.body.empty();
  const std::string& method = request.method;
  if (method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (method == "GET" && !hasBody) {
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  } else if (method == "POST" || hasBody) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    // POST itself is left to libcurl so that a 303 turns into a GET, as clients expect.
    if (method != "POST") curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
  } else if (method == "PUT" || method == "PATCH") {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(0));
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
  } else {
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
  }
  return ErrorCode::kNone;
}

ErrorCode configureHeaders(CURL* easy, const PreparedRequest& request, CurlSlist& headers, std::string& message) {
  headers.clear();
  bool hasExpect = false;
  bool hasContentType = false;
  bool hasUserAgent = false;
  bool hasEncoding = false;
  std::string line;
  for (const HeaderField& field : request.headers) {
    if (field.name.empty() || breaksHeader(field.name) || breaksHeader(field.value)) {
      message = "header \"" + field.name.substr(0, 80) + "\" contains a line break or a null character";
      return ErrorCode::kInvalidUrl;
    }
    hasExpect = hasExpect || sameHeaderName(field.name, "expect");
    hasContentType = hasContentType || sameHeaderName(field.name, "content-type");
    hasUserAgent = hasUserAgent || sameHeaderName(field.name, "user-agent");
    hasEncoding = hasEncoding || sameHeaderName(field.name, "accept-encoding");
    if (sameHeaderName(field.name, "cookie")) continue;
    // libcurl drops "Name:" and sends "Name;" as a header without a value.
    line = field.value.empty() ? field.name + ";" : field.name + ": " + field.value;
    headers.append(line.c_str());
  }
  // libcurl would wait a second for "100 Continue" with large bodies, and name a form as the content of every POST.
  if (!hasExpect) headers.append("Expect:");
  if (!hasContentType) headers.append("Content-Type:");
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
  if (!hasUserAgent && !request.options->userAgent.empty()) {
    curl_easy_setopt(easy, CURLOPT_USERAGENT, request.options->userAgent.c_str());
  }
  // The empty string offers every encoding that this libcurl decodes.
  if (request.options->compressed && !hasEncoding) curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
  return ErrorCode::kNone;
}

// With its default of 16 KiB, the size of a DATA frame, libcurl 7.88 now and then forgets the end of a large HTTP/2 body that it has
// already received.
constexpr long kHttp2BufferBytes = 100L << 10;

bool mayBecomeHttp2(HttpVersion version, std::string_view url) {
  if (version == HttpVersion::kAuto) return !url.starts_with("http://");
  return version != HttpVersion::k10 && version != HttpVersion::k11;
}

ErrorCode configureVersion(CURL* easy, HttpVersion version, std::string& message) {
  long value = CURL_HTTP_VERSION_2TLS;
  switch (version) {
    case HttpVersion::kAuto: break;
    case HttpVersion::k10: value = CURL_HTTP_VERSION_1_0; break;
    case HttpVersion::k11: value = CURL_HTTP_VERSION_1_1; break;
    case HttpVersion::k2: value = CURL_HTTP_VERSION_2_0; break;
    case HttpVersion::k2PriorKnowledge: value = CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE; break;
    case HttpVersion::k3: value = CURL_HTTP_VERSION_3; break;
  }
  const CURLcode code = curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, value);
  if (version == HttpVersion::k2PriorKnowledge && curl_version_info(CURLVERSION_NOW)->version_num < 0x080000) {
    // libcurl 7 fails every transfer that reuses such a connection ("Error in the HTTP2 framing layer").
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  }
  if (code == CURLE_OK || version == HttpVersion::kAuto) return ErrorCode::kNone;
  message = version == HttpVersion::k3 ? "this build of libcurl has no HTTP/3; use httpVersion \"auto\" or \"2\""
                                       : "this build of libcurl has no HTTP/2; use httpVersion \"1.1\"";
  return ErrorCode::kProtocolError;
}

void setText(CURL* easy, CURLoption option, const std::string& value) {
  if (!value.empty()) curl_easy_setopt(easy, option, value.c_str());
}

void restrictProtocols(CURL* easy) {
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

int httpVersionOf(long value) {
  switch (value) {
    case CURL_HTTP_VERSION_1_0: return 10;
    case CURL_HTTP_VERSION_1_1: return 11;
    case CURL_HTTP_VERSION_2_0: return 20;
    case CURL_HTTP_VERSION_3: return 30;
    default: return 0;
  }
}

}  // namespace

ErrorCode configureEasy(CURL* easy, const PreparedRequest& request, CurlSlist& headers, CurlSlist& resolve,
                        std::string& message) {
  const RequestOptions& options = *request.options;
  if (request.method.empty() || breaksHeader(request.method) || request.method.find(' ') != std::string::npos) {
    message = "method \"" + request.method.substr(0, 40) + "\" is not an HTTP token";
    return ErrorCode::kProtocolError;
  }
  if (std::strlen(request.url.c_str()) != request.url.size() || breaksHeader(request.url)) {
    message = "url contains a line break or a null character";
    return ErrorCode::kInvalidUrl;
  }

  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  if (options.verbose) curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
  restrictProtocols(easy);

  // Spaces and characters outside of ASCII are encoded instead of refused.
  const CurlUrl parsed(curl_url());
  std::string url = request.url;
  if (curl_url_set(parsed.get(), CURLUPART_URL, request.url.c_str(), CURLU_URLENCODE | CURLU_ALLOW_SPACE) ==
      CURLUE_OK) {
    char* normal = nullptr;
    if (curl_url_get(parsed.get(), CURLUPART_URL, &normal, 0) == CURLUE_OK) url = normal;
    curl_free(normal);
  }
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  if (!options.allowHosts.empty()) {
    if (!urlAllowed(options.allowHosts, url, message)) return ErrorCode::kInvalidUrl;
  }

  configureMethod(easy, request);
  if (const ErrorCode code = configureHeaders(easy, request, headers, message); code != ErrorCode::kNone) return code;
  if (const ErrorCode code = configureVersion(easy, options.httpVersion, message); code != ErrorCode::kNone)
    return code;

  if (mayBecomeHttp2(options.httpVersion, url)) curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, kHttp2BufferBytes);

  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeoutMs));
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(options.connectTimeoutMs > 0 ? options.connectTimeoutMs : options.timeoutMs));
  if (options.followRedirects) {
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, static_cast<long>(options.maxRedirects));
    curl_easy_setopt(easy, CURLOPT_AUTOREFERER, 0L);
  }
  if (options.insecure) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  setText(easy, CURLOPT_PROXY, options.proxy);
  setText(easy, CURLOPT_NOPROXY, options.noProxy);
  setText(easy, CURLOPT_CAINFO, options.caFile);
  setText(easy, CURLOPT_SSLCERT, options.clientCertFile);
  setText(easy, CURLOPT_SSLKEY, options.clientKeyFile);
  setText(easy, CURLOPT_KEYPASSWD, options.clientKeyPassword);
  setText(easy, CURLOPT_UNIX_SOCKET_PATH, options.unixSocket);
  if (options.auth != ChallengeAuth::kNone) {
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH,
                     static_cast<long>(options.auth == ChallengeAuth::kDigest ? CURLAUTH_DIGEST : CURLAUTH_NTLM));
    curl_easy_setopt(easy, CURLOPT_USERNAME, options.username.c_str());
    curl_easy_setopt(easy, CURLOPT_PASSWORD, options.password.c_str());
  }
  resolve.clear();
  for (const std::string& entry : options.resolve) resolve.append(entry.c_str());
  if (resolve.get() != nullptr) curl_easy_setopt(easy, CURLOPT_RESOLVE, resolve.get());
  return ErrorCode::kNone;
}

ErrorCode errorCodeOf(CURLcode code, const char* errorBuffer) {
  const std::string_view text = errorBuffer == nullptr ? "" : errorBuffer;
  const auto says = [text](std::string_view words) { return text.find(words) != std::string_view::npos; };
  switch (code) {
    case CURLE_OK: return ErrorCode::kNone;
    case CURLE_OPERATION_TIMEDOUT: return ErrorCode::kTimeout;
    case CURLE_COULDNT_CONNECT:
    case CURLE_INTERFACE_FAILED:
    case CURLE_PROXY: return ErrorCode::kConnectionFailed;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return ErrorCode::kDnsFailed;
    case CURLE_RECV_ERROR:
      return says("chunk") || says("Too large") ? ErrorCode::kProtocolError : ErrorCode::kConnectionClosed;
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE: return ErrorCode::kConnectionClosed;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_USE_SSL_FAILED:
    case CURLE_PEER_FAILED_VERIFICATION: return ErrorCode::kSslError;
    case CURLE_TOO_MANY_REDIRECTS: return ErrorCode::kTooManyRedirects;
    case CURLE_URL_MALFORMAT: return ErrorCode::kInvalidUrl;
    case CURLE_UNSUPPORTED_PROTOCOL:
      return says("HTTP/0.9") || says("HTTP version") || says("HTTP/1 subversion") ? ErrorCode::kProtocolError
                                                                                   : ErrorCode::kInvalidUrl;
      // A single header line beyond libcurl's limit of 100 KiB, or more lines than it takes.
#if LIBCURL_VERSION_NUM >= 0x080600
    case CURLE_TOO_LARGE:
#endif
    case CURLE_OUT_OF_MEMORY: return ErrorCode::kProtocolError;
    case CURLE_FILESIZE_EXCEEDED: return ErrorCode::kResponseTooLarge;
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_HTTP3:
    case CURLE_QUIC_CONNECT_ERROR:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_WEIRD_SERVER_REPLY: return ErrorCode::kProtocolError;
    default: return ErrorCode::kInternalError;
  }
}

std::string errorMessageOf(CURLcode code, const char* errorBuffer) {
  if (errorBuffer != nullptr && errorBuffer[0] != '\0') return errorBuffer;
  return curl_easy_strerror(code);
}

void readTransferInfo(CURL* easy, Exchange& exchange) {
  long number = 0;
  curl_off_t dns = 0;
  curl_off_t connect = 0;
  curl_off_t tls = 0;
  curl_off_t written = 0;
  curl_off_t first = 0;
  curl_off_t total = 0;
  curl_off_t redirect = 0;
  curl_easy_getinfo(easy, CURLINFO_NAMELOOKUP_TIME_T, &dns);
  curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &connect);
  curl_easy_getinfo(easy, CURLINFO_APPCONNECT_TIME_T, &tls);
  curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &written);
  curl_easy_getinfo(easy, CURLINFO_STARTTRANSFER_TIME_T, &first);
  curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &total);
  curl_easy_getinfo(easy, CURLINFO_REDIRECT_TIME_T, &redirect);

  // libcurl's times are cumulative since the transfer's start (since the last redirect's, where there was one).
  const auto between = [](curl_off_t from, curl_off_t to) {
    return to > from ? static_cast<std::int64_t>(to - from) : 0;
  };
  curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &number);
  exchange.connectionReused = number == 0 && written > 0;
  if (number > 0) {
    exchange.phases.dnsUs = dns;
    exchange.phases.connectUs = between(dns, connect);
    exchange.phases.tlsUs = tls > 0 ? between(connect, tls) : 0;
  }
  if (first > 0) {
    // From when the connection was ready: libcurl's pre-transfer time is taken after the request was written.
    exchange.phases.firstByteUs = between(std::max({dns, connect, tls}), first);
    exchange.phases.downloadUs = between(first, total - redirect > first ? total - redirect : total);
    exchange.clocks.firstByteNs = exchange.clocks.doneNs - (total - redirect - first) * kNsPerUs;
  }

  Response& response = exchange.response;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &number);
  response.status = static_cast<int>(number);
  curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &number);
  response.httpVersion = httpVersionOf(number);
  curl_easy_getinfo(easy, CURLINFO_REDIRECT_COUNT, &number);
  response.redirects = static_cast<int>(number) + exchange.redirectsCarried;
  curl_easy_getinfo(easy, CURLINFO_HEADER_SIZE, &number);
  response.headerBytes = static_cast<std::uint64_t>(number);
  curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &number);
  curl_off_t bytes = 0;
  curl_easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &bytes);
  exchange.bytesSent += static_cast<std::uint64_t>(number) + static_cast<std::uint64_t>(bytes);
  curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &bytes);
  response.bodyBytes = static_cast<std::uint64_t>(bytes);
  exchange.bytesReceived += response.headerBytes + response.bodyBytes;
  if (exchange.captureHeaders) {
    char* text = nullptr;
    if (curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &text) == CURLE_OK && text != nullptr) {
      response.effectiveUrl = text;
    }
    if (curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &text) == CURLE_OK && text != nullptr) {
      response.remoteAddress = text;
      curl_easy_getinfo(easy, CURLINFO_PRIMARY_PORT, &number);
      if (!response.remoteAddress.empty()) response.remoteAddress += ":" + std::to_string(number);
    }
  }
}

}  // namespace vayu
