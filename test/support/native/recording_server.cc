// An HTTP/1.1 server that answers everything the same way and remembers when each request arrived.
//
//   recording_server [--port N] [--delay-us N] [--body-bytes N] [--status N]
//
// Prints "port N" once it listens. Commands on standard input, one a line:
//   dump FILE   writes the arrivals so far to FILE (int64 nanoseconds of CLOCK_MONOTONIC, native order), prints "dumped N"
//   reset       forgets them, prints "reset"
//   delay N     answers N microseconds after arrival from now on, prints "delay N"
// Ends when standard input ends. One thread; a clock read per batch that recv() returns.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Options {
  int port = 0;
  std::int64_t delayNs = 0;
  std::size_t bodyBytes = 2;
  int status = 200;
};

struct Connection {
  int descriptor = -1;
  std::uint32_t generation = 0;
  bool open = false;
  std::string received;      // an incomplete head
  std::size_t bodyLeft = 0;  // of the current request's body
  std::string unsent;
};

struct DueAnswer {
  std::int64_t dueNs;
  int descriptor;
  std::uint32_t generation;
};

std::int64_t nowNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

bool startsWithoutCase(std::string_view text, std::string_view start) {
  return text.size() >= start.size() && strncasecmp(text.data(), start.data(), start.size()) == 0;
}

std::size_t contentLength(std::string_view head) {
  constexpr std::string_view kName = "\r\ncontent-length:";
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at + 2)) {
    if (startsWithoutCase(head.substr(at), kName)) {
      return std::strtoull(std::string(head.substr(at + kName.size(), 24)).c_str(), nullptr, 10);
    }
  }
  return 0;
}

class Server {
 public:
  explicit Server(const Options& options) : options_(options) {
    answer_ = "HTTP/1.1 " + std::to_string(options.status) +
              " Answer\r\nContent-Length: " + std::to_string(options.bodyBytes) + "\r\n\r\n" +
              std::string(options.bodyBytes, 'o');
    arrivals_.reserve(std::size_t{1} << 20);
  }

