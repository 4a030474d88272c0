// How exchanges are carried. One transport per load run and worker (and one per worker for submitted requests), so that connections,
// cookies and caches end with their run. Worker thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/exchange.h"

namespace vayu {

class Transport {
 public:
  virtual ~Transport() = default;

  virtual std::string_view name() const = 0;

  // Takes the exchange and sets its sent clock. Never calls the sink from within: a failure at once is told in the next drive().
  virtual void start(Exchange& exchange) = 0;

  // Ends an exchange under way with kAborted and tells its sink before it returns.
  virtual void abort(Exchange& exchange) = 0;

  // Everything that does not come from a descriptor: timeouts, transfers added since the last call, failures at once. Called on every
  // pass of the loop; tells sinks of finished exchanges, which may start new ones from within.
  virtual void drive(std::int64_t nowNs) = 0;

  // When drive() is wanted next: 0 for at once, kNever for when a descriptor is ready.
  virtual std::int64_t nextDeadlineNs() const = 0;

  virtual std::size_t inFlight() const = 0;
  virtual std::size_t openConnections() const = 0;
  // Since the start.
  virtual std::uint64_t connectionsOpened() const = 0;
};

}  // namespace vayu
