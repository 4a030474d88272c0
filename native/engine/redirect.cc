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

}  // namespace

bool sameOrigin(const std::string& left, const std::string& right) {
  const CurlUrl urls[] = {CurlUrl(curl_url()), CurlUrl(curl_url())};
  constexpr unsigned kFlags = CURLU_URLENCODE | CURLU_GUESS_SCHEME | CURLU_ALLOW_SPACE;
  return curl_url_set(urls[0].get(), CURLUPART_URL, left.c_str(), kFlags) == CURLUE_OK &&
         curl_url_set(urls[1].get(), CURLUPART_URL, right.c_str(), kFlags) == CURLUE_OK &&
         originOf(urls[0].get()) == originOf(urls[1].get());
}

std::shared_ptr<PreparedRequest> redirected(const PreparedRequest& request, int status, std::string_view location,
                                            std::string_view headerBlock, std::string& message) {
  const CurlUrl url(curl_url());
  if (curl_url_set(url.get(), CURLUPART_URL, request.url.c_str(), CURLU_URLENCODE | CURLU_GUESS_SCHEME) != CURLUE_OK) {
    message = "the request's url cannot be parsed";
    return nullptr;
  }
  const std::string from = originOf(url.get());
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
  const bool staysThere = originOf(url.get()) == from;
  for (const HeaderField& field : request.headers) {
    const auto is = [&field](std::string_view name) { return sameHeaderName(field.name, name); };
    if (!staysThere && (is("authorization") || is("cookie") || is("proxy-authorization"))) continue;
    if (is("host") && !staysThere) continue;
    if (becomesGet && (is("content-type") || is("content-length") || is("content-encoding") || is("transfer-encoding")))
      continue;
    next->headers.push_back(field);
  }
  auto options = std::make_shared<RequestOptions>(*request.options);
  options->maxRedirects -= 1;
  next->options = std::move(options);
  if (request.options->cookies) {
    auto jar =
        request.cookieJar == nullptr ? std::make_shared<CookieJar>() : std::make_shared<CookieJar>(*request.cookieJar);
    jar->storeAll(request.url, headerBlock);
    if (!jar->empty()) next->cookieJar = std::move(jar);
  }
  return next;
}

}  // namespace vayu
