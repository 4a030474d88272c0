// What an HTTP/2 connection makes of frames: the response of each stream, and what the server says of the connection.
#include <algorithm>
#include <string>
#include <utility>

#include "engine/http2_connection.h"
#include "engine/redirect.h"

namespace vayu {

int Http2Connection::takeField(Http2Stream& stream, std::string_view name, std::string_view value) {
  // HTTP/2's own measure of a field.
  stream.headBytes += name.size() + value.size() + 32;
  if (stream.headBytes > limits_.headBytes) {
    // The rest of an endless header is not to be sat through.
    isDraining = true;
    if (stream.state == Http2Stream::State::kOpen) {
      endStream(stream, ErrorCode::kProtocolError,
                "the response's header is larger than " + std::to_string(limits_.headBytes) + " bytes");
    }
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  if (stream.hasHead) return 0;  // trailers
  if (name == ":status") {
    takeStatus(stream, value);
    return 0;
  }
  if (!stream.takesFields) return 0;
  Exchange& exchange = *stream.exchange;
  if (exchange.captureHeaders) {
    exchange.response.headerBlock.append(name).append(": ").append(value).append("\r\n");
  }
  if (name == "location") {
    stream.location = value;
  } else if (name == "content-encoding") {
    if (!stream.contentEncoding.empty()) stream.contentEncoding += ", ";
    stream.contentEncoding += value;
  } else if (name == "set-cookie" && (stream.follows || exchange.cookieJar != nullptr)) {
    stream.setCookies.append(name).append(": ").append(value).append("\r\n");
  }
  return 0;
}

// nghttp2 has made sure of three digits.
void Http2Connection::takeStatus(Http2Stream& stream, std::string_view value) {
  const Exchange& exchange = *stream.exchange;
  int status = 0;
  for (const char digit : value) status = status * 10 + (digit - '0');
  stream.status = status;
  stream.captureLimit = exchange.bodyCaptureLimit;
  if (stream.captureLimit == 0 && status >= 400) stream.captureLimit = exchange.errorBodyCaptureLimit;
  stream.capturesBody = stream.captureLimit > 0;
  stream.follows = isRedirect(status) && exchange.request->options->followRedirects;
  stream.takesFields =
      exchange.captureHeaders || stream.capturesBody || stream.follows || exchange.cookieJar != nullptr;
}

void Http2Connection::takeHead(Http2Stream& stream) {
  Exchange& exchange = *stream.exchange;
  if (stream.status >= 200) {
    stream.hasHead = true;
    exchange.response.status = stream.status;
    exchange.response.httpVersion = 20;
    return;
  }
  exchange.response.headerBlock.clear();
  stream.location.clear();
  stream.contentEncoding.clear();
  stream.setCookies.clear();
  if (++stream.interim > limits_.interimResponses) {
    endStream(stream, ErrorCode::kProtocolError,
              "more than " + std::to_string(limits_.interimResponses) + " interim responses");
  }
}

void Http2Connection::takeBody(Http2Stream& stream, std::string_view part) {
  if (stream.state != Http2Stream::State::kOpen) return;
  Exchange& exchange = *stream.exchange;
  Response& response = exchange.response;
  response.bodyBytes += part.size();
  const std::uint64_t most = exchange.request->options->maxResponseBytes;
  if (response.bodyBytes > most) {
    endStream(stream, ErrorCode::kResponseTooLarge, "the response is larger than " + std::to_string(most) + " bytes");
    return;
  }
  if (!stream.capturesBody) return;
  const std::uint64_t room = stream.captureLimit - response.body.size();
  if (part.size() > room) response.bodyCut = true;
  response.body.append(part.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(part.size(), room))));
}

void Http2Connection::takeFrame(const nghttp2_frame& frame) {
  switch (frame.hd.type) {
    case NGHTTP2_HEADERS:
    case NGHTTP2_DATA: {
      Http2Stream* stream = find(frame.hd.stream_id);
      if (stream == nullptr || stream->state != Http2Stream::State::kOpen) return;
      const std::uint64_t size = frame.hd.length + kFrameHeadBytes;
      stream->exchange->bytesReceived += size;
      if (frame.hd.type == NGHTTP2_HEADERS) {
        stream->exchange->response.headerBytes += size;
        if (!stream->hasHead) takeHead(*stream);
      }
      if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 && stream->state == Http2Stream::State::kOpen) {
        endStream(*stream, ErrorCode::kNone, {});
      }
      return;
    }
    case NGHTTP2_SETTINGS:
      if ((frame.hd.flags & NGHTTP2_FLAG_ACK) == 0) takeSettings();
      return;
    case NGHTTP2_GOAWAY:
      // Streams that it does not count in are closed next, as refused.
      isDraining = true;
      saidGoaway_ = true;
      goawayCode_ = frame.goaway.error_code;
      return;
    default: return;
  }
}

void Http2Connection::takeSettings() {
  hasSettings = true;
  peerLimit = nghttp2_session_get_remote_settings(session_.get(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
  // A server that allows none for now is waited for.
  limit = std::min<std::size_t>(limits_.streamsPerConnection, std::max<std::uint32_t>(peerLimit, 1));
}

}  // namespace vayu
