// A load run's immutable input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/arrival_curve.h"
#include "engine/data_set.h"
#include "engine/pacer.h"
#include "engine/submission.h"

namespace vayu {

enum class LoadKind : std::uint8_t { kRate, kConcurrency };
enum class TransportChoice : std::uint8_t { kAuto, kCurl, kWire };

struct SamplingOptions {
  double successRate = 1.0;
  std::size_t maxSuccesses = 1000;
  std::size_t maxErrors = 1000;
  std::size_t maxSlow = 1000;
  std::int64_t slowThresholdUs = 1'000'000;
  std::size_t maxBodyBytes = 16 * 1024;
};

struct LoadPlan {
  Submission submission;
  LoadKind kind = LoadKind::kConcurrency;
  std::vector<CurveSegment> segments;  // of the rate per second, or of the concurrency
  Arrival arrival = Arrival::kUniform;
  std::uint64_t seed = 1;
  std::uint64_t burst = 0;        // 0: no limit
  std::uint64_t maxInFlight = 0;  // rate model only; 0: no limit
  std::uint64_t iterations = 0;   // 0: bounded by time alone
  std::int64_t graceNs = 5'000'000'000;
  SamplingOptions sampling;
  TransportChoice transport = TransportChoice::kAuto;
  std::size_t streamsPerConnection = 32;  // HTTP/2: requests at a time on one connection
  std::shared_ptr<const DataSet> data;    // rows for the iterations; null: none
  DataMode dataMode = DataMode::kSequential;
  bool histograms = true;  // false: counters only, for measuring what recording costs
};

}  // namespace vayu
