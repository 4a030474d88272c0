// An easy handle of the libcurl transport, configured for the request it last carried, and the callbacks that fill its exchange.
// Owned by the transport; worker thread only.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "curl/handles.h"
#include "engine/curl_sockets.h"
#include "engine/exchange.h"

namespace vayu {

class CurlSlot {
 public:
  explicit CurlSlot(CurlSockets& sockets) : sockets_(sockets) {}
  CurlSlot(const CurlSlot&) = delete;
  CurlSlot& operator=(const CurlSlot&) = delete;

  CURL* easy() const { return easy_.get(); }
  Exchange* exchange() const { return exchange_; }
  bool configuredFor(const PreparedRequest& request) const {
    return configuredFor_ != nullptr && configuredFor_->id == request.id;
  }

  // Takes an exchange and sets the handle up for it; with a multi handle that waits for multiplexing, see CurlTransportLimits.
  // Returns false when the request cannot be carried: the exchange then says why.
  bool take(Exchange& exchange, bool waitForMultiplexing);
  void release() { exchange_ = nullptr; }

  // Fills the exchange from a transfer that has ended with `code`.
  void readOutcome(CURLcode code);
  std::uint64_t connectionsOpened() const;

 private:
  bool configure(bool waitForMultiplexing);
  static std::size_t onBody(char* data, std::size_t size, std::size_t count, void* self);
  void keepCookie(std::string_view line);
  void sendCookies(const char* url);
  static std::size_t onHeader(char* data, std::size_t size, std::size_t count, void* self);
  static int onRequest(void* self, char*, char*, int, int);
  static curl_socket_t onOpen(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int onClose(void* sockets, curl_socket_t fd);

  CurlSockets& sockets_;
  CurlEasy easy_;
  CurlSlist headers_;
  CurlSlist resolve_;
  std::shared_ptr<const PreparedRequest> configuredFor_;  // keeps the body that the handle points to
  Exchange* exchange_ = nullptr;
  CookieJar ownJar_;  // of an exchange that has none: what one request of it sets goes with the next
  bool hasCookies_ = false;
  bool sawBody_ = false;
  bool headerComplete_ = false;
  bool refusedHost_ = false;
  bool tooLarge_ = false;
  std::uint64_t captureLimit_ = 0;
  std::uint64_t decodedBytes_ = 0;
  char errorBuffer_[CURL_ERROR_SIZE] = {};
};

}  // namespace vayu
