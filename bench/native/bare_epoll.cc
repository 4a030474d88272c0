// The floor under every HTTP/1.1 client on this kernel: keep-alive connections, one epoll_wait per batch, one send and one receive per
// request, and of the response nothing but its length. What it costs is the kernel's share.
//   bare_epoll URL CONNECTIONS SECONDS [EVENTS]
// URL is http://ADDRESS:PORT/PATH; EVENTS is the most that one epoll_wait returns, default 64. The first response's length is taken for
// every response's. Prints requests per second and the process's CPU per request in µs, once every connection has been used.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

namespace {

constexpr int kMostEvents = 512;

double secondsOf(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// Reads a whole response with Content-Length, blocking; 0 when it is not one.
std::size_t firstResponse(int fd) {
  std::string response;
  char buffer[4096];
  for (;;) {
    const ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got <= 0) return 0;
    response.append(buffer, static_cast<std::size_t>(got));
    const std::size_t end = response.find("\r\n\r\n");
    const std::size_t length = response.find("Content-Length: ");
    if (end == std::string::npos || length == std::string::npos) continue;
    const std::size_t whole = end + 4 + std::strtoul(response.c_str() + length + 16, nullptr, 10);
    if (response.size() >= whole) return whole;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4 || std::strncmp(argv[1], "http://", 7) != 0) return 2;
  const std::string url = argv[1] + 7;
  const std::size_t slash = url.find('/');
  const std::size_t colon = url.find(':');
  if (slash == std::string::npos || colon >= slash) return 2;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(url.c_str() + colon + 1)));
  if (inet_pton(AF_INET, url.substr(0, colon).c_str(), &address.sin_addr) != 1) return 2;
  const auto connections = static_cast<std::size_t>(std::atoi(argv[2]));
  const int batch = std::clamp(argc > 4 ? std::atoi(argv[4]) : 64, 1, kMostEvents);
  const std::string request =
      "GET " + url.substr(slash) + " HTTP/1.1\r\nHost: " + url.substr(0, slash) +
      "\r\nUser-Agent: vayu-engine/0.1.0\r\nAccept: */*\r\nAccept-Encoding: deflate, gzip, br, zstd\r\n\r\n";

  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  const int poller = epoll_create1(EPOLL_CLOEXEC);
  std::vector<std::size_t> left;  // bytes to come, by descriptor
  std::vector<int> sockets;
  std::size_t length = 0;
  for (std::size_t index = 0; index < connections; ++index) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return 1;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (length == 0) {
      if (send(fd, request.data(), request.size(), MSG_NOSIGNAL) < 0) return 1;
      length = firstResponse(fd);
      if (length == 0) return 1;
    }
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
    if (left.size() <= static_cast<std::size_t>(fd)) left.resize(static_cast<std::size_t>(fd) + 1024);
    sockets.push_back(fd);
  }
  for (const int fd : sockets) {
    left[static_cast<std::size_t>(fd)] = length;
    if (send(fd, request.data(), request.size(), MSG_NOSIGNAL) < 0) return 1;
  }
  static char buffer[64 << 10];
  static epoll_event events[kMostEvents];
  std::size_t requests = 0;
  // Until `end`, or until `most` requests are done.
  const auto turn = [&](double end, std::size_t most) {
    requests = 0;
    while (requests < most && secondsOf(CLOCK_MONOTONIC) < end) {
      const int count = epoll_wait(poller, events, batch, 100);
      for (int index = 0; index < count; ++index) {
        const int fd = events[index].data.fd;
        const ssize_t got = recv(fd, buffer, sizeof buffer, 0);
        if (got <= 0) return false;
        std::size_t& rest = left[static_cast<std::size_t>(fd)];
        rest -= static_cast<std::size_t>(got);
        if (rest != 0) continue;
        ++requests;
        rest = length;
        if (send(fd, request.data(), request.size(), MSG_NOSIGNAL) < 0) return false;
      }
    }
    return true;
  };
  if (!turn(secondsOf(CLOCK_MONOTONIC) + 60, 2 * connections)) return 1;
  const double started = secondsOf(CLOCK_MONOTONIC);
  const double cpu = secondsOf(CLOCK_PROCESS_CPUTIME_ID);
  if (!turn(started + std::atof(argv[3]), SIZE_MAX)) return 1;
  const auto done = static_cast<double>(requests);
  std::printf("bare: %.0f requests, %.0f req/s, %.2f us CPU/request\n", done,
              done / (secondsOf(CLOCK_MONOTONIC) - started), (secondsOf(CLOCK_PROCESS_CPUTIME_ID) - cpu) * 1e6 / done);
  for (const int fd : sockets) close(fd);
  return 0;
}
