// JSON text to JavaScript values. Takes the place of QuickJS's JSON.parse, which recurses without a stack check (100,000 nested
// arrays in a response body end the process) and builds a token object per value. This one keeps its own stack, so depth costs
// memory only, and its messages are V8's. Worker thread only; the working storage is reused.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "script/quickjs_compat.h"

namespace vayu {

class JsonParser {
 public:
  // The value, or JS_EXCEPTION with a SyntaxError pending.
  JSValue parse(JSContext* context, std::string_view text);
  // Deepest nesting of the last successful parse.
  std::size_t depth() const { return depth_; }

 private:
  struct Frame {
    JSValue container;
    JSAtom key;            // objects: the name that waits for its value
    std::uint32_t length;  // arrays: elements so far
    bool isArray;
  };

  JSValue run();
  void skipSpace();
  bool parseKey(JSAtom& key);
  JSValue parseString();
  JSValue parseEscapedString(const char* start);
  JSValue parseNumber();
  JSValue parseWord(std::string_view word, JSValue value);
  bool decodeString(const char* start, std::string& out);
  bool store(Frame& frame, JSValue value);
  bool failAt(const char* message, const char* where);
  JSValue failUnexpected();
  std::size_t utf16Offset(const char* where) const;
  void unwind();

  JSContext* context_ = nullptr;
  const char* begin_ = nullptr;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  std::vector<Frame> frames_;
  std::string scratch_;
  std::size_t depth_ = 0;
};

}  // namespace vayu
