#include "engine/http1_parser.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace vayu {

namespace {

constexpr std::string_view kVersionPrefix = "HTTP/1.";
constexpr std::size_t kMostRemembered = 1024;

// Eight bytes are looked at as one number: a head has five to ten short lines, and byte by byte they were half of this transport's own
// instructions. Whole words cover any text of eight bytes or more, the last of them overlapping the one before.
using Word = std::uint64_t;
constexpr std::size_t kWord = sizeof(Word);

constexpr Word everyByte(unsigned char byte) { return 0x0101010101010101u * byte; }

Word loadWord(const char* bytes) {
  Word word = 0;
  std::memcpy(&word, bytes, kWord);
  return word;
}

// Not 0 when a byte of the word is zero.
constexpr Word zeroBytes(Word word) { return (word - everyByte(1)) & ~word & everyByte(0x80); }

template <typename Test>
bool anyWord(std::string_view text, Test test) {
  const char* const last = text.data() + text.size() - kWord;
  for (const char* at = text.data(); at < last; at += kWord) {
    if (test(loadWord(at)) != 0) return true;
  }
  return test(loadWord(last)) != 0;
}

char lower(char character) {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character + ('a' - 'A')) : character;
}

// `name` is in lower case, `text` visible ASCII; letters and '-' are all that names are compared by.
bool equals(std::string_view text, std::string_view name) {
  if (text.size() != name.size()) return false;
  if (text.size() < kWord) {
    return std::equal(text.begin(), text.end(), name.begin(), [](char a, char b) { return lower(a) == b; });
  }
  const auto same = [&](std::size_t at) {
    return (loadWord(text.data() + at) | everyByte(0x20)) == loadWord(name.data() + at);
  };
  std::size_t at = 0;
  for (; at + kWord < text.size(); at += kWord) {
    if (!same(at)) return false;
  }
  return same(text.size() - kWord);
}

bool isSpace(char character) { return character == ' ' || character == '\t'; }

std::string_view trim(std::string_view text) {
  const char* first = text.data();
  const char* last = first + text.size();
  while (first != last && isSpace(*first)) ++first;
  while (last != first && isSpace(last[-1])) --last;
  return {first, static_cast<std::size_t>(last - first)};
}

// Whether a line holds what may only end one.
bool breaksLine(std::string_view line) {
  if (line.size() >= kWord) {
    return anyWord(line, [](Word word) { return zeroBytes(word) | zeroBytes(word ^ everyByte('\r')); });
  }
  bool found = false;
  for (const char character : line) found |= (character == '\0') | (character == '\r');
  return found;
}

bool isVisible(std::string_view name) {
  if (name.size() >= kWord) {
    return !anyWord(name, [](Word word) {
      const Word belowExclamationMark = (word - everyByte('!')) & ~word & everyByte(0x80);
      return belowExclamationMark | (word & everyByte(0x80)) | zeroBytes(word ^ everyByte(0x7f));
    });
  }
  bool visible = true;
  for (const char character : name) visible &= (character > ' ') & (character < '\x7f');
  return visible;
}

// Calls `take` with each element of a comma-separated list, without the empty ones.
template <typename Take>
bool forEachElement(std::string_view list, Take take) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view element = trim(list.substr(0, comma));
    if (!element.empty() && !take(element)) return false;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return true;
}

bool parseDecimal(std::string_view text, std::uint64_t& value) {
  if (text.empty()) return false;
  value = 0;
  for (const char character : text) {
    if (character < '0' || character > '9') return false;
    const auto digit = static_cast<std::uint64_t>(character - '0');
    if (value > (std::numeric_limits<std::uint64_t>::max() - digit) / 10) return false;
    value = value * 10 + digit;
  }
  return true;
}

int hexDigit(char character) {
  if (character >= '0' && character <= '9') return character - '0';
  character = lower(character);
  return character >= 'a' && character <= 'f' ? character - 'a' + 10 : -1;
}

}  // namespace

