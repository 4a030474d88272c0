// The wire alone, closed model, one thread: what a request costs before workers, recorders and pacers are added.
//   wire_bench <url> [exchanges at a time = 64] [seconds = 5] [method] [body bytes] [streams per connection]
// The last makes it HTTP/2 (by ALPN, or with prior knowledge where the url has no TLS).
// Prints one JSON object; figures and seconds begin when every connection has been made and used. Only for addresses on this machine.
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/poller.h"
#include "engine/load_transport.h"
#include "engine/wire_transport.h"

namespace {

using vayu::Exchange;
using vayu::nowNs;

class ClosedLoop final : public vayu::ExchangeSink {
 public:
  explicit ClosedLoop(vayu::Transport& transport) : transport_(transport) {}
  void endAt(std::int64_t endNs) { endNs_ = endNs; }

  void onExchangeDone(Exchange& exchange) override {
    if (exchange.error == vayu::ErrorCode::kNone) {
      ++succeeded;
      bytes += exchange.bytesReceived;
    } else {
      if (failed++ == 0) std::fprintf(stderr, "%s\n", exchange.errorMessage.c_str());
    }
    retries += static_cast<std::uint64_t>(exchange.retries);
    if (exchange.clocks.doneNs >= endNs_) return;
    exchange.reset();
    transport_.start(exchange);
  }

  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  std::uint64_t retries = 0;
  std::uint64_t bytes = 0;

 private:
  vayu::Transport& transport_;
  std::int64_t endNs_ = vayu::kNever;
};

double cpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) {
    std::fprintf(stderr, "usage: wire_bench <url> [at a time] [seconds] [method] [body bytes] [streams]\n");
    return 2;
  }
  const std::size_t connections = count > 2 ? std::strtoul(arguments[2], nullptr, 10) : 64;
  const double seconds = count > 3 ? std::strtod(arguments[3], nullptr) : 5;
  auto options = std::make_shared<vayu::RequestOptions>();
  options->compressed = false;
  options->insecure = true;
  options->userAgent = "wire_bench";
  const std::size_t streams = count > 6 ? std::strtoul(arguments[6], nullptr, 10) : 0;
  if (streams > 0) {
    const bool isTls = std::string_view(arguments[1]).starts_with("https:");
    options->httpVersion = isTls ? vayu::HttpVersion::k2 : vayu::HttpVersion::k2PriorKnowledge;
  }
  auto request = std::make_shared<vayu::PreparedRequest>();
  request->options = options;
  request->method = count > 4 ? arguments[4] : "GET";
  request->url = arguments[1];
  if (count > 5) request->body.assign(std::strtoul(arguments[5], nullptr, 10), 'x');

  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);

  vayu::Poller poller;
  std::unique_ptr<vayu::Transport> owner;
  if (streams > 0) {
    owner = std::make_unique<vayu::LoadTransport>(poller, streams);
  } else {
    owner = std::make_unique<vayu::WireTransport>(poller, vayu::WireLimits{});
  }
  vayu::Transport& transport = *owner;
  const std::int64_t startNs = nowNs();
  ClosedLoop loop(transport);
  std::vector<std::unique_ptr<Exchange>> exchanges;
  for (std::size_t index = 0; index < connections; ++index) {
    Exchange& exchange = *exchanges.emplace_back(std::make_unique<Exchange>());
    exchange.sink = &loop;
    exchange.request = request;
    transport.start(exchange);
  }
  const auto turn = [&] { transport.drive(poller.wait(transport.nextDeadlineNs())); };
  while (transport.inFlight() > 0 && transport.connectionsOpened() < connections) turn();
  const std::uint64_t connectedAt = loop.succeeded + loop.failed;
  while (transport.inFlight() > 0 && loop.succeeded + loop.failed < connectedAt + connections) turn();
  const std::int64_t warmNs = nowNs();
  const double warmCpu = cpuSeconds();
  const std::uint64_t warmRequests = loop.succeeded + loop.failed;
  loop.endAt(warmNs + static_cast<std::int64_t>(seconds * 1e9));
  while (transport.inFlight() > 0) turn();

  const double elapsed = static_cast<double>(nowNs() - warmNs) * 1e-9;
  const double requests = static_cast<double>(loop.succeeded + loop.failed - warmRequests);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "{\"requests\":%.0f,\"setupSeconds\":%.3f,\"failed\":%llu,\"retries\":%llu,\"reqPerSecond\":%.0f,"
      "\"cpuUsPerRequest\":%.2f,"
      "\"connectionsOpened\":%llu,\"mebibytes\":%.1f,\"rssKiB\":%ld}\n",
      requests, static_cast<double>(warmNs - startNs) * 1e-9, static_cast<unsigned long long>(loop.failed),
      static_cast<unsigned long long>(loop.retries), requests / elapsed, (cpuSeconds() - warmCpu) * 1e6 / requests,
      static_cast<unsigned long long>(transport.connectionsOpened()), static_cast<double>(loop.bytes) / 1048576,
      usage.ru_maxrss);
  return loop.failed == 0 ? 0 : 1;
}
