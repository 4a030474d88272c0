#include "engine/http1_parser.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace vayu {
namespace {

using Event = Http1Parser::Event;
using Fault = Http1Parser::Fault;

struct Outcome {
  bool done = false;
  Fault fault = Fault::kNone;
  int heads = 0;
  int status = 0;
  int httpVersion = 0;
  bool keepsConnection = false;
  std::string statusText;
  std::string headers;
  std::string body;
  std::string leftover;
  std::string location;
  std::string contentEncoding;
  std::uint64_t headBytes = 0;
  std::uint64_t bodyBytes = 0;

  bool operator==(const Outcome&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
  return out << "done=" << outcome.done << " fault=" << static_cast<int>(outcome.fault) << " heads=" << outcome.heads
             << " status=" << outcome.status << " keep=" << outcome.keepsConnection << " body=[" << outcome.body
             << "] leftover=[" << outcome.leftover << "] headBytes=" << outcome.headBytes << " headers=["
             << outcome.headers << "]";
}

struct Setting {
  bool head = false;
  bool closes = false;  // the peer closes after the last byte
  std::uint64_t maxBody = 1 << 20;
  Http1Limits limits;
};

Outcome parsePieces(Http1Parser& parser, const std::vector<std::string>& pieces, const Setting& setting,
                    bool captures) {
  Outcome outcome;
  if (captures) {
    parser.begin(setting.head, setting.maxBody, &outcome.headers, &outcome.statusText);
  } else {
    parser.begin(setting.head, setting.maxBody);
  }
  Event event = Event::kNeedMore;
  const auto pull = [&](std::string_view& input) {
    for (;;) {
      event = parser.next(input);
      if (event == Event::kHead) ++outcome.heads;
      if (event == Event::kBody) outcome.body.append(parser.part());
      if (event != Event::kHead && event != Event::kBody) return;
    }
  };
  for (const std::string& piece : pieces) {
    // A copy that ends with the piece: reading on after its end, or in it later, is found by AddressSanitizer.
    const std::vector<char> bytes(piece.begin(), piece.end());
    std::string_view input(bytes.data(), bytes.size());
    if (event == Event::kNeedMore) pull(input);
    outcome.leftover.append(input);
  }
  if (event == Event::kNeedMore && setting.closes) event = parser.finish();
  outcome.done = event == Event::kDone;
  outcome.fault = parser.fault();
  outcome.status = parser.status();
  outcome.httpVersion = parser.httpVersion();
  outcome.keepsConnection = parser.keepsConnection();
  outcome.location = parser.location();
  outcome.contentEncoding = parser.contentEncoding();
  outcome.headBytes = parser.headBytes();
  outcome.bodyBytes = parser.bodyBytes();
  return outcome;
}

Outcome parsePieces(const std::vector<std::string>& pieces, const Setting& setting) {
  Http1Parser parser(setting.limits);
  return parsePieces(parser, pieces, setting, true);
}

// The outcome of the whole in one piece, after checking that every other way to cut it gives the same.
Outcome parse(std::string_view text, const Setting& setting = {}) {
  const Outcome whole = parsePieces({std::string(text)}, setting);
  // Where a fault is seen depends on the cut, what is left over then says nothing.
  const auto comparable = [](Outcome outcome) {
    if (outcome.fault != Fault::kNone) {
      outcome.leftover.clear();
      outcome.headBytes = 0;
    }
    return outcome;
  };
  std::vector<std::string> bytes;
  for (const char character : text) bytes.emplace_back(1, character);
  EXPECT_EQ(comparable(whole), comparable(parsePieces(bytes, setting))) << "one byte at a time";
  for (std::size_t cut = 1; cut < text.size(); ++cut) {
    const Outcome split = parsePieces({std::string(text.substr(0, cut)), std::string(text.substr(cut))}, setting);
    EXPECT_EQ(comparable(whole), comparable(split)) << "cut at " << cut;
    if (comparable(whole) != comparable(split)) break;
  }
  // A parser that has seen it before gives the same, but for what it was not asked to keep.
  Outcome plain = whole;
  plain.headers.clear();
  plain.statusText.clear();
  Http1Parser parser(setting.limits);
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(plain, parsePieces(parser, {std::string(text)}, setting, false)) << "round " << round;
  }
  return whole;
}

Fault faultOf(std::string_view text, const Setting& setting = {}) {
  const Outcome outcome = parse(text, setting);
  EXPECT_FALSE(outcome.done);
  return outcome.fault;
}

TEST(Http1Parser, AKnownHeadIsReadForTheRequestAtHand) {
  const std::string head =
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\nConnection: close\r\n\r\n";
  Http1Parser parser;
  const Outcome first = parsePieces(parser, {head + "hello"}, {}, false);
  EXPECT_EQ(first, parsePieces(parser, {head + "hello"}, {}, false));
  EXPECT_EQ(first.contentEncoding, "gzip");
  EXPECT_FALSE(first.keepsConnection);

  Outcome toHead = parsePieces(parser, {head}, {.head = true, .limits = {}}, false);
  EXPECT_TRUE(toHead.done);
  EXPECT_EQ(toHead.bodyBytes, 0u);
  EXPECT_EQ(parsePieces(parser, {head + "hello"}, {.maxBody = 4, .limits = {}}, false).fault, Fault::kBodyTooLarge);
  EXPECT_EQ(parsePieces(parser, {head + "hel", "lo"}, {}, false), first);

  const Outcome captured = parsePieces(parser, {head + "hello"}, {}, true);
  EXPECT_EQ(captured.statusText, "OK");
  EXPECT_EQ(captured.headers, "Content-Encoding: gzip\r\nContent-Length: 5\r\nConnection: close\r\n");
}

TEST(Http1Parser, AHeadThatDiffersInOneByteIsReadAnew) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
  Http1Parser parser;
  parsePieces(parser, {head + "hello"}, {}, false);
  std::string longer = head;
  longer.replace(longer.find("5\r\n"), 1, "7");
  const Outcome seven = parsePieces(parser, {longer + "hello, "}, {}, false);
  EXPECT_TRUE(seven.done);
  EXPECT_EQ(seven.body, "hello, ");
  const Outcome five = parsePieces(parser, {head + "hello, "}, {}, false);
  EXPECT_EQ(five.body, "hello");
  EXPECT_EQ(five.leftover, ", ");
  // What leads elsewhere or sets a cookie says so every time.
  const std::string redirect = "HTTP/1.1 302 Found\r\nLocation: /there\r\nSet-Cookie: a=1\r\nContent-Length: 0\r\n\r\n";
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(parsePieces(parser, {redirect}, {}, false).location, "/there");
    EXPECT_EQ(parser.setCookies(), "Set-Cookie: a=1\r\n");
  }
  EXPECT_EQ(parsePieces(parser, {head + "hello"}, {}, false).location, "");
}

