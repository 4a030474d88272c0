#include "engine/host_rules.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "curl/handles.h"

namespace vayu {

namespace {

std::string lowerCase(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](unsigned char c) { return std::tolower(c); });
  return result;
}

bool ruleMatches(std::string_view rule, std::string_view host, int port) {
  // A colon after the last bracket or in a name without brackets is a port's.
  const std::size_t colon = rule.rfind(':');
  const std::size_t bracket = rule.rfind(']');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    if (std::atoi(std::string(rule.substr(colon + 1)).c_str()) != port) return false;
    rule = rule.substr(0, colon);
  }
  const std::string wanted = lowerCase(rule);
  const std::string given = lowerCase(host);
  if (wanted.starts_with("*.")) {
    const std::string_view suffix = std::string_view(wanted).substr(1);
    return given.size() > suffix.size() && given.ends_with(suffix);
  }
  return wanted == given;
}

}  // namespace

bool hostAllowed(const std::vector<std::string>& rules, std::string_view host, int port) {
  if (rules.empty()) return true;
  return std::any_of(rules.begin(), rules.end(),
                     [&](const std::string& rule) { return ruleMatches(rule, host, port); });
}

bool urlAllowed(const std::vector<std::string>& rules, const std::string& url, std::string& message) {
  if (rules.empty()) return true;
  const CurlUrl parsed(curl_url());
  char* host = nullptr;
  char* port = nullptr;
  bool allowed = false;
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_GUESS_SCHEME | CURLU_URLENCODE) == CURLUE_OK &&
      curl_url_get(parsed.get(), CURLUPART_HOST, &host, 0) == CURLUE_OK &&
      curl_url_get(parsed.get(), CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK) {
    allowed = hostAllowed(rules, host, std::atoi(port));
    if (!allowed) message = std::string("host \"") + host + ":" + port + "\" is not on the list of allowed hosts";
  } else {
    message = "the url has no host that could be looked up in the list of allowed hosts";
  }
  curl_free(host);
  curl_free(port);
  return allowed;
}

}  // namespace vayu
