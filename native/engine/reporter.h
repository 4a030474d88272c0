// The thread that reads the figures of all load runs every 100 ms and hands out snapshots. It only ever reads what workers write, so a
// slow receiver never slows a run. Owned by the EventLoop.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/thread.h"
#include "engine/load_run.h"
#include "engine/snapshot.h"
#include "engine/worker.h"

namespace vayu {

class Reporter {
 public:
  using OnSnapshot = std::function<void(std::unique_ptr<Snapshot>)>;

  // `onSnapshot` is called on the reporter's thread.
  Reporter(std::vector<Worker*> workers, OnSnapshot onSnapshot);
  ~Reporter();

  bool start();
  // After the workers have been stopped: hands out the final snapshots of all runs and ends the thread. Idempotent.
  void stop();

  // Any thread.
  void watch(std::shared_ptr<LoadRun> run);
  void runEnded();
  // From `atNs` on the run's plan asks for `value`.
  void hold(std::uint64_t runId, std::int64_t atNs, double value);

 private:
  struct Watched {
    std::shared_ptr<LoadRun> run;
    Curve curve;
    std::array<HistogramReader, kMeasureCount> readers;
    std::int64_t lastNs = 0;
    std::vector<std::int64_t> lastCpuNs;
    std::vector<double> lastCpu;
    std::vector<std::int64_t> longestPassNs;  // per worker, since the run's last snapshot
  };

  void loop();
  // Reading a worker's longest pass resets it, so it is handed to every run at once.
  void collectLag();
  std::unique_ptr<Snapshot> read(Watched& watched, std::int64_t nowNs, bool final);

  std::vector<Worker*> workers_;
  OnSnapshot onSnapshot_;
  Thread thread_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;                          // under mutex_
  bool runEnded_ = false;                          // under mutex_
  std::vector<std::unique_ptr<Watched>> watched_;  // under mutex_
};

}  // namespace vayu
