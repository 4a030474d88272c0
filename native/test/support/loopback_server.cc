#include "test/support/loopback_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "base/header_text.h"
#include "test/support/tls_identity.h"

#if defined(VAYU_TEST_TLS)
#include <openssl/ssl.h>
#endif

namespace vayu::test {

namespace {

#ifdef MSG_NOSIGNAL
constexpr int kSendFlags = MSG_NOSIGNAL;
#else
constexpr int kSendFlags = 0;
#endif

int listenOnPath(const std::string& path, int backlog) {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(fd, backlog) != 0) {
    ::close(fd);
    throw std::runtime_error("cannot listen on " + path);
  }
  return fd;
}

void setBuffer(int fd, int option, int bytes) {
  if (bytes > 0) setsockopt(fd, SOL_SOCKET, option, &bytes, sizeof bytes);
}

}  // namespace

int listenOnLoopback(int backlog, std::uint16_t& port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const int one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(fd, backlog) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    ::close(fd);
    throw std::runtime_error("cannot listen on 127.0.0.1");
  }
  port = ntohs(address.sin_port);
  return fd;
}

std::uint16_t closedPort() {
  std::uint16_t port = 0;
  ::close(listenOnLoopback(1, port));
  return port;
}

std::string response(std::string_view status, std::string_view body, std::string_view headers) {
  return "HTTP/1.1 " + std::string(status) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(headers) + "\r\n" + std::string(body);
}

std::string SeenRequest::header(std::string_view name) const {
  std::size_t at = head.find("\r\n");
  while (at != std::string::npos) {
    at += 2;
    const std::size_t end = std::min(head.find("\r\n", at), head.size());
    const std::string_view line = std::string_view(head).substr(at, end - at);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && sameHeaderName(line.substr(0, colon), name)) {
      std::string_view value = line.substr(colon + 1);
      while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
      return std::string(value);
    }
    at = end == head.size() ? std::string::npos : end;
  }
  return {};
}

ServerConnection::~ServerConnection() { close(); }

bool ServerConnection::startTls([[maybe_unused]] const TlsIdentity& identity) {
#if defined(VAYU_TEST_TLS)
  SSL* tls = SSL_new(static_cast<SSL_CTX*>(identity.context()));
  tls_ = tls;
  SSL_set_fd(tls, fd_);
  return SSL_accept(tls) == 1;
#else
  return false;
#endif
}

bool ServerConnection::resumedTls() const {
#if defined(VAYU_TEST_TLS)
  return tls_ != nullptr && SSL_session_reused(static_cast<SSL*>(tls_)) == 1;
#else
  return false;
#endif
}

std::ptrdiff_t ServerConnection::readSome(char* buffer, std::size_t size) {
#if defined(VAYU_TEST_TLS)
  if (tls_ != nullptr) return SSL_read(static_cast<SSL*>(tls_), buffer, static_cast<int>(size));
#endif
  return recv(fd_, buffer, size, 0);
}

std::ptrdiff_t ServerConnection::writeSome(const char* data, std::size_t size) {
#if defined(VAYU_TEST_TLS)
  if (tls_ != nullptr) return SSL_write(static_cast<SSL*>(tls_), data, static_cast<int>(size));
#endif
  return send(fd_, data, size, kSendFlags);
}

bool ServerConnection::fill() {
  std::array<char, 16384> chunk;
  const std::ptrdiff_t got = fd_ < 0 ? -1 : readSome(chunk.data(), chunk.size());
  if (got <= 0) return false;
  buffer_.append(chunk.data(), static_cast<std::size_t>(got));
  return true;
}

std::string ServerConnection::readBytes(std::size_t count) {
  while (buffer_.size() < count) {
    if (!fill()) return {};
  }
  std::string bytes = buffer_.substr(0, count);
  buffer_.erase(0, count);
  return bytes;
}

std::string ServerConnection::readSome() {
  if (buffer_.empty()) fill();
  return std::exchange(buffer_, {});
}

