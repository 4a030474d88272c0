// One thread and its loop: commands → due arrivals → transports → scripts → wait, in one place. Commands come from any thread through a
// queue under a mutex that the loop only takes when a flag says so; everything else is touched by the worker's thread alone.
// Owned by the EventLoop, which outlives it.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/poller.h"
#include "base/thread.h"
#include "engine/curl_transport.h"
#include "engine/event_loop_config.h"
#include "engine/exchange_result.h"
#include "engine/load_shard.h"
#include "engine/token_bucket.h"

namespace vayu {

class SubmittedRequest;
class ScriptRequests;

// Told on worker threads.
class WorkerEvents {
 public:
  virtual void onResult(std::unique_ptr<ExchangeResult> result) = 0;
  // The last shard of a run has ended; every figure of it is visible to who reads after this.
  virtual void onRunEnded(const std::shared_ptr<LoadRun>& run) = 0;

 protected:
  ~WorkerEvents() = default;
};

// Published by a worker for the reporter; relaxed.
struct WorkerGauges {
  std::atomic<std::uint64_t> active{0};
  std::atomic<std::uint64_t> pending{0};
  std::atomic<std::uint64_t> processed{0};
  std::atomic<std::int64_t> cpuNs{0};
  std::atomic<std::int64_t> longestPassNs{0};  // reset by the reporter
  std::atomic<bool> hasScriptHost{false};
};

class Worker {
 public:
  Worker(std::size_t index, const EventLoopConfig& config, std::size_t workerCount, WorkerEvents& events);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  bool start();
  // Aborts everything and ends the thread. Idempotent.
  void stop();

  // Any thread.
  void submit(std::uint64_t id, std::shared_ptr<const Submission> submission);
  void cancel(std::uint64_t id);
  void startRun(std::shared_ptr<LoadRun> run, std::uint32_t shard);
  void stopRun(std::uint64_t runId, std::int64_t graceNs);
  void holdRun(std::uint64_t runId, std::int64_t atNs, double value);
  void renewRun(std::uint64_t runId, std::shared_ptr<const Credentials> credentials);
  WorkerGauges& gauges() { return gauges_; }

 private:
  friend class SubmittedRequest;

  using Command = std::function<void(Worker&)>;
  void post(Command command);
  void runCommands();
  void loop();
  void startPending(std::int64_t nowNs);
  void advanceRuns(std::int64_t nowNs);
  std::int64_t deadline(std::int64_t nowNs);
  void publish(std::int64_t nowNs, std::int64_t passStartNs);
  void finish(SubmittedRequest& request);
  void shutDown();
  ScriptHost& scripts();
  std::unique_ptr<Transport> makeTransport(const LoadRun& run);

  const std::size_t index_;
  const EventLoopConfig config_;
  WorkerEvents& events_;
  WorkerGauges gauges_;

  std::mutex mutex_;
  std::vector<Command> commands_;  // under mutex_
  std::atomic<bool> hasCommands_{false};
  std::atomic<bool> stopping_{false};

  // Worker thread only; members are destroyed last to first, so what uses the poller comes after it.
  Poller poller_;
  std::unique_ptr<ScriptHost> scripts_;
  std::unique_ptr<CurlTransport> interactive_;
  std::unique_ptr<ScriptRequests> scriptRequests_;
  std::vector<std::pair<std::shared_ptr<LoadRun>, std::unique_ptr<LoadShard>>> shards_;
  std::deque<std::unique_ptr<SubmittedRequest>> pending_;
  std::unordered_map<std::uint64_t, std::unique_ptr<SubmittedRequest>> active_;
  std::vector<std::unique_ptr<SubmittedRequest>> ended_;  // destroyed once the loop is out of their calls
  TokenBucket bucket_;
  std::int64_t publishedAtNs_ = 0;

  Thread thread_;
};

}  // namespace vayu
