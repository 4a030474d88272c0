#include "test/support/steady_server.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "test/support/loopback_server.h"

namespace vayu::test {

struct SteadyServer::Peer final : PollTarget {
  Peer(SteadyServer& owner, int descriptor) : server(owner), fd(descriptor) {}
  ~Peer() {
    if (fd >= 0) ::close(fd);
  }

  void onReady(std::uint8_t) override {
    if (fd < 0) return;
    std::array<char, 4096> buffer;
    const ssize_t got = recv(fd, buffer.data(), buffer.size(), 0);
    if (got <= 0) {
      server.poller_.remove(fd);
      ::close(fd);
      fd = -1;
      return;
    }
    // The end of a request may be split between two reads.
    for (const char character : std::string_view(buffer.data(), static_cast<std::size_t>(got))) {
      static constexpr std::string_view kEnd = "\r\n\r\n";
      matched = character == kEnd[matched] ? matched + 1 : (character == '\r' ? 1 : 0);
      if (matched < kEnd.size()) continue;
      matched = 0;
      server.requests_.fetch_add(1, std::memory_order_relaxed);
      if (send(fd, server.response_.data(), server.response_.size(), 0) < 0) return;
    }
  }

  SteadyServer& server;
  int fd;
  std::size_t matched = 0;
};

struct SteadyServer::Listener final : PollTarget {
  explicit Listener(SteadyServer& owner) : server(owner), fd(listenOnLoopback(4096, owner.port_)) {
    fcntl(fd, F_SETFL, O_NONBLOCK);
  }
  ~Listener() { ::close(fd); }

  void onReady(std::uint8_t) override {
    int accepted = -1;
    while ((accepted = accept(fd, nullptr, nullptr)) >= 0) {
      const int one = 1;
      setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      fcntl(accepted, F_SETFL, O_NONBLOCK);
      peers.push_back(std::make_unique<Peer>(server, accepted));
      server.poller_.add(accepted, kReadable, peers.back().get());
      server.connections_.fetch_add(1, std::memory_order_relaxed);
    }
  }

  SteadyServer& server;
  int fd;
  std::vector<std::unique_ptr<Peer>> peers;
};

SteadyServer::SteadyServer(std::string response)
    : response_(std::move(response)), listener_(std::make_unique<Listener>(*this)) {
  poller_.add(listener_->fd, kReadable, listener_.get());
  thread_ = std::thread([this] { run(); });
}

SteadyServer::~SteadyServer() {
  stopping_.store(true);
  poller_.wake();
  thread_.join();
}

void SteadyServer::run() {
  while (!stopping_.load()) poller_.wait(kNever);
}

}  // namespace vayu::test
