// A transport that carries nothing: tests end its exchanges by hand, at times of their choosing.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "engine/transport.h"

namespace vayu::test {

class ManualTransport final : public Transport {
 public:
  std::string_view name() const override { return "manual"; }
  void start(Exchange& exchange) override {
    exchange.clocks.sentNs = now;
    flying.push_back(&exchange);
    ++started;
    highest = std::max(highest, flying.size());
  }
  void abort(Exchange& exchange) override {
    exchange.fail(ErrorCode::kAborted, "aborted");
    end(exchange);
  }
  void drive(std::int64_t) override {}
  std::int64_t nextDeadlineNs() const override { return kNever; }
  std::size_t inFlight() const override { return flying.size(); }
  std::size_t openConnections() const override { return flying.size(); }
  std::uint64_t connectionsOpened() const override { return started; }

  // Ends the oldest exchange under way.
  void answer(int status = 200) {
    flying.front()->response.status = status;
    end(*flying.front());
  }
  void failOldest(ErrorCode code) {
    flying.front()->fail(code, "failed by hand");
    end(*flying.front());
  }

  std::int64_t now = 0;
  std::vector<Exchange*> flying;
  std::uint64_t started = 0;
  std::size_t highest = 0;

 private:
  void end(Exchange& exchange) {
    exchange.clocks.doneNs = now;
    std::erase(flying, &exchange);
    exchange.sink->onExchangeDone(exchange);
  }
};

}  // namespace vayu::test