void Http1Parser::begin(bool toHeadRequest, std::uint64_t maxBodyBytes, std::string* headerBlock,
                        std::string* statusText) {
  state_ = State::kStatusLine;
  fault_ = Fault::kNone;
  toHeadRequest_ = toHeadRequest;
  started_ = false;
  interim_ = 0;
  lineBytes_ = 0;
  headTotal_ = 0;
  bodyBytes_ = 0;
  maxBodyBytes_ = maxBodyBytes;
  headerBlock_ = headerBlock;
  statusText_ = statusText;
  part_ = {};
  partial_.clear();
  message_.clear();
  beginHead();
}

void Http1Parser::beginHead() {
  keepsConnection_ = false;
  lastWasFraming_ = false;
  facts_ = {};
  left_ = 0;
  location_.clear();
  contentEncoding_.clear();
  setCookies_.clear();
  if (headerBlock_ != nullptr) headerBlock_->clear();
  if (statusText_ != nullptr) statusText_->clear();
}

Http1Parser::Event Http1Parser::fail(Fault fault, std::string message) {
  state_ = State::kFailed;
  fault_ = fault;
  message_ = std::move(message);
  keepsConnection_ = false;
  return Event::kFailed;
}

Http1Parser::Line Http1Parser::takeLine(std::string_view& input, std::string_view& line, std::size_t limit) {
  const void* newline = input.empty() ? nullptr : std::memchr(input.data(), '\n', input.size());
  const std::size_t taken = newline == nullptr
                                ? input.size()
                                : static_cast<std::size_t>(static_cast<const char*>(newline) - input.data()) + 1;
  if (taken > limit - lineBytes_) return Line::kTooLong;
  lineBytes_ += taken;
  if (newline == nullptr) {
    partial_.append(input);
    input.remove_prefix(taken);
    return Line::kPartial;
  }
  if (partial_.empty()) {
    line = input.substr(0, taken - 1);
  } else {
    partial_.append(input.substr(0, taken - 1));
    line_.swap(partial_);
    partial_.clear();
    line = line_;
  }
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  input.remove_prefix(taken);
  return Line::kWhole;
}

bool Http1Parser::recallHead(std::string_view& input) {
  const std::size_t size = knownHead_.size();
  if (size == 0 || input.size() < size || std::memcmp(input.data(), knownHead_.data(), size) != 0) return false;
  started_ = true;
  headTotal_ = size;
  facts_ = knownFacts_;
  contentEncoding_ = knownEncoding_;
  input.remove_prefix(size);
  return true;
}

void Http1Parser::rememberHead(std::string_view head) {
  // What is kept elsewhere, or comes once, is not worth remembering.
  const bool isPlain = location_.empty() && setCookies_.empty();
  knownHead_.assign(isPlain && head.size() <= kMostRemembered ? head : std::string_view());
  knownFacts_ = facts_;
  knownEncoding_ = contentEncoding_;
}

