#include "engine/http2_connection.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace vayu {

namespace {

// Windows as large as they get: a load generator must not be what slows a body down, and bodies are not kept.
constexpr std::int32_t kWindowBytes = (1 << 30) - 1;
// What a server is taken to allow until it has said so (RFC 9113 recommends that it allows no less).
constexpr std::uint32_t kPresumedStreams = 100;
// Requests with more header than this are refused by nghttp2.
constexpr std::size_t kMostHeaderBytesSent = 1u << 20;
// Frames are gathered up to this before they are sent.
constexpr std::size_t kOutputBytes = 64u << 10;
// Receives of one event, so that one fast, endless body does not hold up the rest.
constexpr int kMostReceives = 16;

std::string_view textOf(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

struct OptionDeleter {
  void operator()(nghttp2_option* option) const { nghttp2_option_del(option); }
};

}  // namespace

// What nghttp2 calls. None of them calls back into the owner: streams that end are listed, and told when nghttp2 has returned.
struct Http2Connection::Callbacks {
  static Http2Connection& of(void* self) { return *static_cast<Http2Connection*>(self); }

  static int onBeginHeaders(nghttp2_session*, const nghttp2_frame* frame, void* self) {
    Http2Connection& connection = of(self);
    Http2Stream* stream = connection.find(frame->hd.stream_id);
    connection.heading_ = stream;
    if (stream == nullptr) return 0;
    stream->hasBegun = true;
    if (!stream->hasHead) stream->exchange->clocks.firstByteNs = connection.receivedNs;
    return 0;
  }

  static int onHeader(nghttp2_session*, const nghttp2_frame*, const std::uint8_t* name, std::size_t nameSize,
                      const std::uint8_t* value, std::size_t valueSize, std::uint8_t, void* self) {
    Http2Connection& connection = of(self);
    if (connection.heading_ == nullptr) return 0;
    return connection.takeField(*connection.heading_, textOf(name, nameSize), textOf(value, valueSize));
  }

  static int onFrame(nghttp2_session*, const nghttp2_frame* frame, void* self) {
    of(self).takeFrame(*frame);
    return 0;
  }

  static int onData(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data, std::size_t size,
                    void* self) {
    Http2Connection& connection = of(self);
    Http2Stream* stream = connection.find(id);
    if (stream != nullptr) connection.takeBody(*stream, textOf(data, size));
    return 0;
  }

  static int onStreamClosed(nghttp2_session*, std::int32_t id, std::uint32_t code, void* self) {
    Http2Connection& connection = of(self);
    Http2Stream* stream = connection.find(id);
    connection.foundId_ = 0;
    if (stream == nullptr) return 0;
    stream->isClosed = true;
    if (stream->state == Http2Stream::State::kOpen) connection.endByCode(*stream, code);
    return 0;
  }

  static int onFrameSent(nghttp2_session*, const nghttp2_frame* frame, void* self) {
    const auto type = frame->hd.type;
    if (type != NGHTTP2_HEADERS && type != NGHTTP2_DATA) return 0;
    Http2Connection& connection = of(self);
    Http2Stream* stream = connection.find(frame->hd.stream_id);
    if (stream == nullptr) return 0;
    stream->exchange->bytesSent += frame->hd.length + kFrameHeadBytes;
    if (type == NGHTTP2_HEADERS) stream->requestNs = connection.sentNs_;
    return 0;
  }

  static int onFrameNotSent(nghttp2_session*, const nghttp2_frame* frame, int error, void* self) {
    Http2Connection& connection = of(self);
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    Http2Stream* stream = connection.find(frame->hd.stream_id);
    if (stream == nullptr || stream->state != Http2Stream::State::kOpen) return 0;
    stream->isUnprocessed = error == NGHTTP2_ERR_START_STREAM_NOT_ALLOWED || error == NGHTTP2_ERR_SESSION_CLOSING;
    connection.endStream(*stream, stream->isUnprocessed ? ErrorCode::kConnectionClosed : ErrorCode::kProtocolError,
                         std::string("the request could not be sent: ") + nghttp2_strerror(error));
    return 0;
  }

