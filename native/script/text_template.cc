#include "script/text_template.h"

namespace vayu {

TextTemplate::TextTemplate(std::string_view text) : text_(text) {
  for (std::size_t open = text_.find("{{"); open != std::string::npos;) {
    const std::size_t close = text_.find_first_of("{}", open + 2);
    if (close == std::string::npos) break;
    if (text_.compare(close, 2, "}}") != 0) {
      open = text_.find("{{", open + 1);
      continue;
    }
    names_.push_back({open, close + 2});
    open = text_.find("{{", close + 2);
  }
}

TextTemplate TextTemplate::verbatim(std::string_view text) {
  TextTemplate made;
  made.text_ = text;
  return made;
}

void TextTemplate::render(const ResolveName& resolve, std::string& out, std::vector<std::string>* unresolved) const {
  if (names_.empty()) {
    out = text_;
    return;
  }
  out.clear();
  bool replaced = false;
  std::size_t at = 0;
  for (const Name& name : names_) {
    out.append(text_, at, name.open - at);
    const std::string_view bare(text_.data() + name.open + 2, name.end - name.open - 4);
    if (resolve(bare, out)) {
      replaced = true;
    } else {
      out.append(text_, name.open, name.end - name.open);
    }
    at = name.end;
  }
  out.append(text_, at, std::string::npos);
  if (out.find("{{") == std::string::npos) return;
  // A value brought names of its own, or one has no value: rare enough to parse.
  if (replaced) {
    out = substituteTemplates(out, resolve, unresolved, kMaxTemplateRounds - 1);
  } else if (unresolved != nullptr) {
    listNames(out, *unresolved);
  }
}

}  // namespace vayu
