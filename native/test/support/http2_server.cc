#include "test/support/http2_server.h"

#include <algorithm>
#include <cstring>

namespace vayu::test {

namespace {

std::vector<nghttp2_nv> asPairs(const Http2Fields& fields) {
  std::vector<nghttp2_nv> pairs;
  for (const auto& [name, value] : fields) {
    pairs.push_back({reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
                     reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
                     NGHTTP2_NV_FLAG_NONE});
  }
  return pairs;
}

Http2Fields withStatus(int status, const Http2Fields& fields) {
  Http2Fields all{{":status", std::to_string(status)}};
  all.insert(all.end(), fields.begin(), fields.end());
  return all;
}

LoopbackServer::Options optionsOf(const Http2Server::Options& options) {
  LoopbackServer::Options chosen;
  chosen.tls = options.tls;
  return chosen;
}

}  // namespace

std::string Http2Seen::field(std::string_view name) const {
  const auto found =
      std::find_if(fields.begin(), fields.end(), [name](const auto& field) { return field.first == name; });
  return found == fields.end() ? std::string() : found->second;
}

struct Http2Peer::Callbacks {
  static Http2Peer& of(void* self) { return *static_cast<Http2Peer*>(self); }

  static int onHeader(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t nameSize,
                      const std::uint8_t* value, std::size_t valueSize, std::uint8_t, void* self) {
    of(self).streams_[frame->hd.stream_id].seen.fields.emplace_back(
        std::string(reinterpret_cast<const char*>(name), nameSize),
        std::string(reinterpret_cast<const char*>(value), valueSize));
    return 0;
  }

  static int onData(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data, std::size_t size,
                    void* self) {
    of(self).streams_[id].seen.body.append(reinterpret_cast<const char*>(data), size);
    return 0;
  }

  static int onFrame(nghttp2_session*, const nghttp2_frame* frame, void* self) {
    const bool isMessage = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (isMessage && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
      of(self).complete_.push_back(frame->hd.stream_id);
    }
    return 0;
  }

  static int onClose(nghttp2_session*, std::int32_t id, std::uint32_t, void* self) {
    of(self).streams_.erase(id);
    return 0;
  }

  static ssize_t readAnswer(nghttp2_session*, std::int32_t id, std::uint8_t* buffer, std::size_t size,
                            std::uint32_t* flags, nghttp2_data_source*, void* self) {
    const auto found = of(self).streams_.find(id);
    if (found == of(self).streams_.end()) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    Stream& stream = found->second;
    const std::size_t count = std::min(size, stream.answer.size() - stream.answered);
    std::memcpy(buffer, stream.answer.data() + stream.answered, count);
    stream.answered += count;
    if (stream.answered == stream.answer.size()) {
      *flags |= NGHTTP2_DATA_FLAG_EOF;
      if (!stream.withEnd) *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
    }
    return static_cast<ssize_t>(count);
  }
};

void Http2Peer::respond(std::int32_t id, int status, std::string body, Http2Fields fields, bool withEnd) {
  Stream& stream = streams_[id];
  stream.answer = std::move(body);
  stream.answered = 0;
  stream.withEnd = withEnd;
  const Http2Fields all = withStatus(status, fields);
  const auto pairs = asPairs(all);
  nghttp2_data_provider provider{};
  provider.read_callback = &Callbacks::readAnswer;
  const bool isEmpty = stream.answer.empty() && withEnd;
  nghttp2_submit_response(session_, id, pairs.data(), pairs.size(), isEmpty ? nullptr : &provider);
}

void Http2Peer::trailers(std::int32_t id, const Http2Fields& fields) {
  const auto pairs = asPairs(fields);
  nghttp2_submit_trailer(session_, id, pairs.data(), pairs.size());
}

void Http2Peer::head(std::int32_t id, int status, const Http2Fields& fields, bool withEnd) {
  const Http2Fields all = withStatus(status, fields);
  const auto pairs = asPairs(all);
  nghttp2_submit_headers(session_, withEnd ? NGHTTP2_FLAG_END_STREAM : NGHTTP2_FLAG_NONE, id, nullptr, pairs.data(),
                         pairs.size(), nullptr);
}

void Http2Peer::reset(std::int32_t id, std::uint32_t code) {
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, code);
}

void Http2Peer::goaway(std::int32_t lastId, std::uint32_t code) {
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, lastId, code, nullptr, 0);
}

void Http2Peer::setMaxStreams(std::uint32_t count) {
  const nghttp2_settings_entry entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, count};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &entry, 1);
}

void Http2Peer::flush() {
  const std::uint8_t* data = nullptr;
  for (ssize_t size = 0; (size = nghttp2_session_mem_send(session_, &data)) > 0;) {
    if (!connection_.write({reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)})) return;
  }
}

Http2Server::Http2Server(Handler handler, Options options)
    : handler_(std::move(handler)),
      options_(options),
      server_([this](ServerConnection& connection) { serve(connection); }, optionsOf(options)) {}

Http2Server::Handler Http2Server::answering(int status, std::string body, Http2Fields fields) {
  return [=](Http2Peer& peer, const Http2Seen& seen) { peer.respond(seen.id, status, body, fields); };
}

std::vector<Http2Seen> Http2Server::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

void Http2Server::serve(ServerConnection& connection) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, &Http2Peer::Callbacks::onHeader);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &Http2Peer::Callbacks::onData);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &Http2Peer::Callbacks::onFrame);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &Http2Peer::Callbacks::onClose);
  Http2Peer peer(connection);
  nghttp2_session_server_new(&peer.session_, callbacks, &peer);
  nghttp2_session_callbacks_del(callbacks);
  if (options_.maxStreams > 0) {
    peer.setMaxStreams(options_.maxStreams);
  } else {
    nghttp2_submit_settings(peer.session_, NGHTTP2_FLAG_NONE, nullptr, 0);
  }
  peer.flush();
  while (nghttp2_session_want_read(peer.session_) != 0 || nghttp2_session_want_write(peer.session_) != 0) {
    const std::string bytes = connection.readSome();
    if (bytes.empty()) break;
    if (nghttp2_session_mem_recv(peer.session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()) < 0)
      break;
    mostStreams_ = std::max(mostStreams_.load(), peer.streams_.size());
    for (const std::int32_t id : std::exchange(peer.complete_, {})) {
      const auto found = peer.streams_.find(id);
      if (found == peer.streams_.end()) continue;
      Http2Seen seen = found->second.seen;
      seen.id = id;
      seen.connection = connection.number();
      {
        const std::lock_guard lock(mutex_);
        seen_.push_back(seen);
      }
      handler_(peer, seen);
    }
    peer.flush();
  }
  nghttp2_session_del(peer.session_);
}

}  // namespace vayu::test
