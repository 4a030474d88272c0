// A closed-model load run of the whole native engine without Node: what an execution, its recording and its transport cost together.
//   load_bench URL [connections] [seconds] [full|counters] [auto|curl|wire] [iterations]
// Prints requests, requests per second and the worker's CPU per request in µs. Under `valgrind --tool=callgrind` give iterations, so that
// instruction counts of two runs compare.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "base/clock.h"
#include "engine/event_loop.h"

int main(int argc, char** argv) {
  using namespace vayu;
  if (argc < 2) {
    std::fprintf(stderr,
                 "usage: load_bench URL [connections] [seconds] [full|counters] [auto|curl|wire] [iterations]\n");
    return 2;
  }
  const auto argument = [&](int index, const char* fallback) {
    return std::string(argc > index ? argv[index] : fallback);
  };
  const double connections = std::atof(argument(2, "64").c_str());
  const double seconds = std::atof(argument(3, "3").c_str());
  const std::string transport = argument(5, "auto");

  LoadPlan plan;
  auto options = std::make_shared<RequestOptions>();
  // The certificates of servers to measure are of their own making.
  options->insecure = true;
  // As long as that of the engine in Node, since libcurl's cost of a request grows with its length.
  options->userAgent = "vayu-engine/0.1.0";
  plan.submission.options = std::move(options);
  plan.submission.request.method = "GET";
  plan.submission.request.url = argv[1];
  plan.segments = {{static_cast<std::int64_t>(seconds * 1e9), connections, connections}};
  plan.histograms = argument(4, "full") == "full";
  plan.iterations = std::strtoull(argument(6, "0").c_str(), nullptr, 10);
  plan.transport = transport == "curl"   ? TransportChoice::kCurl
                   : transport == "wire" ? TransportChoice::kWire
                                         : TransportChoice::kAuto;

  std::atomic<bool> ended{false};
  // Figures begin once every connection has been made; the counters are the snapshots', every 100 ms.
  double warmDone = -1;
  double warmMs = 0;
  std::int64_t warmCpuNs = 0;
  double done = 0;
  double elapsedMs = 0;
  std::int64_t cpuNs = 0;
  EventLoopConfig config;
  config.workers = 1;
  EventLoop loop(config, {[](std::unique_ptr<ExchangeResult>) {},
                          [&](std::unique_ptr<Snapshot> snapshot) {
                            const auto count = [&snapshot](Count which) {
                              return snapshot->counters[static_cast<std::size_t>(which)];
                            };
                            done = count(Count::kSucceeded);
                            elapsedMs = snapshot->elapsedMs;
                            cpuNs = processCpuNs();
                            if (warmDone < 0 && (count(Count::kConnectionsOpened) >= connections || snapshot->final)) {
                              warmDone = done;
                              warmMs = elapsedMs;
                              warmCpuNs = cpuNs;
                            }
                            if (snapshot->final) ended.store(true);
                          }});
  if (!loop.start()) return 1;
  const EventLoop::StartedRun started = loop.startRun(std::move(plan));
  if (!started.error.empty()) {
    std::fprintf(stderr, "%s\n", started.error.c_str());
    return 1;
  }
  while (!ended.load()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  loop.stop();
  const double steady = done - warmDone;
  std::printf("%s: %.0f requests, %.0f req/s, %.2f us CPU/request\n", started.transport.c_str(), steady,
              steady / (elapsedMs - warmMs) * 1000, static_cast<double>(cpuNs - warmCpuNs) / 1000 / steady);
  return done > 0 ? 0 : 1;
}