TEST(Http1Parser, ReadsAResponseWithContentLength) {
  const Outcome outcome = parse("HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 5\r\nX-Empty:\r\n\r\nhello");
  EXPECT_TRUE(outcome.done);
  EXPECT_EQ(outcome.heads, 1);
  EXPECT_EQ(outcome.status, 200);
  EXPECT_EQ(outcome.httpVersion, 11);
  EXPECT_EQ(outcome.statusText, "OK");
  EXPECT_EQ(outcome.headers, "Server: nginx\r\nContent-Length: 5\r\nX-Empty: \r\n");
  EXPECT_EQ(outcome.body, "hello");
  EXPECT_EQ(outcome.bodyBytes, 5u);
  EXPECT_EQ(outcome.headBytes, 63u);
  EXPECT_TRUE(outcome.keepsConnection);
  EXPECT_EQ(outcome.leftover, "");
}

TEST(Http1Parser, NeedsMoreUntilTheLastByte) {
  const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
  for (std::size_t length = 0; length < text.size(); ++length) {
    const Outcome outcome = parsePieces({text.substr(0, length)}, {});
    EXPECT_FALSE(outcome.done) << length;
    EXPECT_EQ(outcome.fault, Fault::kNone) << length;
  }
}

TEST(Http1Parser, AcceptsBareLineFeedsAndAMissingReason) {
  const Outcome outcome = parse("HTTP/1.1 404\nContent-Length: 2\n\nno");
  EXPECT_TRUE(outcome.done);
  EXPECT_EQ(outcome.status, 404);
  EXPECT_EQ(outcome.statusText, "");
  EXPECT_EQ(outcome.body, "no");
  EXPECT_EQ(parse("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n").status, 200);
  EXPECT_EQ(parse("HTTP/1.1 200 Very fine: indeed\r\nContent-Length: 0\r\n\r\n").statusText, "Very fine: indeed");
}

