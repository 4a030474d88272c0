// What the systems' sockets differ in. Errors are values of errno, on Windows too, where Winsock has numbers of its own.
// Any thread, as far as the socket allows it. socket_posix.cc, socket_windows.cc.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace vayu {

// Of the same type and range as libcurl's curl_socket_t.
#if defined(_WIN32)
using SocketHandle = std::uintptr_t;
inline constexpr SocketHandle kNoSocket = UINTPTR_MAX;
#else
using SocketHandle = int;
inline constexpr SocketHandle kNoSocket = -1;
#endif

// Not inherited by child processes; kNoSocket with errno set.
SocketHandle openSocket(int family, int type, int protocol);
// A second handle of the same connection, not inherited by child processes; kNoSocket with errno set.
SocketHandle duplicateSocket(SocketHandle socket);
// 0, or -1 with errno set.
int closeSocket(SocketHandle socket);
// Whether the number is that of a socket which nobody has closed.
bool isOpenSocket(SocketHandle socket);

// Bytes sent or received, 0 at the peer's end, or -1 with errno set. Never raises a signal.
std::ptrdiff_t sendBytes(SocketHandle socket, const char* data, std::size_t size);
std::ptrdiff_t receiveBytes(SocketHandle socket, char* buffer, std::size_t size);

// Whether sendBytes() or receiveBytes() that failed so may be called again.
inline bool isTransientError(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

// Where a table by socket keeps it. Systems give the lowest number that is free (Windows: the lowest multiple of four, nearly).
std::size_t socketIndex(SocketHandle socket);

// The value of errno for an error that the system, or libcurl, tells of a socket; 0 for none.
int errnoOf(int systemError);

}  // namespace vayu
