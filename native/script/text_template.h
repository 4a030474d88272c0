// A text with {{names}} that was parsed once, so that a request made from it costs no parsing. Immutable; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "script/variables.h"

namespace vayu {

// What is done to a value on its way into a text whose writer has encoded the rest.
enum class ValueEncoding : std::uint8_t { kNone, kForm, kUrlComponent, kQuoted };

class TextTemplate {
 public:
  TextTemplate() = default;
  explicit TextTemplate(std::string_view text, ValueEncoding encoding = ValueEncoding::kNone);
  // A text that is not to be looked into.
  static TextTemplate verbatim(std::string_view text);

  // The values of names that begin at an offset from `from` up to `to` are encoded so.
  void encodeValues(std::size_t from, std::size_t to, ValueEncoding encoding);

  // No name to replace.
  bool isPlain() const { return names_.empty(); }
  const std::string& text() const { return text_; }

  // Puts into `out` what substituteTemplates() would return for the text, the values encoded.
  void render(const ResolveName& resolve, std::string& out, std::vector<std::string>* unresolved) const;

 private:
  // Of the name's braces in text_.
  struct Name {
    std::size_t open;
    std::size_t end;
    ValueEncoding encoding;
  };

  std::string text_;
  std::vector<Name> names_;
};

}  // namespace vayu
