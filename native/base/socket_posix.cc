#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/socket.h"

namespace vayu {

namespace {

#ifdef MSG_NOSIGNAL
constexpr int kSendFlags = MSG_NOSIGNAL;
#else
constexpr int kSendFlags = 0;  // libcurl sets SO_NOSIGPIPE where it exists
#endif

}  // namespace

SocketHandle openSocket(int family, int type, int protocol) {
#ifdef SOCK_CLOEXEC
  return ::socket(family, type | SOCK_CLOEXEC, protocol);
#else
  const int socket = ::socket(family, type, protocol);
  if (socket >= 0) fcntl(socket, F_SETFD, FD_CLOEXEC);
  return socket;
#endif
}

SocketHandle duplicateSocket(SocketHandle socket) { return fcntl(socket, F_DUPFD_CLOEXEC, 0); }

int closeSocket(SocketHandle socket) { return ::close(socket); }

bool isOpenSocket(SocketHandle socket) { return fcntl(socket, F_GETFD) >= 0; }

std::ptrdiff_t sendBytes(SocketHandle socket, const char* data, std::size_t size) {
  return ::send(socket, data, size, kSendFlags);
}

std::ptrdiff_t receiveBytes(SocketHandle socket, char* buffer, std::size_t size) {
  return ::recv(socket, buffer, size, 0);
}

std::size_t socketIndex(SocketHandle socket) { return static_cast<std::size_t>(socket); }

int errnoOf(int systemError) { return systemError; }

}  // namespace vayu