  static int onErrorText(nghttp2_session*, int, const char* text, std::size_t size, void* self) {
    of(self).errorText_.assign(text, size);
    return 0;
  }

  static ssize_t readBody(nghttp2_session*, std::int32_t id, std::uint8_t* buffer, std::size_t size,
                          std::uint32_t* flags, nghttp2_data_source*, void* self) {
    Http2Stream* stream = of(self).find(id);
    if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    const std::string_view left = stream->rendered->request.body.substr(stream->bodySent);
    const std::size_t count = std::min(size, left.size());
    std::memcpy(buffer, left.data(), count);
    stream->bodySent += count;
    if (count == left.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(count);
  }

  // One for all sessions, which copy it.
  static const nghttp2_session_callbacks* all() {
    struct Deleter {
      void operator()(nghttp2_session_callbacks* callbacks) const { nghttp2_session_callbacks_del(callbacks); }
    };
    static const std::unique_ptr<nghttp2_session_callbacks, Deleter> shared = [] {
      nghttp2_session_callbacks* made = nullptr;
      if (nghttp2_session_callbacks_new(&made) != 0) return std::unique_ptr<nghttp2_session_callbacks, Deleter>();
      nghttp2_session_callbacks_set_on_begin_headers_callback(made, &onBeginHeaders);
      nghttp2_session_callbacks_set_on_header_callback(made, &onHeader);
      nghttp2_session_callbacks_set_on_frame_recv_callback(made, &onFrame);
      nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, &onData);
      nghttp2_session_callbacks_set_on_stream_close_callback(made, &onStreamClosed);
      nghttp2_session_callbacks_set_on_frame_send_callback(made, &onFrameSent);
      nghttp2_session_callbacks_set_on_frame_not_send_callback(made, &onFrameNotSent);
      nghttp2_session_callbacks_set_error_callback2(made, &onErrorText);
      return std::unique_ptr<nghttp2_session_callbacks, Deleter>(made);
    }();
    return shared.get();
  }
};

Http2Connection::Http2Connection(Http2ConnectionOwner& owner, Http2Target& to, WireConnector& connector, Poller& poller,
                                 const Http2Limits& limits, std::vector<char>& buffer)
    : target(to), owner_(owner), connector_(connector), poller_(poller), limits_(limits), buffer_(buffer) {}

Http2Connection::~Http2Connection() { close(); }

bool Http2Connection::open(WireConnectResult result) {
  socket_ = std::move(result.socket);
  remoteAddress = std::move(result.remoteAddress);
  dnsUs = result.dnsUs;
  connectUs = result.connectUs;
  tlsUs = result.tlsUs;
  limit = std::min<std::size_t>(limits_.streamsPerConnection, kPresumedStreams);
  state = State::kOpen;

  nghttp2_option* made = nullptr;
  if (nghttp2_option_new(&made) != 0) return false;
  const std::unique_ptr<nghttp2_option, OptionDeleter> option(made);
  nghttp2_option_set_no_closed_streams(made, 1);
  nghttp2_option_set_peer_max_concurrent_streams(made, kPresumedStreams);
  nghttp2_option_set_max_send_header_block_length(made, kMostHeaderBytesSent);
  nghttp2_session* session = nullptr;
  if (Callbacks::all() == nullptr || nghttp2_session_client_new2(&session, Callbacks::all(), this, made) != 0)
    return false;
  session_.reset(session);
  const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                                             {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kWindowBytes}};
  if (nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, std::size(settings)) != 0) return false;
  if (nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, kWindowBytes) != 0) return false;
  return watch();
}

