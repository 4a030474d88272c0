// The descriptors of a transport's multi handles: what libcurl wants of each, against what the poller has been told. Worker thread only;
// must not outlive the poller.
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "base/poller.h"

namespace vayu {

class CurlSocketOwner {
 public:
  // `curlEvents` is a union of CURL_CSELECT_*.
  virtual void onSocketReady(curl_socket_t fd, int curlEvents) = 0;

 protected:
  ~CurlSocketOwner() = default;
};

// libcurl's wish to forget a connection between two transfers is ignored: it comes back with the next transfer, and two epoll_ctl per
// request cost more than an unwanted event now and then. Descriptors that libcurl makes for itself (its resolver's) are forgotten at once,
// since it closes them without a word.
class CurlSockets {
 public:
  explicit CurlSockets(Poller& poller);
  ~CurlSockets();
  CurlSockets(const CurlSockets&) = delete;
  CurlSockets& operator=(const CurlSockets&) = delete;

  // CURLMOPT_SOCKETFUNCTION: `what` is one of CURL_POLL_*.
  void want(curl_socket_t fd, int what, CurlSocketOwner* owner);
  // CURLOPT_OPENSOCKETFUNCTION: a connection's descriptor, or CURL_SOCKET_BAD with errno set.
  curl_socket_t open(const curl_sockaddr& address);
  // CURLOPT_CLOSESOCKETFUNCTION.
  int close(curl_socket_t fd);

  std::size_t connections() const { return connections_; }

 private:
  struct Socket;
  Socket* socketFor(curl_socket_t fd, bool create);

  Poller& poller_;
  std::vector<std::unique_ptr<Socket>> sockets_;  // by descriptor
  std::size_t connections_ = 0;
};

}  // namespace vayu
