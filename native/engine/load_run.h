// What the workers of one load run and the reporter share. Everything in it is immutable, atomic, or has one writer.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/load_plan.h"
#include "engine/sampler.h"
#include "metrics/recorder.h"
#include "metrics/test_table.h"

namespace vayu {

// One worker's figures of a run.
struct ShardFigures {
  ShardFigures(const LoadPlan& plan, std::uint32_t index, std::uint32_t shards)
      : sampler(plan.sampling, index, shards, plan.seed + index) {}
  Recorder recorder;
  TestTable tests;
  Sampler sampler;
};

struct LoadRun {
  LoadRun(std::uint64_t runId, LoadPlan loadPlan, std::uint32_t shardCount, std::int64_t start)
      : id(runId), plan(std::move(loadPlan)), shards(shardCount), startNs(start), shardsRunning(shardCount) {
    budget.store(plan.iterations == 0 ? INT64_MAX : static_cast<std::int64_t>(plan.iterations));
    for (std::uint32_t index = 0; index < shardCount; ++index) {
      figures.push_back(std::make_unique<ShardFigures>(plan, index, shardCount));
    }
  }

  const std::uint64_t id;
  const LoadPlan plan;
  const std::uint32_t shards;
  const std::int64_t startNs;  // monotonic; the same for all workers
  bool onWire = false;         // set before the workers hear of the run
  std::vector<std::unique_ptr<ShardFigures>> figures;

  // Iterations of a closed model that are not begun yet, over all workers.
  std::atomic<std::int64_t> budget{0};
  // Rows of the plan's data that were given out, over all workers and rounds.
  std::atomic<std::uint64_t> rowsTaken{0};
  // Released by the last shard to end; the reporter then sees every figure of it.
  std::atomic<std::uint32_t> shardsRunning;
  std::atomic<std::int64_t> endNs{0};
};

}  // namespace vayu
