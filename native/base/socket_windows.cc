#include "base/socket.h"

#include <algorithm>
#include <cerrno>
#include <climits>

#include "base/winsock.h"

namespace vayu {

static_assert(sizeof(SocketHandle) == sizeof(SOCKET) && kNoSocket == INVALID_SOCKET);

namespace {

int lengthOf(std::size_t size) { return static_cast<int>(std::min<std::size_t>(size, INT_MAX)); }

template <typename Result>
Result withErrno(Result result) {
  errno = errnoOf(WSAGetLastError());
  return result;
}

}  // namespace

bool ensureWinsock() {
  static const bool started = [] {
    WSADATA data{};
    return WSAStartup(MAKEWORD(2, 2), &data) == 0;
  }();
  return started;
}

SocketHandle openSocket(int family, int type, int protocol) {
  if (!ensureWinsock()) {
    errno = ENOSYS;
    return kNoSocket;
  }
  const SOCKET socket =
      WSASocketW(family, type, protocol, nullptr, 0, WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
  return socket == INVALID_SOCKET ? withErrno(kNoSocket) : socket;
}

SocketHandle duplicateSocket(SocketHandle socket) {
  WSAPROTOCOL_INFOW information{};
  if (WSADuplicateSocketW(socket, GetCurrentProcessId(), &information) != 0) return withErrno(kNoSocket);
  const SOCKET own = WSASocketW(FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, FROM_PROTOCOL_INFO, &information, 0,
                                WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
  return own == INVALID_SOCKET ? withErrno(kNoSocket) : own;
}

int closeSocket(SocketHandle socket) { return closesocket(socket) == 0 ? 0 : withErrno(-1); }

bool isOpenSocket(SocketHandle socket) {
  int type = 0;
  int length = sizeof type;
  return getsockopt(socket, SOL_SOCKET, SO_TYPE, reinterpret_cast<char*>(&type), &length) == 0;
}

std::ptrdiff_t sendBytes(SocketHandle socket, const char* data, std::size_t size) {
  const int sent = ::send(socket, data, lengthOf(size), 0);
  return sent >= 0 ? sent : withErrno(-1);
}

std::ptrdiff_t receiveBytes(SocketHandle socket, char* buffer, std::size_t size) {
  const int got = ::recv(socket, buffer, lengthOf(size), 0);
  return got >= 0 ? got : withErrno(-1);
}

std::size_t socketIndex(SocketHandle socket) { return static_cast<std::size_t>(socket / 4); }

int errnoOf(int systemError) {
  switch (systemError) {
    case WSAEWOULDBLOCK: return EWOULDBLOCK;
    case WSAEINTR: return EINTR;
    case WSAEINPROGRESS: return EINPROGRESS;
    case WSAEALREADY: return EALREADY;
    case WSAEINVAL: return EINVAL;
    case WSAEACCES: return EACCES;
    case WSAENOTSOCK: return ENOTSOCK;
    case WSAEMFILE: return EMFILE;
    case WSAENOBUFS: return ENOBUFS;
    case WSAEADDRINUSE: return EADDRINUSE;
    case WSAEADDRNOTAVAIL: return EADDRNOTAVAIL;
    case WSAEAFNOSUPPORT: return EAFNOSUPPORT;
    case WSAENETDOWN: return ENETDOWN;
    case WSAENETUNREACH: return ENETUNREACH;
    case WSAENETRESET: return ENETRESET;
    case WSAEHOSTUNREACH: return EHOSTUNREACH;
    case WSAECONNABORTED: return ECONNABORTED;
    case WSAECONNRESET: return ECONNRESET;
    case WSAECONNREFUSED: return ECONNREFUSED;
    case WSAENOTCONN: return ENOTCONN;
    case WSAESHUTDOWN: return EPIPE;
    case WSAETIMEDOUT: return ETIMEDOUT;
    default: return systemError;
  }
}

}  // namespace vayu
