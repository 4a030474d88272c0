// A text with {{names}} that was parsed once, so that a request made from it costs no parsing. Immutable; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "script/variables.h"

namespace vayu {

class TextTemplate {
 public:
  TextTemplate() = default;
  explicit TextTemplate(std::string_view text);
  // A text that is not to be looked into.
  static TextTemplate verbatim(std::string_view text);

  // No name to replace.
  bool isPlain() const { return names_.empty(); }
  const std::string& text() const { return text_; }

  // Puts into `out` what substituteTemplates() would return for the text.
  void render(const ResolveName& resolve, std::string& out, std::vector<std::string>* unresolved) const;

 private:
  // Of the name's braces in text_.
  struct Name {
    std::size_t open;
    std::size_t end;
  };

  std::string text_;
  std::vector<Name> names_;
};

}  // namespace vayu