// Tells of what is there to read, and to send while something waits to be sent. False when the poller refuses.
bool Http2Connection::watch() {
  const SocketHandle fd = socket_.fd();
  const auto events = static_cast<std::uint8_t>(kEdgeTriggered | kReadable | (wantsWrite_ ? kWritable : 0));
  return poller_.modify(fd, events, this) || poller_.add(fd, events, this);
}

bool Http2Connection::submit(Http2Stream& stream) {
  const Http2Request& request = stream.rendered->request;
  nghttp2_data_provider provider{};
  provider.read_callback = &Callbacks::readBody;
  const std::int32_t id = nghttp2_submit_request(session_.get(), nullptr, request.fields.data(), request.fields.size(),
                                                 request.body.empty() ? nullptr : &provider, &stream);
  if (id < 0) {
    isDraining = true;
    return false;
  }
  stream.id = id;
  stream.connection = this;
  stream.state = Http2Stream::State::kOpen;
  stream.position = streams.size();
  streams.push_back(&stream);
  if (!isDirty) owner_.onOutput(*this);
  return true;
}

void Http2Connection::cancel(Http2Stream& stream) {
  foundId_ = 0;
  if (heading_ == &stream) heading_ = nullptr;
  if (stream.state == Http2Stream::State::kEnded)
    std::replace(ended.begin(), ended.end(), &stream, static_cast<Http2Stream*>(nullptr));
  if (stream.isClosed || session_ == nullptr || state != State::kOpen) return;
  nghttp2_session_set_stream_user_data(session_.get(), stream.id, nullptr);
  nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream.id, NGHTTP2_CANCEL);
  if (!isDirty) owner_.onOutput(*this);
}

void Http2Connection::remove(Http2Stream& stream) {
  Http2Stream* last = streams.back();
  streams[stream.position] = last;
  last->position = stream.position;
  streams.pop_back();
}

void Http2Connection::close() {
  if (socket_.isOpen()) poller_.remove(socket_.fd());
  // The socket borrows from the attempt.
  socket_.close();
  if (attempt != nullptr) connector_.end(*std::exchange(attempt, nullptr));
  state = State::kClosed;
}

Http2Stream* Http2Connection::find(std::int32_t id) {
  if (id != foundId_) {
    foundId_ = id;
    found_ = static_cast<Http2Stream*>(nghttp2_session_get_stream_user_data(session_.get(), id));
  }
  return found_;
}

void Http2Connection::onReady(std::uint8_t events) {
  if (state != State::kOpen) return;
  if ((events & (kFailed | kPeerClosed)) != 0) isEnding_ = true;
  if (wantsWrite_ && (events & kWritable) != 0 && !isDirty) owner_.onOutput(*this);
  if ((events & (kReadable | kFailed)) != 0) receive();
}

void Http2Connection::receive() {
  bool isDrained = false;
  for (int round = 0; (round < kMostReceives || socket_.hidesData()) && !isLost && !isDrained; ++round) {
    std::size_t got = 0;
    const WireIo io = socket_.receive(buffer_.data(), buffer_.size(), got);
    isDrained = io == WireIo::kWouldBlock;
    if (isDrained) break;
    receivedNs = nowNs();
    if (io == WireIo::kClosed) {
      lose(ErrorCode::kConnectionClosed, "the server closed the connection");
    } else if (io == WireIo::kFailed) {
      const int error = socket_.osError();
      lose(ErrorCode::kConnectionClosed,
           std::string("receiving failed: ") + (error != 0 ? std::strerror(error) : "the TLS connection was cut"),
           error);
    } else {
      const ssize_t taken =
          nghttp2_session_mem_recv(session_.get(), reinterpret_cast<const std::uint8_t*>(buffer_.data()), got);
      if (taken < 0) lose(ErrorCode::kProtocolError, nghttp2_strerror(static_cast<int>(taken)));
      // What comes later is a new event.
      isDrained = !isEnding_ && !socket_.mayHoldMore(got, buffer_.size());
    }
  }
  if (!isDrained && !isLost) watch();
  if (!isLost && !isDirty && nghttp2_session_want_write(session_.get()) != 0) owner_.onOutput(*this);
  owner_.onReceived(*this);
}

