// An incremental parser of HTTP/1.x responses. It pulls events from whatever bytes have come, copies nothing but lines that were split
// between two reads, never looks back, and trusts no length: the transport decides what becomes of the body.
// Pure: no I/O, no clock. One parser per connection, reused for every response on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vayu {

struct Http1Limits {
  std::size_t headBytes = 256u << 10;  // status line and headers, those of interim responses included; trailers again
  std::size_t chunkLineBytes = 4u << 10;
  int interimResponses = 32;
};

class Http1Parser {
 public:
  enum class Event : std::uint8_t {
    kNeedMore,  // the input is used up
    kHead,      // status line and headers of the final response are known
    kBody,      // part() holds the next part of the body
    kDone,      // the response is complete; what is left of the input is not part of it
    kFailed,    // fault() says why; nothing more will come
  };
  enum class Fault : std::uint8_t {
    kNone,
    kMalformed,
    kHeadTooLarge,
    kBodyTooLarge,
    kNoResponse,  // end of stream before the first byte
    kCutInHead,   // end of stream inside of the head
    kCutInBody,   // end of stream inside of the body
  };

  explicit Http1Parser(Http1Limits limits = {}) : limits_(limits) {}

  // Prepares for the next response. `headerBlock` and `statusText`, if given, receive the final response's header lines
  // ("Name: value\r\n") and its reason phrase; they are borrowed until kDone or kFailed.
  void begin(bool toHeadRequest, std::uint64_t maxBodyBytes, std::string* headerBlock = nullptr,
             std::string* statusText = nullptr);

  // The next event; takes what it has understood from the front of `input`. Call it until it says anything but kHead and kBody.
  Event next(std::string_view& input);

  // The peer has closed its side.
  Event finish();

  bool started() const { return started_; }
  bool sawInterim() const { return interim_ > 0; }
  std::string_view part() const { return part_; }
  Fault fault() const { return fault_; }
  std::string_view message() const { return message_; }

  // Valid from kHead on.
  int status() const { return status_; }
  int httpVersion() const { return httpVersion_; }
  const std::string& location() const { return location_; }
  const std::string& contentEncoding() const { return contentEncoding_; }
  // Lines as in the header block.
  const std::string& setCookies() const { return setCookies_; }
  std::uint64_t headBytes() const { return headTotal_; }

  // Valid from kDone on.
  bool keepsConnection() const { return keepsConnection_; }
  std::uint64_t bodyBytes() const { return bodyBytes_; }

 private:
  enum class State : std::uint8_t {
    kStatusLine,
    kHeaders,
    kNoBody,
    kLength,
    kToEnd,
    kChunkSize,
    kChunkData,
    kChunkEnd,
    kTrailers,
    kDone,
    kFailed,
  };
  enum class Line : std::uint8_t { kWhole, kPartial, kTooLong };

  Line takeLine(std::string_view& input, std::string_view& line, std::size_t limit);
  Event fail(Fault fault, std::string message);
  bool parseStatusLine(std::string_view line);
  bool parseHeader(std::string_view line);
  bool parseFraming(std::string_view name, std::string_view value);
  bool parseContentLength(std::string_view value);
  bool parseTransferEncoding(std::string_view value);
  void parseConnection(std::string_view value);
  void foldLine(std::string_view line);
  void beginHead();
  bool endHead();
  bool parseChunkSize(std::string_view line);
  Event takeBody(std::string_view& input, std::uint64_t most);

  Http1Limits limits_;
  State state_ = State::kDone;
  Fault fault_ = Fault::kNone;
  bool toHeadRequest_ = false;
  bool started_ = false;
  bool keepsConnection_ = false;
  bool hasLength_ = false;
  bool isChunked_ = false;
  bool saysClose_ = false;
  bool saysKeepAlive_ = false;
  bool lastWasFraming_ = false;
  int status_ = 0;
  int httpVersion_ = 0;
  int interim_ = 0;
  std::size_t lineBytes_ = 0;  // of the head, or of the chunk's size line, so far
  std::uint64_t headTotal_ = 0;
  std::uint64_t length_ = 0;
  std::uint64_t left_ = 0;  // of the body or of the chunk
  std::uint64_t bodyBytes_ = 0;
  std::uint64_t maxBodyBytes_ = 0;
  std::string* headerBlock_ = nullptr;
  std::string* statusText_ = nullptr;
  std::string_view part_;
  std::string partial_;
  std::string line_;
  std::string location_;
  std::string contentEncoding_;
  std::string setCookies_;
  std::string message_;
};

}  // namespace vayu
