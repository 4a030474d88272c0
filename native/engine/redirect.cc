#include "engine/redirect.h"

#include <algorithm>

#include "curl/handles.h"

namespace vayu {

namespace {

std::string part(CURLU* url, CURLUPart what, unsigned flags = 0) {
  char* text = nullptr;
  std::string result;
  if (curl_url_get(url, what, &text, flags) == CURLUE_OK) result = text;
  curl_free(text);
  return result;
}

std::string originOf(CURLU* url) {
  return part(url, CURLUPART_SCHEME) + "://" + part(url, CURLUPART_HOST) + ":" +
         part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
}

// The lines of Set-Cookie, each bound to the host that set it unless it names a domain itself.
std::vector<std::string> cookieLines(std::string_view block, const std::string& host) {
  std::vector<std::string> lines;
  while (!block.empty()) {
    const std::size_t end = block.find('\n');
    std::string_view line = block.substr(0, end);
    block.remove_prefix(end == std::string_view::npos ? block.size() : end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !sameHeaderName(line.substr(0, colon), "set-cookie")) continue;
    std::string text(line);
    std::string lower = text;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    if (lower.find("; domain=") == std::string::npos && lower.find(";domain=") == std::string::npos)
      text += "; Domain=" + host;
    lines.push_back(std::move(text));
  }
  return lines;
}

}  // namespace

std::shared_ptr<PreparedRequest> redirected(const PreparedRequest& request, int status, std::string_view location,
                                            std::string_view headerBlock, std::string& message) {
  const CurlUrl url(curl_url());
  if (curl_url_set(url.get(), CURLUPART_URL, request.url.c_str(), CURLU_URLENCODE | CURLU_GUESS_SCHEME) != CURLUE_OK) {
    message = "the request's url cannot be parsed";
    return nullptr;
  }
  const std::string from = originOf(url.get());
  const std::string host = part(url.get(), CURLUPART_HOST);
  const std::string target(location);
  if (curl_url_set(url.get(), CURLUPART_URL, target.c_str(), CURLU_URLENCODE | CURLU_ALLOW_SPACE) != CURLUE_OK) {
    message = "the server redirects to \"" + target.substr(0, 200) + "\", which is not a URL";
    return nullptr;
  }

  auto next = std::make_shared<PreparedRequest>();
  next->url = part(url.get(), CURLUPART_URL);
  next->method = request.method;
  const bool becomesGet =
      (status == 303 && request.method != "HEAD") || ((status == 301 || status == 302) && request.method == "POST");
  if (becomesGet) {
    next->method = "GET";
  } else {
    next->body = request.body;
  }
  const bool sameOrigin = originOf(url.get()) == from;
  for (const HeaderField& field : request.headers) {
    const auto is = [&field](std::string_view name) { return sameHeaderName(field.name, name); };
    if (!sameOrigin && (is("authorization") || is("cookie") || is("proxy-authorization"))) continue;
    if (is("host") && !sameOrigin) continue;
    if (becomesGet && (is("content-type") || is("content-length") || is("content-encoding") || is("transfer-encoding")))
      continue;
    next->headers.push_back(field);
  }
  auto options = std::make_shared<RequestOptions>(*request.options);
  options->maxRedirects -= 1;
  next->options = std::move(options);
  if (request.options->cookies) next->cookieLines = cookieLines(headerBlock, host);
  return next;
}

}  // namespace vayu