void Http2Connection::lose(ErrorCode error, std::string_view message, int osError) {
  if (isLost) return;
  isLost = true;
  lostError = error;
  lostOsError = osError;
  lostMessage = message;
  if (!errorText_.empty()) lostMessage += ": " + errorText_;
  if (saidGoaway_) lostMessage += std::string(" (GOAWAY: ") + nghttp2_http2_strerror(goawayCode_) + ")";
}

// Sends what has been gathered. False when the socket takes no more for now, or never.
bool Http2Connection::sendPending() {
  while (outputSent_ < output_.size()) {
    std::size_t sent = 0;
    const WireIo io = socket_.send(output_.data() + outputSent_, output_.size() - outputSent_, sent);
    outputSent_ += sent;
    if (io == WireIo::kOk) continue;
    // What the server said before it stopped reading still counts: the end of its bytes will be the connection's.
    if (io != WireIo::kWouldBlock) {
      output_.clear();
      outputSent_ = 0;
      receive();
      lose(ErrorCode::kConnectionClosed, "the request could not be sent: connection closed", socket_.osError());
    }
    return false;
  }
  output_.clear();
  outputSent_ = 0;
  return true;
}

void Http2Connection::flush(std::int64_t nowNs) {
  if (state != State::kOpen || isLost) return;
  sentNs_ = nowNs;
  bool isBlocked = false;
  for (bool more = true; more && !isBlocked && !isLost;) {
    if (output_.empty()) {
      do {
        const std::uint8_t* data = nullptr;
        const ssize_t size = nghttp2_session_mem_send(session_.get(), &data);
        if (size < 0) lose(ErrorCode::kProtocolError, nghttp2_strerror(static_cast<int>(size)));
        more = size > 0;
        if (more) output_.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
      } while (more && output_.size() < kOutputBytes);
    }
    isBlocked = !sendPending();
  }
  if (state != State::kOpen) return;
  // nghttp2 has ended the session: something was wrong with what came.
  if (!isLost && !isBlocked && nghttp2_session_want_read(session_.get()) == 0 &&
      nghttp2_session_want_write(session_.get()) == 0) {
    if (saidGoaway_) {
      lose(ErrorCode::kConnectionClosed, "the server closed the connection");
    } else {
      lose(ErrorCode::kProtocolError, "the server broke the rules of HTTP/2");
    }
  }
  if (isLost || isBlocked == wantsWrite_) return;
  wantsWrite_ = isBlocked;
  watch();
}

void Http2Connection::endStream(Http2Stream& stream, ErrorCode error, std::string_view message) {
  if (error != ErrorCode::kNone) stream.exchange->fail(error, message);
  stream.state = Http2Stream::State::kEnded;
  ended.push_back(&stream);
}

void Http2Connection::endByCode(Http2Stream& stream, std::uint32_t code) {
  if (code == NGHTTP2_REFUSED_STREAM) {
    // By RST_STREAM, or because a GOAWAY does not count it in.
    stream.isUnprocessed = !stream.hasBegun;
    if (saidGoaway_) {
      endStream(stream, ErrorCode::kConnectionClosed,
                std::string("the server closed the connection before it took the request (GOAWAY: ") +
                    nghttp2_http2_strerror(goawayCode_) + ")");
    } else {
      endStream(stream, ErrorCode::kProtocolError, "the server refused the request (REFUSED_STREAM)");
    }
    return;
  }
  stream.wantsHttp11 = code == NGHTTP2_HTTP_1_1_REQUIRED;
  std::string message = std::string("the stream was reset (") + nghttp2_http2_strerror(code) + ")";
  if (code == NGHTTP2_PROTOCOL_ERROR && !errorText_.empty()) message += ": " + errorText_;
  endStream(stream, ErrorCode::kProtocolError, message);
}

}  // namespace vayu
