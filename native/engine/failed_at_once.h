// Exchanges that a transport could not even begin. start() must not tell their sink, so they wait for the transport's next drive().
// Owned by a transport; worker thread only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>

#include "engine/exchange.h"

namespace vayu {

class FailedAtOnce {
 public:
  bool empty() const { return exchanges_.empty(); }
  std::size_t size() const { return exchanges_.size(); }

  void add(Exchange& exchange, ErrorCode error, std::string_view message) {
    exchange.fail(error, message);
    exchanges_.push_back(&exchange);
  }

  // Tells the sink that the exchange was aborted instead, if it is among these.
  void abort(Exchange& exchange, std::int64_t nowNs) {
    const auto found = std::find(exchanges_.begin(), exchanges_.end(), &exchange);
    if (found == exchanges_.end()) return;
    exchanges_.erase(found);
    exchange.fail(ErrorCode::kAborted, "aborted");
    tell(exchange, nowNs);
  }

  // Not of those that fail meanwhile: a sink that starts the same again would never end.
  void tellAll(std::int64_t nowNs) {
    for (std::size_t left = exchanges_.size(); left > 0 && !exchanges_.empty(); --left) {
      Exchange& exchange = *exchanges_.front();
      exchanges_.pop_front();
      tell(exchange, nowNs);
    }
  }

 private:
  static void tell(Exchange& exchange, std::int64_t nowNs) {
    exchange.clocks.doneNs = nowNs;
    exchange.sink->onExchangeDone(exchange);
  }

  std::deque<Exchange*> exchanges_;
};

}  // namespace vayu
