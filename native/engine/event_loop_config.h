// The settings of an event loop. Immutable after its start.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "script/script_host.h"

namespace vayu {

struct EventLoopConfig {
  std::size_t workers = 0;           // 0: one per core
  std::size_t maxConcurrent = 1000;  // submitted requests in flight per worker
  std::size_t maxPerHost = 100;      // their connections per host and worker
  std::int64_t pollTimeoutMs = 0;    // upper bound of one wait; 0: none
  double targetRps = 0;              // of submitted requests over all workers; 0: unlimited
  double burstSize = 0;              // 0: 2 × targetRps
  ScriptLimits scripts;
};

}  // namespace vayu