TEST(Http1Parser, LeavesWhatFollowsTheResponse) {
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500").leftover, "HTTP/1.1 500");
  EXPECT_EQ(parse("HTTP/1.1 204 No Content\r\n\r\nX").leftover, "X");
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX").leftover, "X");
}

TEST(Http1Parser, ResponsesWithoutABody) {
  Setting head;
  head.head = true;
  const Outcome toHead = parse("HTTP/1.1 200 OK\r\nContent-Length: 123456789\r\n\r\n", head);
  EXPECT_TRUE(toHead.done);
  EXPECT_EQ(toHead.bodyBytes, 0u);
  EXPECT_TRUE(toHead.keepsConnection);
  EXPECT_TRUE(parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", head).done);
  EXPECT_TRUE(parse("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n").done);
  EXPECT_TRUE(parse("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n").done);
  EXPECT_TRUE(parse("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").done);
}

TEST(Http1Parser, ReadsToTheEndOfTheStream) {
  Setting closes;
  closes.closes = true;
  const Outcome outcome = parse("HTTP/1.1 200 OK\r\n\r\nall of it", closes);
  EXPECT_TRUE(outcome.done);
  EXPECT_EQ(outcome.body, "all of it");
  EXPECT_FALSE(outcome.keepsConnection);
  EXPECT_FALSE(parse("HTTP/1.1 200 OK\r\n\r\nall of it").done);
  EXPECT_TRUE(parse("HTTP/1.1 200 OK\r\n\r\n", closes).done);
}

TEST(Http1Parser, ReadsChunks) {
  const Outcome outcome = parse(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n1;name=\"value; x\"\r\n,\r\n00A ;x\r\n 234567890\r\n0;last\r\nX-Trailer: a\r\nY:\r\n\r\n");
  EXPECT_TRUE(outcome.done);
  EXPECT_EQ(outcome.body, "hello, 234567890");
  EXPECT_EQ(outcome.bodyBytes, 16u);
  EXPECT_TRUE(outcome.keepsConnection);
  EXPECT_EQ(outcome.headers, "Transfer-Encoding: chunked\r\n");
  EXPECT_EQ(parse("HTTP/1.1 200 OK\nTransfer-Encoding: CHUNKED\n\n2\nok\n0\n\n").body, "ok");
}

TEST(Http1Parser, RefusesBadChunks) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const char* chunks : {"g\r\n", "\r\n", ";\r\n", "-1\r\n", "5 5\r\n", "0x5\r\n", "3\r\nabcd\r\n", "3\r\nabc\rX",
                             "3\r\nabc\n\n", "10000000000000000\r\n", "ffffffffffffffff0\r\n",
                             "0\r\nbad trailer\r\n\r\n", "0\r\n: x\r\n\r\n", " 3\r\nabc"}) {
    EXPECT_EQ(faultOf(head + chunks), Fault::kMalformed) << chunks;
  }
  EXPECT_EQ(faultOf(head + "ffffffffffffffff\r\n"), Fault::kBodyTooLarge);
  EXPECT_EQ(faultOf(head + "5;" + std::string(5000, 'x') + "\r\n"), Fault::kMalformed);
}

