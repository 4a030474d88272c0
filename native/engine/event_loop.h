// N workers and a reporter: shards submitted requests round-robin, starts and stops load runs. Owns its threads; created, used and stopped
// on one thread (the host's). Callbacks come on worker and reporter threads and must not call back into the loop.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/event_loop_config.h"
#include "engine/exchange_result.h"
#include "engine/load_run.h"
#include "engine/reporter.h"
#include "engine/worker.h"

namespace vayu {

class EventLoop final : private WorkerEvents {
 public:
  struct Callbacks {
    std::function<void(std::unique_ptr<ExchangeResult>)> onResult;
    std::function<void(std::unique_ptr<Snapshot>)> onSnapshot;
  };
  struct StartedRun {
    std::uint64_t id = 0;
    std::int64_t startNs = 0;  // monotonic
    std::size_t workers = 0;
    std::string transport;
    std::string transportReason;
    std::string error;  // why it was not started; empty when it was
  };

  EventLoop(EventLoopConfig config, Callbacks callbacks);
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // False when threads or descriptors cannot be had.
  bool start();
  // Stop → wake → join, in this order: workers abort what they carry, every result and final snapshot is told, then this returns.
  // Idempotent. Any thread.
  void stop();

  std::uint64_t submit(std::shared_ptr<const Submission> submission);
  void cancel(std::uint64_t id);
  StartedRun startRun(LoadPlan plan);
  void stopRun(std::uint64_t runId, std::int64_t graceNs);
  // Returns the time of the change in nanoseconds since the run's start.
  std::int64_t holdRun(std::uint64_t runId, std::int64_t runStartNs, double value);

  void renewRun(std::uint64_t runId, Credentials credentials);

  std::size_t workerCount() const { return workers_.size(); }
  std::uint64_t activeCount() const;
  std::uint64_t pendingCount() const;
  std::uint64_t totalProcessed() const;

 private:
  void onResult(std::unique_ptr<ExchangeResult> result) override;
  void onRunEnded(const std::shared_ptr<LoadRun>& run) override;
  static bool chooseTransport(const LoadPlan& plan, StartedRun& started);
  std::int64_t noticeNs(const LoadPlan& plan, std::size_t shards) const;
  Worker& workerOf(std::uint64_t id) { return *workers_[id % workers_.size()]; }

  EventLoopConfig config_;
  Callbacks callbacks_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<Reporter> reporter_;
  std::uint64_t nextRequest_ = 0;
  std::uint64_t nextRun_ = 0;
  std::mutex stopMutex_;  // a second stop() waits for the first
  bool running_ = false;  // under stopMutex_
};

}  // namespace vayu
