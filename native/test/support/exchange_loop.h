// Drives a transport on the calling thread, as a worker would: submits exchanges and waits for their ends.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/poller.h"
#include "engine/transport.h"

namespace vayu::test {

class ExchangeLoop final : public ExchangeSink {
 public:
  using Factory = std::function<std::unique_ptr<Transport>(Poller&)>;
  explicit ExchangeLoop(const Factory& make) : transport_(make(poller_)) {}

  Poller& poller() { return poller_; }
  Transport& transport() { return *transport_; }

  static std::shared_ptr<PreparedRequest> request(std::string url, std::string method = "GET", std::string body = {}) {
    auto request = std::make_shared<PreparedRequest>();
    auto options = std::make_shared<RequestOptions>();
    options->timeoutMs = 10'000;
    options->compressed = false;
    request->options = options;
    request->method = std::move(method);
    request->url = std::move(url);
    request->body = std::move(body);
    return request;
  }

  // A copy of the request with other options.
  static std::shared_ptr<PreparedRequest> with(const PreparedRequest& request,
                                               const std::function<void(RequestOptions&)>& change) {
    auto changed = std::make_shared<PreparedRequest>();
    auto options = std::make_shared<RequestOptions>(*request.options);
    change(*options);
    changed->options = options;
    changed->method = request.method;
    changed->url = request.url;
    changed->headers = request.headers;
    changed->body = request.body;
    return changed;
  }

  // Starts it; the exchange stays valid for the loop's life.
  Exchange& start(std::shared_ptr<const PreparedRequest> request, std::uint64_t bodyCaptureLimit = 1 << 20) {
    Exchange& exchange = *exchanges_.emplace_back(std::make_unique<Exchange>());
    exchange.sink = this;
    exchange.request = std::move(request);
    exchange.captureHeaders = true;
    exchange.bodyCaptureLimit = bodyCaptureLimit;
    transport_->start(exchange);
    return exchange;
  }

  // Until nothing is in flight. False when that takes longer than `limitMs`.
  bool finish(std::int64_t limitMs = 20'000) {
    return runUntil([this] { return transport_->inFlight() == 0; }, limitMs);
  }

  bool runUntil(const std::function<bool()>& reached, std::int64_t limitMs = 20'000) {
    const std::int64_t end = nowNs() + limitMs * kNsPerMs;
    while (!reached()) {
      const std::int64_t now = nowNs();
      if (now >= end) return false;
      turn(std::min(end, now + 20 * kNsPerMs));
    }
    return true;
  }

  void runFor(std::int64_t timeMs) {
    runUntil([] { return false; }, timeMs);
  }

  // One request from its start to its end.
  Exchange& fetch(std::shared_ptr<const PreparedRequest> request) {
    Exchange& exchange = start(std::move(request));
    finish();
    return exchange;
  }

  void onExchangeDone(Exchange& exchange) override {
    ++done;
    if (afterwards) afterwards(exchange);
  }

  int done = 0;
  std::function<void(Exchange&)> afterwards;

 private:
  void turn(std::int64_t latestNs) {
    transport_->drive(poller_.wait(std::min(transport_->nextDeadlineNs(), latestNs)));
  }

  Poller poller_;
  std::vector<std::unique_ptr<Exchange>> exchanges_;
  std::unique_ptr<Transport> transport_;
};

}  // namespace vayu::test