  int run() {
    raiseDescriptorLimit();
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    listener_ = listenOnLoopback();
    if (listener_ < 0) {
      std::perror("recording_server: cannot listen");
      return 1;
    }
    watch(listener_, EPOLLIN);
    watch(timer_, EPOLLIN);
    watch(STDIN_FILENO, EPOLLIN);
    std::vector<epoll_event> events(1024);
    while (!ended_) {
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) dispatch(events[static_cast<std::size_t>(i)]);
      answerDue();
    }
    return 0;
  }

 private:
  static void raiseDescriptorLimit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }

  int listenOnLoopback() {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(options_.port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(listener, 16384) != 0)
      return -1;
    socklen_t length = sizeof address;
    getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length);
    std::printf("port %d\n", ntohs(address.sin_port));
    std::fflush(stdout);
    return listener;
  }

  void watch(int descriptor, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = descriptor;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
  }

  void dispatch(const epoll_event& event) {
    const int descriptor = event.data.fd;
    if (descriptor == listener_) return acceptAll();
    if (descriptor == STDIN_FILENO) return readCommands();
    if (descriptor == timer_) {
      std::uint64_t expirations = 0;
      if (read(timer_, &expirations, sizeof expirations) > 0) timerDueNs_ = 0;
      return;
    }
    Connection& connection = connections_[static_cast<std::size_t>(descriptor)];
    if ((event.events & EPOLLOUT) != 0) flush(connection);
    if (connection.open && (event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) receive(connection);
  }

  void acceptAll() {
    for (;;) {
      const int descriptor = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (descriptor < 0) return;
      const int on = 1;
      setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      if (connections_.size() <= static_cast<std::size_t>(descriptor))
        connections_.resize(static_cast<std::size_t>(descriptor) + 1);
      Connection& connection = connections_[static_cast<std::size_t>(descriptor)];
      connection.descriptor = descriptor;
      connection.open = true;
      ++connection.generation;
      watch(descriptor, EPOLLIN);
    }
  }

  void close(Connection& connection) {
    ::close(connection.descriptor);
    connection.open = false;
    connection.received.clear();
    connection.unsent.clear();
    connection.bodyLeft = 0;
  }

  void receive(Connection& connection) {
    const ssize_t size = recv(connection.descriptor, buffer_, sizeof buffer_, 0);
    if (size == 0 || (size < 0 && errno != EAGAIN)) return close(connection);
    if (size < 0) return;
    const std::int64_t arrivedNs = nowNs();
    std::string_view data(buffer_, static_cast<std::size_t>(size));
    if (!connection.received.empty()) {
      connection.received.append(data);
      joined_.swap(connection.received);
      connection.received.clear();
      data = joined_;
    }
    while (!data.empty() && connection.open) {
      if (connection.bodyLeft > 0) {
        const std::size_t taken = std::min(connection.bodyLeft, data.size());
        connection.bodyLeft -= taken;
        data.remove_prefix(taken);
        if (connection.bodyLeft == 0) request(connection, arrivedNs);
        continue;
      }
      const std::size_t end = data.find("\r\n\r\n");
      if (end == std::string_view::npos) {
        connection.received.assign(data);
        return;
      }
      connection.bodyLeft = contentLength(data.substr(0, end));
      data.remove_prefix(end + 4);
      if (connection.bodyLeft == 0) request(connection, arrivedNs);
    }
  }

  void request(Connection& connection, std::int64_t arrivedNs) {
    arrivals_.push_back(arrivedNs);
    if (options_.delayNs == 0) {
      send(connection);
    } else {
      due_.push_back({arrivedNs + options_.delayNs, connection.descriptor, connection.generation});
    }
  }

  void send(Connection& connection) {
    if (!connection.unsent.empty()) {
      connection.unsent += answer_;
      return;
    }
    const ssize_t sent = ::send(connection.descriptor, answer_.data(), answer_.size(), MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(answer_.size())) return;
    if (sent < 0 && errno != EAGAIN) return close(connection);
    connection.unsent.assign(answer_, static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
    setEvents(connection, EPOLLIN | EPOLLOUT);
  }

  void flush(Connection& connection) {
    if (!connection.open || connection.unsent.empty()) return;
    const ssize_t sent =
        ::send(connection.descriptor, connection.unsent.data(), connection.unsent.size(), MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno != EAGAIN) close(connection);
      return;
    }
    connection.unsent.erase(0, static_cast<std::size_t>(sent));
    if (connection.unsent.empty()) setEvents(connection, EPOLLIN);
  }

  void setEvents(const Connection& connection, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = connection.descriptor;
    epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.descriptor, &event);
  }

  // With one delay for all, answers are due in the order of arrival; after a change of the delay the order may be off by the difference.
  void answerDue() {
    if (due_.empty()) return;
    const std::int64_t now = nowNs();
    while (!due_.empty() && due_.front().dueNs <= now) {
      const DueAnswer answer = due_.front();
      due_.pop_front();
      Connection& connection = connections_[static_cast<std::size_t>(answer.descriptor)];
      if (connection.open && connection.generation == answer.generation) send(connection);
    }
    if (due_.empty() || due_.front().dueNs == timerDueNs_) return;
    timerDueNs_ = due_.front().dueNs;
    itimerspec when{};
    when.it_value.tv_sec = timerDueNs_ / 1'000'000'000;
    when.it_value.tv_nsec = timerDueNs_ % 1'000'000'000;
    timerfd_settime(timer_, TFD_TIMER_ABSTIME, &when, nullptr);
  }

  void readCommands() {
    char text[4096];
    const ssize_t size = read(STDIN_FILENO, text, sizeof text);
    if (size <= 0) {
      ended_ = true;
      return;
    }
    commands_.append(text, static_cast<std::size_t>(size));
    for (std::size_t end = commands_.find('\n'); end != std::string::npos; end = commands_.find('\n')) {
      command(commands_.substr(0, end));
      commands_.erase(0, end + 1);
    }
  }

  void command(const std::string& line) {
    if (line.rfind("dump ", 0) == 0) {
      std::FILE* file = std::fopen(line.c_str() + 5, "wb");
      const bool written = file != nullptr && std::fwrite(arrivals_.data(), sizeof arrivals_[0], arrivals_.size(),
                                                          file) == arrivals_.size();
      if (file != nullptr && std::fclose(file) == 0 && written) {
        std::printf("dumped %zu\n", arrivals_.size());
      } else {
        std::printf("failed %s\n", std::strerror(errno));
      }
    } else if (line == "reset") {
      arrivals_.clear();
      std::printf("reset\n");
    } else if (line.rfind("delay ", 0) == 0) {
      options_.delayNs = std::atoll(line.c_str() + 6) * 1000;
      std::printf("delay %lld\n", static_cast<long long>(options_.delayNs / 1000));
    } else {
      std::printf("failed unknown command\n");
    }
    std::fflush(stdout);
  }

  Options options_;
  std::string answer_;
  std::string joined_;
  std::string commands_;
  std::vector<std::int64_t> arrivals_;
  std::vector<Connection> connections_;
  std::deque<DueAnswer> due_;
  std::int64_t timerDueNs_ = 0;
  bool ended_ = false;
  int epoll_ = -1;
  int timer_ = -1;
  int listener_ = -1;
  char buffer_[65536];
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const long long value = std::atoll(argv[i + 1]);
    if (name == "--port") {
      options.port = static_cast<int>(value);
    } else if (name == "--delay-us") {
      options.delayNs = value * 1000;
    } else if (name == "--body-bytes") {
      options.bodyBytes = static_cast<std::size_t>(value);
    } else if (name == "--status") {
      options.status = static_cast<int>(value);
    } else {
      std::fprintf(stderr, "recording_server: unknown option %s\n", argv[i]);
      return 2;
    }
  }
  return Server(options).run();
}