std::optional<SeenRequest> ServerConnection::readRequest() {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return std::nullopt;
  }
  SeenRequest request;
  request.head = buffer_.substr(0, end);
  buffer_.erase(0, end + 4);
  const std::string line = request.head.substr(0, request.head.find("\r\n"));
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, last - first - 1);
  request.version = line.substr(last + 1);
  const std::size_t length = std::strtoull(request.header("Content-Length").c_str(), nullptr, 10);
  while (buffer_.size() < length) {
    if (!fill()) return std::nullopt;
  }
  request.body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  {
    const std::lock_guard lock(server_.mutex_);
    if (server_.seen_.size() < 10'000) server_.seen_.push_back(request);
  }
  server_.requests_.fetch_add(1);
  return request;
}

bool ServerConnection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::ptrdiff_t sent = fd_ < 0 ? -1 : writeSome(bytes.data(), bytes.size());
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool ServerConnection::writeSlowly(std::string_view bytes, std::chrono::microseconds pause) {
  for (std::size_t index = 0; index < bytes.size(); ++index) {
    if (!write(bytes.substr(index, 1))) return false;
    if (pause.count() > 0) std::this_thread::sleep_for(pause);
  }
  return true;
}

bool ServerConnection::sleep(std::chrono::milliseconds time) { return !server_.waitStopped(time); }

void ServerConnection::reset() {
  if (fd_ < 0) return;
  const linger now{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
#if defined(VAYU_TEST_TLS)
  // Freed without a close_notify.
  if (tls_ != nullptr) SSL_free(static_cast<SSL*>(tls_));
  tls_ = nullptr;
#endif
  close();
}

void ServerConnection::shutdownWrite() {
  if (fd_ >= 0) shutdown(fd_, SHUT_WR);
}

void ServerConnection::close() {
  if (fd_ < 0) return;
#if defined(VAYU_TEST_TLS)
  if (tls_ != nullptr) {
    SSL_shutdown(static_cast<SSL*>(tls_));
    SSL_free(static_cast<SSL*>(tls_));
    tls_ = nullptr;
  }
#endif
  const std::lock_guard lock(server_.mutex_);
  std::erase(server_.open_, fd_);
  ::close(fd_);
  fd_ = -1;
}

LoopbackServer::LoopbackServer(Script script, Options options)
    : script_(std::move(script)), options_(std::move(options)) {
  listener_ = options_.unixPath.empty() ? listenOnLoopback(options_.backlog, port_)
                                        : listenOnPath(options_.unixPath, options_.backlog);
  setBuffer(listener_, SO_RCVBUF, options_.receiveBufferBytes);
  setBuffer(listener_, SO_SNDBUF, options_.sendBufferBytes);
  acceptor_ = std::thread([this] { acceptLoop(); });
}

LoopbackServer::Script LoopbackServer::answering(std::string response) {
  return [response = std::move(response)](ServerConnection& connection) {
    while (connection.readRequest()) {
      if (!connection.write(response)) return;
    }
  };
}

std::string LoopbackServer::url(std::string_view path) const {
  return std::string(options_.tls != nullptr ? "https" : "http") + "://127.0.0.1:" + std::to_string(port_) +
         std::string(path);
}

std::vector<SeenRequest> LoopbackServer::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

void LoopbackServer::acceptLoop() {
  for (;;) {
    const int fd = accept(listener_, nullptr, nullptr);
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      if (fd >= 0) ::close(fd);
      return;
    }
    if (fd < 0) continue;
    const int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    open_.push_back(fd);
    const int number = connections_.fetch_add(1);
    threads_.emplace_back([this, fd, number] {
      ServerConnection connection(*this, fd, number);
      if (options_.tls == nullptr || connection.startTls(*options_.tls)) script_(connection);
    });
  }
}

bool LoopbackServer::waitStopped(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return stopSignal_.wait_for(lock, time, [this] { return stopping_; });
}

void LoopbackServer::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
    for (const int fd : open_) shutdown(fd, SHUT_RDWR);
  }
  stopSignal_.notify_all();
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  if (!options_.unixPath.empty()) unlink(options_.unixPath.c_str());
  for (std::thread& thread : threads_) thread.join();
}

}  // namespace vayu::test
