// One worker's part of a load run: begins executions when the plan wants them, records what comes of them, and ends them in time.
// Owned by the worker; worker thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/credentials.h"
#include "engine/execution.h"
#include "engine/load_run.h"
#include "engine/pacer.h"

namespace vayu {

class LoadShard final : private ExecutionOwner {
 public:
  // `scripts` may be null when the plan needs none; both outlive the shard.
  LoadShard(std::shared_ptr<LoadRun> run, std::uint32_t index, std::unique_ptr<Transport> transport,
            ScriptHost* scripts, ScriptRequestCarrier* carrier);
  ~LoadShard();

  // Begins what is due and drives the transport.
  void advance(std::int64_t nowNs);
  std::int64_t nextDeadlineNs(std::int64_t nowNs);

  // Begins nothing more; what is in flight at `abortAtNs` is aborted. Of several stops the soonest abort stands.
  void stop(std::int64_t nowNs, std::int64_t abortAtNs);
  // Holds a rate or a concurrency from `atNs` (monotonic) until the plan's end.
  void hold(std::int64_t atNs, double value);

  // From now on the plan's request is sent with these.
  void renew(const Credentials& credentials);

  // Nothing is in flight and nothing will be begun.
  bool ended() const { return ended_; }
  const Recorder& recorder() const { return recorder_; }
  std::size_t inFlight() const { return running_.size(); }

 private:
  void onSending(Execution& execution) override;
  void onScripts(Execution& execution, ScriptPhase phase, ScriptOutcome& outcome) override;
  void onResponse(Execution& execution) override;
  void onExecutionDone(Execution& execution) override;

  void releaseArrivals(std::int64_t nowNs);
  void fillConcurrency(std::int64_t nowNs);
  bool beginNext(std::int64_t intendedNs);
  // `iteration` counts from 0 over all workers.
  void begin(std::int64_t intendedNs, std::uint64_t iteration);
  // Gives the execution its row of the plan's data.
  bool feed(Execution& execution);
  void prepareRequest();
  void record(Execution& execution);
  void recordSpans(const Exchange& exchange, std::int64_t preRequestNs);
  void abortAll();
  void dropUnsent();
  void endIfIdle(std::int64_t nowNs);
  bool passIsLong(std::int64_t passNs) const;
  std::size_t targetConcurrency(std::int64_t nowNs);

  std::shared_ptr<LoadRun> run_;
  const std::uint32_t index_;
  std::unique_ptr<Transport> transport_;
  ScriptHost* scripts_;
  std::unique_ptr<DataReader> data_;     // null: the plan has no data
  std::size_t maxUsers_ = SIZE_MAX;      // with unique data there are no more than rows
  std::unique_ptr<Submission> changed_;  // the plan's submission with other credentials
  ExecutionSetting setting_;
  Recorder& recorder_;
  TestTable& tests_;
  Sampler& sampler_;

  bool openModel_;
  Pacer pacer_;        // open model
  Curve concurrency_;  // closed model
  // Its value meanwhile, which does not change: asked for with each response.
  std::int64_t flatFromNs_ = 0;
  std::int64_t flatUntilNs_ = 0;
  std::size_t flatTarget_ = 0;
  std::uint64_t maxInFlight_ = 0;
  double burst_ = 0;

  std::vector<std::unique_ptr<Execution>> executions_;
  std::vector<Execution*> idle_;
  std::vector<Execution*> running_;
  std::vector<std::pair<std::int64_t, double>> holds_;  // announced changes, by time
  std::int64_t abortAtNs_ = INT64_MAX;
  bool stopping_ = false;
  std::int64_t stoppedAtNs_ = INT64_MAX;
  DropReason unsentReason_ = DropReason::kStopped;
  bool ended_ = false;
  bool filling_ = false;
};

}  // namespace vayu
