// What the reporter hands out of a load run every tick: totals since the start, and what the histograms gained since the last tick.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/sampler.h"
#include "metrics/histogram.h"
#include "metrics/recorder.h"
#include "metrics/test_table.h"

namespace vayu {

struct WorkerReading {
  double cpu = 0;  // share of the interval on a CPU
  double maxLoopLagMs = 0;
};

struct Snapshot {
  std::uint64_t runId = 0;
  std::int64_t startNs = 0;  // of the run, monotonic; clocks of samples are relative to it
  double elapsedMs = 0;
  bool final = false;
  std::array<double, kCountCount> counters{};
  std::array<double, kDropReasonCount> dropped{};
  std::array<double, Recorder::kFailureClasses> failures{};
  std::vector<std::pair<int, double>> statusCodes;
  std::array<HistogramDelta, kMeasureCount> histograms;
  std::vector<TestCount> tests;
  std::vector<SampledExchange> samples;
  double connectionsOpen = 0;
  double target = 0;
  std::vector<WorkerReading> workers;
  double descriptorsExhausted = 0;
  double portsExhausted = 0;
};

}  // namespace vayu