Http1Parser::Event Http1Parser::next(std::string_view& input) {
  // At the very beginning of a response of which nothing but the framing is asked for.
  const bool isFresh = state_ == State::kStatusLine && !started_ && headerBlock_ == nullptr && statusText_ == nullptr;
  const char* const first = input.data();
  if (isFresh && recallHead(input)) return endHead() ? Event::kHead : Event::kFailed;
  for (;;) {
    switch (state_) {
      case State::kStatusLine:
      case State::kHeaders: {
        if (input.empty()) return Event::kNeedMore;
        started_ = true;
        std::string_view line;
        const std::size_t before = lineBytes_;
        const Line got = takeLine(input, line, limits_.headBytes);
        if (got == Line::kTooLong) {
          return fail(Fault::kHeadTooLarge, "response headers exceed " + std::to_string(limits_.headBytes) + " bytes");
        }
        headTotal_ += lineBytes_ - before;
        if (state_ == State::kStatusLine) {
          // Garbage without a line end is told from a slow status line at once.
          const std::string_view seen = got == Line::kPartial ? std::string_view(partial_) : line;
          const std::size_t compared = std::min(seen.size(), kVersionPrefix.size());
          if (seen.substr(0, compared) != kVersionPrefix.substr(0, compared) ||
              (got == Line::kWhole && !parseStatusLine(line))) {
            return fail(Fault::kMalformed, seen.substr(0, std::min<std::size_t>(seen.size(), 5)) == "HTTP/"
                                               ? "unsupported HTTP version or malformed status line in response"
                                               : "response does not begin with an HTTP/1.x status line");
          }
          if (got == Line::kWhole) state_ = State::kHeaders;
        } else if (got == Line::kWhole) {
          if (line.empty()) {
            if (!endHead()) return Event::kFailed;
            if (state_ == State::kStatusLine) break;
            if (isFresh && interim_ == 0) rememberHead({first, static_cast<std::size_t>(input.data() - first)});
            return Event::kHead;
          } else if (!parseHeader(line)) {
            return Event::kFailed;
          }
        }
        break;
      }
      case State::kNoBody: state_ = State::kDone; return Event::kDone;
      case State::kLength:
        if (left_ == 0) {
          state_ = State::kDone;
          return Event::kDone;
        }
        return takeBody(input, left_);
      case State::kToEnd: return takeBody(input, std::numeric_limits<std::uint64_t>::max());
      case State::kChunkData:
        if (left_ != 0) return takeBody(input, left_);
        state_ = State::kChunkEnd;
        lineBytes_ = 0;
        break;
      case State::kChunkEnd: {
        if (input.empty()) return Event::kNeedMore;
        std::string_view line;
        const Line got = takeLine(input, line, 2);
        if (got == Line::kTooLong || (got == Line::kWhole && !line.empty()) ||
            (got == Line::kPartial && partial_ != "\r")) {
          return fail(Fault::kMalformed, "chunk of the response is longer than its size says");
        }
        if (got == Line::kWhole) {
          state_ = State::kChunkSize;
          lineBytes_ = 0;
        }
        break;
      }
      case State::kChunkSize: {
        if (input.empty()) return Event::kNeedMore;
        std::string_view line;
        const Line got = takeLine(input, line, limits_.chunkLineBytes);
        if (got == Line::kTooLong) return fail(Fault::kMalformed, "chunk size line of the response is too long");
        if (got == Line::kPartial && hexDigit(partial_.front()) < 0) {
          return fail(Fault::kMalformed, "malformed chunk size in response");
        }
        if (got == Line::kWhole) {
          if (!parseChunkSize(line)) return Event::kFailed;
          state_ = left_ == 0 ? State::kTrailers : State::kChunkData;
          lineBytes_ = 0;
        }
        break;
      }
      case State::kTrailers: {
        if (input.empty()) return Event::kNeedMore;
        std::string_view line;
        const Line got = takeLine(input, line, limits_.headBytes);
        if (got == Line::kTooLong) {
          return fail(Fault::kHeadTooLarge, "response trailers exceed " + std::to_string(limits_.headBytes) + " bytes");
        }
        if (got == Line::kWhole) {
          if (line.empty()) {
            state_ = State::kDone;
            return Event::kDone;
          }
          const std::size_t colon = line.find(':');
          if (colon == std::string_view::npos || colon == 0 || breaksLine(line)) {
            return fail(Fault::kMalformed, "malformed trailer in response");
          }
        }
        break;
      }
      case State::kDone: return Event::kDone;
      case State::kFailed: return Event::kFailed;
    }
  }
}

