// An established connection, plain or encrypted, as something to send to and to receive from.
// Worker thread only.
#pragma once

#include <curl/curl.h>

#include <cstddef>

#include "base/socket.h"
#include "curl/tls_stream.h"

namespace vayu {

// Move-only owner.
class WireSocket {
 public:
  WireSocket() = default;
  // Plain; takes the descriptor.
  explicit WireSocket(SocketHandle fd) : fd_(fd) {}
  // Encrypted by libcurl; borrows the descriptor and the handle from the attempt, which must stay until the socket is gone.
  WireSocket(SocketHandle fd, CURL* easy, bool keepsBuffers) : fd_(fd), easy_(easy), keepsBuffers_(keepsBuffers) {}
  ~WireSocket() { close(); }
  WireSocket(WireSocket&& other) noexcept;
  WireSocket& operator=(WireSocket&& other) noexcept;

  bool isOpen() const { return fd_ != kNoSocket; }
  SocketHandle fd() const { return fd_; }
  bool isTls() const { return easy_ != nullptr; }
  // Data waits inside of the TLS library, or may, where no poller sees it: receive until kWouldBlock.
  bool hidesData() const { return isTls() && (!tls_.isActive() || tls_.holdsData()); }
  // Whether another receive may give more at once, the last one having given `got` of the `asked` bytes. A short one has emptied a plain
  // socket; TLS gives a record at a time.
  bool mayHoldMore(std::size_t got, std::size_t asked) const { return got == asked || isTls(); }
  // Encrypted, and still by way of libcurl's calls: they end with the first kWouldBlock after something has come.
  bool goesThroughCurl() const { return isTls() && !tls_.isActive() && mayTakeOver_; }
  // errno, or 0, of the last kFailed.
  int osError() const { return osError_; }

  WireIo send(const char* data, std::size_t size, std::size_t& sent);
  WireIo receive(char* buffer, std::size_t size, std::size_t& got);
  void close();

 private:
  WireIo sendPlain(const char* data, std::size_t size, std::size_t& sent);
  WireIo receivePlain(char* buffer, std::size_t size, std::size_t& got);
  WireIo receiveThroughCurl(char* buffer, std::size_t size, std::size_t& got);

  SocketHandle fd_ = kNoSocket;
  int osError_ = 0;
  CURL* easy_ = nullptr;
  TlsStream tls_;
  bool keepsBuffers_ = false;
  bool hasReceived_ = false;
  bool mayTakeOver_ = true;
};

}  // namespace vayu
