#include "engine/curl_sockets.h"

#include <algorithm>

#include "base/socket.h"

namespace vayu {

struct CurlSockets::Socket final : PollTarget {
  Socket(Poller& owner, curl_socket_t descriptor) : poller(owner), fd(descriptor) {}
  void onReady(std::uint8_t events) override;
  void forget() {
    if (registered != 0) poller.remove(fd);
    registered = 0;
  }

  Poller& poller;
  const curl_socket_t fd;
  CurlSocketOwner* owner = nullptr;
  bool isConnection = false;
  bool isConnected = false;  // reading is wanted, so connecting is over
  std::uint8_t wanted = 0;
  std::uint8_t registered = 0;
};

void CurlSockets::Socket::onReady(std::uint8_t events) {
  if (registered == 0) return;
  if (wanted == 0) {
    forget();
    return;
  }
  int mask = 0;
  if ((events & kReadable) != 0) mask |= CURL_CSELECT_IN;
  if ((events & kWritable) != 0) mask |= CURL_CSELECT_OUT;
  if ((events & kFailed) != 0) mask |= CURL_CSELECT_ERR;
  owner->onSocketReady(fd, mask);
}

CurlSockets::CurlSockets(Poller& poller) : poller_(poller) {}

CurlSockets::~CurlSockets() = default;

CurlSockets::Socket* CurlSockets::socketFor(curl_socket_t fd, bool create) {
  const auto index = socketIndex(fd);
  if (index >= sockets_.size()) {
    if (!create) return nullptr;
    sockets_.resize(std::max(index + 1, sockets_.size() * 2));
  }
  if (sockets_[index] == nullptr && create) sockets_[index] = std::make_unique<Socket>(poller_, fd);
  return sockets_[index].get();
}

void CurlSockets::want(curl_socket_t fd, int what, CurlSocketOwner* owner) {
  Socket* socket = socketFor(fd, what != CURL_POLL_REMOVE);
  if (socket == nullptr) return;
  socket->wanted = 0;
  if (what == CURL_POLL_REMOVE) {
    if (!socket->isConnection) {
      socket->forget();
    } else if (!socket->isConnected && !isOpenSocket(fd)) {
      // libcurl 7 closes what it fails to connect without asking closesocket, and tells of it afterwards.
      socket->registered = 0;
      socket->isConnection = false;
      --connections_;
    }
    return;
  }
  socket->owner = owner;
  if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) socket->wanted |= kReadable;
  if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) socket->wanted |= kWritable;
  if ((socket->wanted & kReadable) != 0) socket->isConnected = true;
  const bool lacks = (socket->wanted & ~socket->registered) != 0;
  // Readability left registered without need is harmless; writability would fire at once and always.
  const bool firesIdly = (socket->registered & kWritable) != 0 && (socket->wanted & kWritable) == 0;
  if (socket->registered == 0) {
    if (poller_.add(fd, socket->wanted, socket)) socket->registered = socket->wanted;
  } else if (lacks || firesIdly) {
    if (poller_.modify(fd, socket->wanted, socket)) socket->registered = socket->wanted;
  }
}

curl_socket_t CurlSockets::open(const curl_sockaddr& address) {
  const curl_socket_t fd = openSocket(address.family, address.socktype, address.protocol);
  if (fd == CURL_SOCKET_BAD) return CURL_SOCKET_BAD;
  Socket& fresh = *socketFor(fd, true);
  fresh.registered = 0;
  if (fresh.isConnection) {
    // The number of one that was closed without a word, which libcurl may go on watching as if nothing had happened.
    if (fresh.wanted != 0 && poller_.add(fd, fresh.wanted, &fresh)) fresh.registered = fresh.wanted;
  } else {
    fresh.wanted = 0;
    ++connections_;
  }
  fresh.isConnection = true;
  fresh.isConnected = false;
  return fd;
}

int CurlSockets::close(curl_socket_t fd) {
  if (Socket* socket = socketFor(fd, false); socket != nullptr) {
    socket->forget();
    socket->wanted = 0;
    socket->isConnection = false;
  }
  if (connections_ > 0) --connections_;
  return closeSocket(fd);
}

}  // namespace vayu