Http1Parser::Event Http1Parser::finish() {
  switch (state_) {
    case State::kDone: return Event::kDone;
    case State::kFailed: return Event::kFailed;
    case State::kNoBody:
    case State::kToEnd: state_ = State::kDone; return Event::kDone;
    case State::kStatusLine:
    case State::kHeaders:
      if (!started_) return fail(Fault::kNoResponse, "empty reply from server");
      return fail(Fault::kCutInHead, "connection closed inside of the response headers");
    case State::kLength:
      if (left_ == 0) {
        state_ = State::kDone;
        return Event::kDone;
      }
      return fail(Fault::kCutInBody,
                  "connection closed with " + std::to_string(left_) + " bytes of the body remaining");
    default: return fail(Fault::kCutInBody, "connection closed with chunks of the body outstanding");
  }
}

bool Http1Parser::parseStatusLine(std::string_view line) {
  // HTTP/1.1 200 OK; some servers leave out the reason and the space before it.
  constexpr std::size_t kShortest = 12;
  if (line.size() < kShortest || breaksLine(line)) return false;
  const char minor = line[kVersionPrefix.size()];
  if ((minor != '0' && minor != '1') || line[8] != ' ') return false;
  int status = 0;
  for (std::size_t index = 9; index < kShortest; ++index) {
    if (line[index] < '0' || line[index] > '9') return false;
    status = status * 10 + (line[index] - '0');
  }
  if (status < 100 || (line.size() > kShortest && line[kShortest] != ' ')) return false;
  facts_.httpVersion = minor == '0' ? 10 : 11;
  facts_.status = status;
  if (statusText_ != nullptr && line.size() > kShortest + 1) statusText_->assign(line.substr(kShortest + 1));
  return true;
}

bool Http1Parser::parseHeader(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') {
    // Obsolete line folding: harmless in a header that is only shown, an ambiguity in one that frames the message.
    if (lastWasFraming_) {
      fail(Fault::kMalformed, "folded framing header in response");
      return false;
    }
    foldLine(line);
    return true;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0 || !isVisible(line.substr(0, colon)) || breaksLine(line)) {
    fail(Fault::kMalformed, "malformed header in response");
    return false;
  }
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trim(line.substr(colon + 1));
  if (headerBlock_ != nullptr) headerBlock_->append(name).append(": ").append(value).append("\r\n");
  lastWasFraming_ = false;
  return parseFraming(name, value);
}

bool Http1Parser::parseFraming(std::string_view name, std::string_view value) {
  switch (name.size()) {
    case 8:
      if (equals(name, "location")) location_.assign(value);
      return true;
    case 10:
      if (equals(name, "connection")) parseConnection(value);
      if (equals(name, "set-cookie")) setCookies_.append("Set-Cookie: ").append(value).append("\r\n");
      return true;
    case 14: return !equals(name, "content-length") || parseContentLength(value);
    case 16:
      if (equals(name, "content-encoding")) {
        if (!contentEncoding_.empty()) contentEncoding_.append(", ");
        contentEncoding_.append(value);
      }
      return true;
    case 17: return !equals(name, "transfer-encoding") || parseTransferEncoding(value);
    default: return true;
  }
}

bool Http1Parser::parseContentLength(std::string_view value) {
  lastWasFraming_ = true;
  bool any = false;
  std::uint64_t length = 0;
  // A single number, as nearly always.
  if (!facts_.hasLength && parseDecimal(value, length)) {
    facts_.length = length;
    facts_.hasLength = true;
    return true;
  }
  const bool valid = forEachElement(value, [&](std::string_view element) {
    if (!parseDecimal(element, length) || (facts_.hasLength && length != facts_.length)) return false;
    facts_.length = length;
    facts_.hasLength = true;
    any = true;
    return true;
  });
  if (valid && any) return true;
  fail(Fault::kMalformed,
       facts_.hasLength ? "conflicting Content-Length in response" : "invalid Content-Length in response");
  return false;
}

bool Http1Parser::parseTransferEncoding(std::string_view value) {
  lastWasFraming_ = true;
  const bool valid = forEachElement(value, [&](std::string_view coding) {
    if (facts_.isChunked) return false;
    if (equals(coding, "chunked")) {
      facts_.isChunked = true;
      return true;
    }
    return equals(coding, "identity");
  });
  if (valid) return true;
  fail(Fault::kMalformed, "unsupported Transfer-Encoding in response");
  return false;
}

