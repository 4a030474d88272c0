// Answers every request on 127.0.0.1 with the same bytes, from one thread that multiplexes, so that thousands of connections cost no
// thousands of threads. Requests are told apart by their empty line: they must have no body.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "base/poller.h"

namespace vayu::test {

class SteadyServer {
 public:
  explicit SteadyServer(std::string response);
  ~SteadyServer();
  SteadyServer(const SteadyServer&) = delete;
  SteadyServer& operator=(const SteadyServer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }
  std::uint64_t requests() const { return requests_.load(); }
  std::uint64_t connections() const { return connections_.load(); }

 private:
  struct Listener;
  struct Peer;
  void run();

  std::string response_;
  std::uint16_t port_ = 0;
  std::atomic<std::uint64_t> requests_{0};
  std::atomic<std::uint64_t> connections_{0};
  std::atomic<bool> stopping_{false};
  Poller poller_;
  std::unique_ptr<Listener> listener_;
  std::thread thread_;
};

}  // namespace vayu::test
