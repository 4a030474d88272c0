// A server on 127.0.0.1 that misbehaves as told: one thread per connection runs a script against the client. For tests with few
// connections; see SteadyServer for many.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace vayu::test {

class TlsIdentity;

struct SeenRequest {
  std::string method;
  std::string target;
  std::string version;
  std::string head;  // request line and headers as they came, without the empty line
  std::string body;
  // The value of the first header of that name (any case); empty when there is none.
  std::string header(std::string_view name) const;
};

class LoopbackServer;

// One accepted connection, used by its script's thread only.
class ServerConnection {
 public:
  // The next request with its body; nothing at the end of the stream or after a failure.
  std::optional<SeenRequest> readRequest();
  // Exactly so many bytes, whatever they are; empty at the end of the stream.
  std::string readBytes(std::size_t count);
  // What has come, at least one byte; empty at the end of the stream.
  std::string readSome();
  // Becomes the server side of TLS, as behind a proxy's CONNECT.
  bool startTls(const TlsIdentity& identity);
  // Whether the client resumed a session instead of a full handshake.
  bool resumedTls() const;
  bool write(std::string_view bytes);
  // One byte per write, with a pause after each.
  bool writeSlowly(std::string_view bytes, std::chrono::microseconds pause);
  // Returns early, with false, when the server stops.
  bool sleep(std::chrono::milliseconds time);
  // Closes with a TCP reset.
  void reset();
  void shutdownWrite();
  void close();

  // Counted from 0 in the order of accept.
  int number() const { return number_; }

 private:
  friend class LoopbackServer;
  ServerConnection(LoopbackServer& server, int fd, int number) : server_(server), fd_(fd), number_(number) {}
  ~ServerConnection();
  ServerConnection(const ServerConnection&) = delete;
  ServerConnection& operator=(const ServerConnection&) = delete;
  std::ptrdiff_t readSome(char* buffer, std::size_t size);
  std::ptrdiff_t writeSome(const char* data, std::size_t size);
  bool fill();

  LoopbackServer& server_;
  int fd_;
  int number_;
  void* tls_ = nullptr;  // SSL*
  std::string buffer_;
};

class LoopbackServer {
 public:
  using Script = std::function<void(ServerConnection&)>;
  struct Options {
    const TlsIdentity* tls = nullptr;  // borrowed
    std::string unixPath;              // listens there instead of on 127.0.0.1
    int backlog = 512;
    int sendBufferBytes = 0;     // 0: the system's
    int receiveBufferBytes = 0;  // 0: the system's
  };

  // `script` runs for each connection, on its own thread; the connection is closed when it returns.
  explicit LoopbackServer(Script script) : LoopbackServer(std::move(script), Options()) {}
  LoopbackServer(Script script, Options options);
  ~LoopbackServer() { stop(); }
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  // Answers every request with the same bytes and keeps the connection.
  static Script answering(std::string response);

  std::uint16_t port() const { return port_; }
  std::string url(std::string_view path = "/") const;
  int connections() const { return connections_.load(); }
  int requests() const { return requests_.load(); }
  std::vector<SeenRequest> seen() const;

  // Ends every connection and joins every thread.
  void stop();

 private:
  friend class ServerConnection;
  void acceptLoop();
  bool waitStopped(std::chrono::milliseconds time);

  Script script_;
  Options options_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::atomic<int> requests_{0};
  mutable std::mutex mutex_;
  std::condition_variable stopSignal_;
  bool stopping_ = false;
  std::vector<int> open_;  // descriptors that a stop has to shut down
  std::vector<SeenRequest> seen_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

// A descriptor bound to a free port of 127.0.0.1 and listening; the port is stored in `port`.
int listenOnLoopback(int backlog, std::uint16_t& port);

// A port of 127.0.0.1 on which nobody listens.
std::uint16_t closedPort();

// "HTTP/1.1 <status>\r\nContent-Length: …\r\n<headers>\r\n<body>"; each header ends with CRLF.
std::string response(std::string_view status, std::string_view body, std::string_view headers = {});

}  // namespace vayu::test
