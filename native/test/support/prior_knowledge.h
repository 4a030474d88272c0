// Requests that speak HTTP/2 in cleartext from the first byte.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "test/support/exchange_loop.h"

namespace vayu::test {

inline std::shared_ptr<PreparedRequest> prior(
    const std::string& url, std::string method = "GET", std::string body = {},
    const std::function<void(RequestOptions&)>& change = [](RequestOptions&) {}) {
  return ExchangeLoop::with(*ExchangeLoop::request(url, std::move(method), std::move(body)),
                            [&](RequestOptions& options) {
                              options.httpVersion = HttpVersion::k2PriorKnowledge;
                              change(options);
                            });
}

}  // namespace vayu::test