TEST(Http1Parser, SaysWhetherTheConnectionIsKept) {
  const auto keeps = [](std::string_view versionAndHeaders) {
    const Outcome outcome = parse("HTTP/" + std::string(versionAndHeaders) + "Content-Length: 0\r\n\r\n");
    EXPECT_TRUE(outcome.done);
    return outcome.keepsConnection;
  };
  EXPECT_TRUE(keeps("1.1 200 OK\r\n"));
  EXPECT_FALSE(keeps("1.1 200 OK\r\nConnection: close\r\n"));
  EXPECT_FALSE(keeps("1.1 200 OK\r\nCONNECTION:   Upgrade , Close\r\n"));
  EXPECT_FALSE(keeps("1.1 200 OK\r\nConnection: keep-alive\r\nConnection: close\r\n"));
  EXPECT_FALSE(keeps("1.0 200 OK\r\n"));
  EXPECT_TRUE(keeps("1.0 200 OK\r\nConnection: Keep-Alive\r\n"));
  EXPECT_FALSE(parse("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
                   .keepsConnection);
  EXPECT_FALSE(parse("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n").keepsConnection);
}

TEST(Http1Parser, ChunkedWinsOverContentLengthAndTheConnectionIsNotReused) {
  const Outcome outcome =
      parse("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
  EXPECT_TRUE(outcome.done);
  EXPECT_EQ(outcome.body, "hello");
  EXPECT_FALSE(outcome.keepsConnection);
}

TEST(Http1Parser, RefusesContentLengthsThatConflictOrAreNoNumbers) {
  for (const char* header :
       {"Content-Length: 3\r\nContent-Length: 4", "Content-Length: 3, 4", "Content-Length: -1", "Content-Length: +3",
        "Content-Length: 3 3", "Content-Length: 0x3", "Content-Length:", "Content-Length: 18446744073709551616",
        "Content-Length: 99999999999999999999999999", "Content-Length: 3.0", "Content-Length: ,"}) {
    EXPECT_EQ(faultOf("HTTP/1.1 200 OK\r\n" + std::string(header) + "\r\n\r\nabc"), Fault::kMalformed) << header;
  }
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nContent-Length: 3\r\ncontent-length: 3, 3\r\n\r\nabc").body, "abc");
  EXPECT_EQ(faultOf("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n"), Fault::kBodyTooLarge);
}

TEST(Http1Parser, RefusesCodingsItCannotUndo) {
  for (const char* coding : {"gzip, chunked", "chunked, gzip", "gzip", "chunked, chunked"}) {
    EXPECT_EQ(faultOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: " + std::string(coding) + "\r\n\r\n"), Fault::kMalformed)
        << coding;
  }
  EXPECT_EQ(parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nok").body, "ok");
}

TEST(Http1Parser, SkipsInterimResponsesUpToALimit) {
  const Outcome outcome = parse(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 9\r\nConnection: "
      "close\r\n\r\n"
      "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok");
  EXPECT_TRUE(outcome.done);
  EXPECT_EQ(outcome.heads, 1);
  EXPECT_EQ(outcome.status, 201);
  EXPECT_EQ(outcome.statusText, "Created");
  EXPECT_EQ(outcome.headers, "Content-Length: 2\r\n");
  EXPECT_EQ(outcome.body, "ok");
  EXPECT_TRUE(outcome.keepsConnection);

  Setting setting;
  setting.limits.interimResponses = 3;
  const std::string interim = "HTTP/1.1 102 Processing\r\n\r\n";
  const std::string last = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  EXPECT_TRUE(parse(interim + interim + interim + last, setting).done);
  EXPECT_EQ(faultOf(interim + interim + interim + interim + last, setting), Fault::kMalformed);
}

TEST(Http1Parser, RefusesWhatIsNotHttp) {
  for (const char* text : {"garbage\r\n\r\n", "\x16\x03\x01 binary", "\r\nHTTP/1.1 200 OK\r\n\r\n",
                           "HTTP/2 200\r\n\r\n", "HTTP/1.2 200 OK\r\n", "HTTP/1.1 20 OK\r\n", "HTTP/1.1 2000 OK\r\n",
                           "HTTP/1.1 099 OK\r\n", "HTTP/1.1  200 OK\r\n", "HTTP/1.1\r\n", "HTTP/1.1 abc\r\n",
                           "http/1.1 200 OK\r\n", "HTTP/1.1 200\tOK\r\n", "HTTP/1.1 2\r0 OK\r\n"}) {
    EXPECT_EQ(faultOf(text), Fault::kMalformed) << text;
  }
  // Told before a line end that may never come.
  EXPECT_EQ(parsePieces({"garbage"}, {}).fault, Fault::kMalformed);
  EXPECT_EQ(parsePieces({"HTTP"}, {}).fault, Fault::kNone);
}

TEST(Http1Parser, RefusesMalformedHeaders) {
  for (const std::string& header :
       {std::string("no colon"), std::string(": no name"), std::string("Space : x"), std::string("Con tent: x"),
        std::string("Bell\a: x"), std::string("Nul: a\0b", 8), std::string("Return: a\rb")}) {
    EXPECT_EQ(faultOf("HTTP/1.1 200 OK\r\n" + header + "\r\nContent-Length: 0\r\n\r\n"), Fault::kMalformed) << header;
  }
}

TEST(Http1Parser, UnfoldsHeadersButNoneThatFrame) {
  const Outcome outcome = parse("HTTP/1.1 200 OK\r\nX-Long: one\r\n two\r\n\tthree\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(outcome.done);
  EXPECT_EQ(outcome.headers, "X-Long: one two three\r\nContent-Length: 0\r\n");
  EXPECT_EQ(faultOf("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n 0\r\n\r\n"), Fault::kMalformed);
  EXPECT_EQ(faultOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n , chunked\r\n\r\n"), Fault::kMalformed);
}

TEST(Http1Parser, HoldsItsLimits) {
  Setting setting;
  setting.limits.headBytes = 200;
  const std::string start = "HTTP/1.1 200 OK\r\nX: ";
  const std::string end = "\r\nContent-Length: 0\r\n\r\n";
  const std::size_t room = 200 - start.size() - end.size();
  EXPECT_TRUE(parse(start + std::string(room, 'x') + end, setting).done);
  EXPECT_EQ(faultOf(start + std::string(room + 1, 'x') + end, setting), Fault::kHeadTooLarge);
  // Without a line end, too: nothing is buffered beyond the limit.
  EXPECT_EQ(parsePieces(std::vector<std::string>(300, "HTTP/1.1 200 OK\r\nX: "), setting).fault, Fault::kHeadTooLarge);
  EXPECT_EQ(faultOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: " + std::string(300, 'x'), setting),
            Fault::kHeadTooLarge);

  setting.maxBody = 5;
  setting.closes = true;
  EXPECT_TRUE(parse("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", setting).done);
  EXPECT_EQ(faultOf("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello!", setting), Fault::kBodyTooLarge);
  EXPECT_TRUE(parse("HTTP/1.1 200 OK\r\n\r\nhello", setting).done);
  EXPECT_EQ(parsePieces({"HTTP/1.1 200 OK\r\n\r\nhello!"}, setting).fault, Fault::kBodyTooLarge);
  EXPECT_EQ(parsePieces({"HTTP/1.1 200 OK\r\n\r\nhello", "!"}, setting).fault, Fault::kBodyTooLarge);
  EXPECT_EQ(faultOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\n", setting),
            Fault::kBodyTooLarge);
}

TEST(Http1Parser, NamesWhereTheStreamEnded) {
  Setting closes;
  closes.closes = true;
  EXPECT_EQ(faultOf("", closes), Fault::kNoResponse);
  EXPECT_EQ(faultOf("HTTP/1.", closes), Fault::kCutInHead);
  EXPECT_EQ(faultOf("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", closes), Fault::kCutInHead);
  EXPECT_EQ(faultOf("HTTP/1.1 100 Continue\r\n\r\n", closes), Fault::kCutInHead);
  EXPECT_EQ(faultOf("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", closes), Fault::kCutInBody);
  for (const char* chunks : {"", "5", "5\r\nhel", "5\r\nhello", "5\r\nhello\r\n", "5\r\nhello\r\n0\r\n"}) {
    EXPECT_EQ(faultOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(chunks), closes),
              Fault::kCutInBody)
        << chunks;
  }
}

TEST(Http1Parser, KeepsLocationAndContentEncoding) {
  const Outcome outcome = parse(
      "HTTP/1.1 302 Found\r\nLOCATION:  /next?a=b \r\nContent-Encoding: br\r\nContent-encoding: "
      "gzip\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(outcome.location, "/next?a=b");
  EXPECT_EQ(outcome.contentEncoding, "br, gzip");
}

TEST(Http1Parser, ForgetsTheResponseBefore) {
  Http1Parser parser;
  std::string headers;
  const auto read = [&](std::string_view text) {
    parser.begin(false, 100, &headers);
    Event event;
    do {
      event = parser.next(text);
    } while (event == Event::kHead || event == Event::kBody);
    return event;
  };
  EXPECT_EQ(read("HTTP/1.0 301 Moved\r\nLocation: /\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"),
            Event::kDone);
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), Event::kDone);
  EXPECT_EQ(parser.location(), "");
  EXPECT_EQ(parser.contentEncoding(), "");
  EXPECT_EQ(parser.bodyBytes(), 0u);
  EXPECT_EQ(parser.status(), 200);
  EXPECT_EQ(parser.httpVersion(), 11);
  EXPECT_TRUE(parser.keepsConnection());
  EXPECT_EQ(headers, "Transfer-Encoding: chunked\r\n");
  EXPECT_EQ(read("garbage\r\n"), Event::kFailed);
  EXPECT_EQ(read("HTTP/1.1 204 No Content\r\n\r\n"), Event::kDone);
  EXPECT_EQ(parser.fault(), Fault::kNone);
}

}  // namespace
}  // namespace vayu
