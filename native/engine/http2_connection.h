// One connection that speaks HTTP/2, from the wish for it to its end: an nghttp2 session between a socket and the streams of exchanges.
// It sorts out what comes in; what becomes of streams that have ended is its owner's business. Owned by the transport; worker thread only.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/poller.h"
#include "engine/http2_stream.h"
#include "engine/http2_transport.h"
#include "engine/wire_connector.h"

namespace vayu {

class Http2Connection;

inline constexpr std::uint64_t kFrameHeadBytes = 9;

class Http2ConnectionOwner {
 public:
  virtual void onConnected(Http2Connection& connection, WireConnectResult result) = 0;
  // Bytes have come: streams may have ended, the limit may have changed, the connection may be lost.
  virtual void onReceived(Http2Connection& connection) = 0;
  // flush() is wanted.
  virtual void onOutput(Http2Connection& connection) = 0;

 protected:
  ~Http2ConnectionOwner() = default;
};

class Http2Connection final : public PollTarget, public WireConnectSink {
 public:
  enum class State : std::uint8_t { kQueued, kConnecting, kOpen, kClosed };

  Http2Connection(Http2ConnectionOwner& owner, Http2Target& to, WireConnector& connector, Poller& poller,
                  const Http2Limits& limits, std::vector<char>& buffer);
  ~Http2Connection();

  // False when the session or the registration with the poller cannot be made.
  bool open(WireConnectResult result);
  // False when the connection takes no more requests.
  bool submit(Http2Stream& stream);
  // Gives a stream up: the server is told, and nothing of it will be heard again.
  void cancel(Http2Stream& stream);
  // Takes a stream off the list, whatever has become of it.
  void remove(Http2Stream& stream);
  void flush(std::int64_t nowNs);
  void close();

  bool hasRoom() const { return state == State::kOpen && !isDraining && !isLost && streams.size() < limit; }

  void onReady(std::uint8_t events) override;
  void onConnectDone(WireConnectResult result) override { owner_.onConnected(*this, std::move(result)); }

  Http2Target& target;
  State state = State::kQueued;
  bool isDirty = false;     // waits for flush()
  bool isRoomy = false;     // in the target's list
  bool isDraining = false;  // takes no more requests, but finishes those it has
  bool isUsed = false;      // has been given a stream
  bool hasSettings = false;
  bool isLost = false;  // to be closed; the error says why
  ErrorCode lostError = ErrorCode::kNone;
  std::string lostMessage;
  int lostOsError = 0;
  std::size_t index = 0;       // in the transport's list
  std::size_t roomyIndex = 0;  // in the target's list
  std::size_t limit = 0;       // streams at a time
  std::uint32_t peerLimit = 0;
  std::uint64_t carried = 0;  // exchanges completed on it
  std::int64_t beganNs = 0;   // to connect
  std::int64_t dnsUs = 0;
  std::int64_t connectUs = 0;
  std::int64_t tlsUs = 0;
  WireConnectAttempt* attempt = nullptr;
  std::string remoteAddress;
  std::vector<Http2Stream*> streams;
  std::vector<Http2Stream*> ended;  // in the order of their ends; null for those aborted since
  std::int64_t receivedNs = 0;      // when the bytes that ended them came

 private:
  struct SessionDeleter {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  };
  struct Callbacks;

  Http2Stream* find(std::int32_t id);
  bool watch();
  void receive();
  void endStream(Http2Stream& stream, ErrorCode error, std::string_view message);
  void endByCode(Http2Stream& stream, std::uint32_t code);
  int takeField(Http2Stream& stream, std::string_view name, std::string_view value);
  void takeStatus(Http2Stream& stream, std::string_view value);
  void takeHead(Http2Stream& stream);
  void takeBody(Http2Stream& stream, std::string_view part);
  void takeFrame(const nghttp2_frame& frame);
  void takeSettings();
  void lose(ErrorCode error, std::string_view message, int osError = 0);
  bool sendPending();

  Http2ConnectionOwner& owner_;
  WireConnector& connector_;
  Poller& poller_;
  const Http2Limits& limits_;
  std::vector<char>& buffer_;  // for receiving; shared by all connections
  WireSocket socket_;
  std::unique_ptr<nghttp2_session, SessionDeleter> session_;
  bool wantsWrite_ = false;
  bool isEnding_ = false;  // the peer sends nothing more than what is there to read
  bool saidGoaway_ = false;
  std::uint32_t goawayCode_ = 0;
  std::int32_t foundId_ = 0;  // find()'s last answer: frames of a stream tend to follow one another
  Http2Stream* found_ = nullptr;
  Http2Stream* heading_ = nullptr;  // whose header block is coming
  std::int64_t sentNs_ = 0;
  // Stays as it is until all of it has gone: a TLS library wants the same bytes again.
  std::string output_;
  std::size_t outputSent_ = 0;
  std::string errorText_;  // nghttp2's own words for what it found wrong
};

}  // namespace vayu
