#include "engine/wire_socket.h"

#include <cerrno>
#include <utility>

namespace vayu {

namespace {

// Of a failed send() or recv().
WireIo statusOf(int error) { return isTransientError(error) ? WireIo::kWouldBlock : WireIo::kFailed; }

}  // namespace

WireSocket::WireSocket(WireSocket&& other) noexcept { *this = std::move(other); }

WireSocket& WireSocket::operator=(WireSocket&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(easy_, other.easy_);
  std::swap(tls_, other.tls_);
  osError_ = other.osError_;
  keepsBuffers_ = other.keepsBuffers_;
  hasReceived_ = other.hasReceived_;
  mayTakeOver_ = other.mayTakeOver_;
  return *this;
}

void WireSocket::close() {
  if (isOpen() && easy_ == nullptr) closeSocket(fd_);
  fd_ = kNoSocket;
  easy_ = nullptr;
  tls_.drop();
}

WireIo WireSocket::send(const char* data, std::size_t size, std::size_t& sent) {
  if (!isTls()) return sendPlain(data, size, sent);
  if (tls_.isActive()) {
    const WireIo io = tls_.send(data, size, sent);
    osError_ = tls_.osError();
    return io;
  }
  sent = 0;
  const CURLcode code = curl_easy_send(easy_, data, size, &sent);
  osError_ = 0;
  return code == CURLE_OK ? WireIo::kOk : (code == CURLE_AGAIN ? WireIo::kWouldBlock : WireIo::kFailed);
}

WireIo WireSocket::receive(char* buffer, std::size_t size, std::size_t& got) {
  if (!isTls()) return receivePlain(buffer, size, got);
  if (!tls_.isActive()) return receiveThroughCurl(buffer, size, got);
  const WireIo io = tls_.receive(buffer, size, got);
  osError_ = tls_.osError();
  return io;
}

WireIo WireSocket::sendPlain(const char* data, std::size_t size, std::size_t& sent) {
  sent = 0;
  const std::ptrdiff_t result = sendBytes(fd_, data, size);
  if (result >= 0) {
    sent = static_cast<std::size_t>(result);
    return WireIo::kOk;
  }
  osError_ = errno;
  return statusOf(errno);
}

WireIo WireSocket::receivePlain(char* buffer, std::size_t size, std::size_t& got) {
  got = 0;
  const std::ptrdiff_t result = receiveBytes(fd_, buffer, size);
  if (result > 0) {
    got = static_cast<std::size_t>(result);
    return WireIo::kOk;
  }
  if (result == 0) return WireIo::kClosed;
  osError_ = errno;
  return statusOf(errno);
}

WireIo WireSocket::receiveThroughCurl(char* buffer, std::size_t size, std::size_t& got) {
  got = 0;
  const CURLcode code = curl_easy_recv(easy_, buffer, size, &got);
  osError_ = 0;
  if (code == CURLE_OK) {
    if (got == 0) return WireIo::kClosed;
    hasReceived_ = true;
    return WireIo::kOk;
  }
  if (code != CURLE_AGAIN) return WireIo::kFailed;
  if (hasReceived_ && mayTakeOver_) mayTakeOver_ = tls_.takeOver(easy_, fd_, keepsBuffers_);
  return WireIo::kWouldBlock;
}

}  // namespace vayu