void Http1Parser::parseConnection(std::string_view value) {
  forEachElement(value, [&](std::string_view option) {
    if (equals(option, "close")) facts_.saysClose = true;
    if (equals(option, "keep-alive")) facts_.saysKeepAlive = true;
    return true;
  });
}

void Http1Parser::foldLine(std::string_view line) {
  if (headerBlock_ == nullptr || headerBlock_->size() < 2 || breaksLine(line)) return;
  headerBlock_->resize(headerBlock_->size() - 2);
  headerBlock_->append(" ").append(trim(line)).append("\r\n");
}

bool Http1Parser::endHead() {
  if (facts_.status < 200 && facts_.status != 101) {
    if (++interim_ > limits_.interimResponses) {
      fail(Fault::kMalformed, "more than " + std::to_string(limits_.interimResponses) + " interim (1xx) responses");
      return false;
    }
    beginHead();
    state_ = State::kStatusLine;
    return true;
  }
  keepsConnection_ = !facts_.saysClose && (facts_.httpVersion == 11 || facts_.saysKeepAlive);
  lineBytes_ = 0;
  if (toHeadRequest_ || facts_.status == 204 || facts_.status == 304) {
    state_ = State::kNoBody;
  } else if (facts_.status == 101) {
    keepsConnection_ = false;
    state_ = State::kNoBody;
  } else if (facts_.isChunked) {
    // Both framings, or chunks from HTTP/1.0, hint at a confused or hostile peer: this response is read, the next is not.
    if (facts_.hasLength || facts_.httpVersion == 10) keepsConnection_ = false;
    state_ = State::kChunkSize;
  } else if (facts_.hasLength) {
    if (facts_.length > maxBodyBytes_) {
      fail(Fault::kBodyTooLarge, "response of " + std::to_string(facts_.length) + " bytes exceeds the limit of " +
                                     std::to_string(maxBodyBytes_));
      return false;
    }
    left_ = facts_.length;
    state_ = State::kLength;
  } else {
    keepsConnection_ = false;
    state_ = State::kToEnd;
  }
  return true;
}

bool Http1Parser::parseChunkSize(std::string_view line) {
  std::uint64_t size = 0;
  std::size_t index = 0;
  for (; index < line.size(); ++index) {
    const int digit = hexDigit(line[index]);
    if (digit < 0) break;
    if (size > std::numeric_limits<std::uint64_t>::max() >> 4) {
      fail(Fault::kMalformed, "chunk size in response is out of range");
      return false;
    }
    size = (size << 4) | static_cast<std::uint64_t>(digit);
  }
  // What follows is an extension, which nobody reads.
  const std::string_view rest = trim(line.substr(index));
  if (index == 0 || (!rest.empty() && rest.front() != ';') || breaksLine(line)) {
    fail(Fault::kMalformed, "malformed chunk size in response");
    return false;
  }
  if (size > maxBodyBytes_ - bodyBytes_) {
    fail(Fault::kBodyTooLarge, "response exceeds the limit of " + std::to_string(maxBodyBytes_) + " bytes");
    return false;
  }
  left_ = size;
  return true;
}

Http1Parser::Event Http1Parser::takeBody(std::string_view& input, std::uint64_t most) {
  if (input.empty()) return Event::kNeedMore;
  const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(input.size(), most));
  if (taken > maxBodyBytes_ - bodyBytes_) {
    return fail(Fault::kBodyTooLarge, "response exceeds the limit of " + std::to_string(maxBodyBytes_) + " bytes");
  }
  part_ = input.substr(0, taken);
  input.remove_prefix(taken);
  bodyBytes_ += taken;
  if (state_ != State::kToEnd) left_ -= taken;
  return Event::kBody;
}

}  // namespace vayu
