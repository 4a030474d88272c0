// Sending and receiving on a TLS connection that libcurl has made (CURLOPT_CONNECT_ONLY), without libcurl in between. Its own calls look
// their connection up among all of the multi's, a thousand instructions each; the OpenSSL that it sets up allocates its buffers for every
// record and receives a record by two calls, its header and the rest. Together that is a quarter of the instructions of a small request
// and a third of its system calls.
//
// The connection stays libcurl's, which ends it as ever; what changes is the pair of functions by which OpenSSL reaches the socket. Those
// of libcurl work inside of libcurl's calls alone.
// Borrows the connection and its descriptor; one thread.
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <cstdint>

namespace vayu {

enum class WireIo : std::uint8_t { kOk, kWouldBlock, kClosed, kFailed };

class TlsStream {
 public:
  // To be called when curl_easy_recv() has given something on this connection and now says CURLE_AGAIN: libcurl then has the connection
  // in use, so that it does not tidy it away as idle, has taken the session tickets that came first, and holds nothing back in buffers of
  // its own (8.0 to 8.14 have some). `keepsBuffers` trades up to 34 kB per connection for two allocations per record.
  // False where it cannot be done: libcurl encrypts with something else, or through an HTTP proxy, which may be encrypted as well.
  bool takeOver(CURL* easy, curl_socket_t fd, bool keepsBuffers);

  bool isActive() const { return ssl_ != nullptr; }
  // Received from the socket and not yet given by receive(); no poller sees it.
  bool holdsData() const;
  // errno, or 0, of the last kFailed.
  int osError() const { return osError_; }

  WireIo send(const char* data, std::size_t size, std::size_t& sent);
  WireIo receive(char* buffer, std::size_t size, std::size_t& got);
  void drop() { ssl_ = nullptr; }

 private:
  WireIo statusOf(int result);

  void* ssl_ = nullptr;  // SSL*
  int osError_ = 0;
};

}  // namespace vayu
