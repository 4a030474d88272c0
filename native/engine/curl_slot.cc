#include "engine/curl_slot.h"

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "base/socket.h"
#include "engine/curl_request.h"
#include "engine/host_rules.h"
#include "engine/redirect.h"

namespace vayu {

namespace {

bool isHttps(std::string_view url) {
  constexpr std::string_view kScheme = "https:";
  return url.size() > kScheme.size() && curl_strnequal(url.data(), kScheme.data(), kScheme.size()) != 0;
}

std::string_view withoutLineEnd(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  return line;
}

}  // namespace

bool CurlSlot::take(Exchange& exchange, bool waitForMultiplexing) {
  exchange_ = &exchange;
  sawBody_ = false;
  headerComplete_ = false;
  refusedHost_ = false;
  tooLarge_ = false;
  decodedBytes_ = 0;
  errorBuffer_[0] = '\0';
  const PreparedRequest& request = *exchange.request;
  if (request.cookieJar != nullptr || !ownJar_.empty()) {
    ownJar_ = request.cookieJar == nullptr ? CookieJar() : *request.cookieJar;
  }
  return configuredFor(request) || configure(waitForMultiplexing);
}

bool CurlSlot::configure(bool waitForMultiplexing) {
  const PreparedRequest& request = *exchange_->request;
  curl_easy_reset(easy());
  hasCookies_ = false;
  configuredFor_ = nullptr;
  std::string message;
  const ErrorCode code = configureEasy(easy(), request, headers_, resolve_, message);
  if (code != ErrorCode::kNone) {
    exchange_->fail(code, message);
    return false;
  }
  configuredFor_ = exchange_->request;
  // Over plain HTTP libcurl would wait for the first response, however long that takes.
  if (waitForMultiplexing && isHttps(request.url)) curl_easy_setopt(easy(), CURLOPT_PIPEWAIT, 1L);
  curl_easy_setopt(easy(), CURLOPT_ERRORBUFFER, errorBuffer_);
  curl_easy_setopt(easy(), CURLOPT_WRITEFUNCTION, &CurlSlot::onBody);
  curl_easy_setopt(easy(), CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy(), CURLOPT_HEADERFUNCTION, &CurlSlot::onHeader);
  curl_easy_setopt(easy(), CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy(), CURLOPT_PREREQFUNCTION, &CurlSlot::onRequest);
  curl_easy_setopt(easy(), CURLOPT_PREREQDATA, this);
  curl_easy_setopt(easy(), CURLOPT_OPENSOCKETFUNCTION, &CurlSlot::onOpen);
  curl_easy_setopt(easy(), CURLOPT_OPENSOCKETDATA, this);
  // Given the sockets, not the slot: a connection outlives the transfer that opened it.
  curl_easy_setopt(easy(), CURLOPT_CLOSESOCKETFUNCTION, &CurlSlot::onClose);
  curl_easy_setopt(easy(), CURLOPT_CLOSESOCKETDATA, &sockets_);
  return true;
}

void CurlSlot::readOutcome(CURLcode code) {
  Exchange& exchange = *exchange_;
  readTransferInfo(easy(), exchange);
  if (code == CURLE_OK) {
    if (headerComplete_ || exchange.response.bodyBytes > 0) return;
    // libcurl takes the end of the connection for the end of the header.
    exchange.fail(ErrorCode::kConnectionClosed, "the connection was closed in the middle of the response's header");
    return;
  }
  if (tooLarge_) {
    exchange.fail(
        ErrorCode::kResponseTooLarge,
        "the response is larger than " + std::to_string(exchange.request->options->maxResponseBytes) + " bytes");
  } else if (refusedHost_) {
    exchange.fail(ErrorCode::kInvalidUrl, "a redirect leads to a host that is not on the list of allowed hosts");
  } else {
    exchange.fail(errorCodeOf(code, errorBuffer_), errorMessageOf(code, errorBuffer_));
  }
  long error = 0;
  if (exchange.osError == 0 && curl_easy_getinfo(easy(), CURLINFO_OS_ERRNO, &error) == CURLE_OK) {
    exchange.osError = errnoOf(static_cast<int>(error));
  }
}

std::uint64_t CurlSlot::connectionsOpened() const {
  long connects = 0;
  curl_easy_getinfo(easy(), CURLINFO_NUM_CONNECTS, &connects);
  return static_cast<std::uint64_t>(connects);
}

std::size_t CurlSlot::onBody(char* data, std::size_t size, std::size_t count, void* self) {
  auto* slot = static_cast<CurlSlot*>(self);
  const std::size_t bytes = size * count;
  Exchange& exchange = *slot->exchange_;
  if (!slot->sawBody_) {
    slot->sawBody_ = true;
    slot->captureLimit_ = exchange.bodyCaptureLimit;
    if (exchange.errorBodyCaptureLimit > slot->captureLimit_) {
      long status = 0;
      curl_easy_getinfo(slot->easy(), CURLINFO_RESPONSE_CODE, &status);
      if (status >= 400) slot->captureLimit_ = exchange.errorBodyCaptureLimit;
    }
  }
  slot->decodedBytes_ += bytes;
  if (slot->decodedBytes_ > exchange.request->options->maxResponseBytes) {
    slot->tooLarge_ = true;
    return 0;
  }
  std::string& body = exchange.response.body;
  const std::size_t room = slot->captureLimit_ > body.size() ? slot->captureLimit_ - body.size() : 0;
  body.append(data, std::min(room, bytes));
  if (room < bytes) exchange.response.bodyCut = true;
  return bytes;
}

std::size_t CurlSlot::onHeader(char* data, std::size_t size, std::size_t count, void* self) {
  auto* slot = static_cast<CurlSlot*>(self);
  const std::string_view line(data, size * count);
  const bool isStatusLine = line.starts_with("HTTP/");
  const bool isEnd = line == "\r\n" || line == "\n";
  // A status line begins another header; trailers come after the end and change nothing.
  slot->headerComplete_ = isEnd || (slot->headerComplete_ && !isStatusLine);
  slot->keepCookie(line);
  if (!slot->exchange_->captureHeaders) return line.size();
  Response& response = slot->exchange_->response;
  if (isStatusLine) {
    // A new response: after a redirect, a 1xx or a challenge.
    response.headerBlock.clear();
    response.statusText.clear();
    const std::size_t code = line.find(' ');
    const std::size_t reason = code == std::string_view::npos ? code : line.find(' ', code + 1);
    if (reason != std::string_view::npos) response.statusText = withoutLineEnd(line.substr(reason + 1));
  } else if (!isEnd) {
    response.headerBlock.append(line);
  }
  return line.size();
}

// Redirects and challenges on the way are heard here only.
void CurlSlot::keepCookie(std::string_view line) {
  constexpr std::string_view kName = "set-cookie:";
  if (line.size() < kName.size() || curl_strnequal(line.data(), kName.data(), kName.size()) == 0) return;
  char* url = nullptr;
  if (curl_easy_getinfo(easy(), CURLINFO_EFFECTIVE_URL, &url) != CURLE_OK || url == nullptr) return;
  (exchange_->cookieJar == nullptr ? ownJar_ : *exchange_->cookieJar).storeAll(url, line);
}

// Instead of libcurl's own cookie engine, which would write a header of its own beside that of the request and which knows none of the
// cookies that scripts set.
void CurlSlot::sendCookies(const char* url) {
  const PreparedRequest& request = *exchange_->request;
  std::string fromJar;
  if (request.options->cookies) {
    CookieJar& jar = exchange_->cookieJar == nullptr ? ownJar_ : *exchange_->cookieJar;
    if (!jar.empty()) fromJar = jar.header(url);
  }
  long redirects = 0;
  curl_easy_getinfo(easy(), CURLINFO_REDIRECT_COUNT, &redirects);
  // The request's own are as secret as credentials: no other origin gets them.
  const bool sendsOwn = redirects == 0 || sameOrigin(url, request.url);
  const std::string cookies = sendsOwn ? joinedCookies(request.headers, fromJar) : std::move(fromJar);
  if (cookies.empty() && !hasCookies_) return;
  hasCookies_ = !cookies.empty();
  curl_easy_setopt(easy(), CURLOPT_COOKIE, hasCookies_ ? cookies.c_str() : nullptr);
}

// Before each request of a transfer is sent, those after redirects included.
int CurlSlot::onRequest(void* self, char*, char*, int, int) {
  auto* slot = static_cast<CurlSlot*>(self);
  char* url = nullptr;
  std::string message;
  if (curl_easy_getinfo(slot->easy(), CURLINFO_EFFECTIVE_URL, &url) == CURLE_OK && url != nullptr &&
      urlAllowed(slot->exchange_->request->options->allowHosts, url, message)) {
    slot->sendCookies(url);
    return CURL_PREREQFUNC_OK;
  }
  slot->refusedHost_ = true;
  return CURL_PREREQFUNC_ABORT;
}

curl_socket_t CurlSlot::onOpen(void* self, curlsocktype, curl_sockaddr* address) {
  auto* slot = static_cast<CurlSlot*>(self);
  const curl_socket_t fd = slot->sockets_.open(*address);
  if (fd == CURL_SOCKET_BAD && slot->exchange_ != nullptr) slot->exchange_->osError = errno;
  return fd;
}

int CurlSlot::onClose(void* sockets, curl_socket_t fd) { return static_cast<CurlSockets*>(sockets)->close(fd); }

}  // namespace vayu
