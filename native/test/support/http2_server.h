// A server on 127.0.0.1 that speaks HTTP/2 as told: a handler per request, which answers at once, in pieces, or wrongly.
#pragma once

#include <nghttp2/nghttp2.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "test/support/loopback_server.h"

namespace vayu::test {

using Http2Fields = std::vector<std::pair<std::string, std::string>>;

struct Http2Seen {
  std::int32_t id = 0;
  int connection = 0;
  Http2Fields fields;
  std::string body;
  // Empty when there is none of that name.
  std::string field(std::string_view name) const;
  std::string path() const { return field(":path"); }
};

// The server's side of one connection; used by its thread only, from within the handler.
class Http2Peer {
 public:
  // `withEnd` false leaves the stream open behind the body.
  void respond(std::int32_t id, int status, std::string body, Http2Fields fields = {}, bool withEnd = true);
  // Behind a body that was left open.
  void trailers(std::int32_t id, const Http2Fields& fields);
  // Without a body: 1xx, or a head alone.
  void head(std::int32_t id, int status, const Http2Fields& fields = {}, bool withEnd = false);
  void reset(std::int32_t id, std::uint32_t code);
  // Streams above `lastId` are not processed.
  void goaway(std::int32_t lastId, std::uint32_t code);
  // Sends what has been said so far.
  void flush();
  void setMaxStreams(std::uint32_t count);
  ServerConnection& connection() { return connection_; }

 private:
  friend class Http2Server;
  struct Stream {
    Http2Seen seen;
    std::string answer;
    std::size_t answered = 0;
    bool withEnd = true;
  };
  struct Callbacks;
  explicit Http2Peer(ServerConnection& connection) : connection_(connection) {}

  ServerConnection& connection_;
  nghttp2_session* session_ = nullptr;
  std::map<std::int32_t, Stream> streams_;
  std::vector<std::int32_t> complete_;
};

class Http2Server {
 public:
  using Handler = std::function<void(Http2Peer&, const Http2Seen&)>;
  struct Options {
    const TlsIdentity* tls = nullptr;  // borrowed
    std::uint32_t maxStreams = 0;      // 0: not said
  };

  // Over TLS. The identity is borrowed.
  static Options over(const TlsIdentity& identity) { return {&identity, 0}; }

  explicit Http2Server(Handler handler) : Http2Server(std::move(handler), Options()) {}
  Http2Server(Handler handler, Options options);

  // Answers every request alike.
  static Handler answering(int status, std::string body, Http2Fields fields = {});

  std::string url(std::string_view path = "/") const { return server_.url(path); }
  std::uint16_t port() const { return server_.port(); }
  int connections() const { return server_.connections(); }
  std::vector<Http2Seen> seen() const;
  int requests() const { return static_cast<int>(seen().size()); }
  // The most streams that were open at a time on one connection.
  std::size_t mostStreams() const { return mostStreams_.load(); }

 private:
  void serve(ServerConnection& connection);

  Handler handler_;
  Options options_;
  mutable std::mutex mutex_;
  std::vector<Http2Seen> seen_;
  std::atomic<std::size_t> mostStreams_{0};
  LoopbackServer server_;
};

}  // namespace vayu::test
