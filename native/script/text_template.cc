#include "script/text_template.h"

#include "base/percent_encoding.h"

namespace vayu {

namespace {

void appendEncoded(std::string_view text, ValueEncoding encoding, std::string& out) {
  switch (encoding) {
    case ValueEncoding::kNone: out += text; break;
    case ValueEncoding::kForm: appendFormComponent(text, out); break;
    case ValueEncoding::kUrlComponent: appendUrlComponent(text, out); break;
    case ValueEncoding::kQuoted: appendQuotedName(text, out); break;
  }
}

// Names that a value brought along and that have no value stay as they are written.
void appendEncodedAroundNames(std::string_view text, ValueEncoding encoding, std::string& out) {
  std::size_t at = 0;
  for (std::size_t open = text.find("{{"); open != std::string_view::npos;) {
    const std::size_t close = text.find_first_of("{}", open + 2);
    if (close == std::string_view::npos) break;
    if (close == open + 2 || text.substr(close, 2) != "}}") {
      open = text.find("{{", open + 1);
      continue;
    }
    appendEncoded(text.substr(at, open - at), encoding, out);
    out += text.substr(open, close + 2 - open);
    at = close + 2;
    open = text.find("{{", at);
  }
  appendEncoded(text.substr(at), encoding, out);
}

bool resolveEncoded(const ResolveName& resolve, std::string_view name, ValueEncoding encoding, std::string& out) {
  if (encoding == ValueEncoding::kNone) return resolve(name, out);
  std::string value;
  if (!resolve(name, value)) return false;
  if (value.find("{{") == std::string::npos) {
    appendEncoded(value, encoding, out);
  } else {
    appendEncodedAroundNames(substituteTemplates(value, resolve, nullptr, kMaxTemplateRounds - 1), encoding, out);
  }
  return true;
}

}  // namespace

TextTemplate::TextTemplate(std::string_view text, ValueEncoding encoding) : text_(text) {
  for (std::size_t open = text_.find("{{"); open != std::string::npos;) {
    const std::size_t close = text_.find_first_of("{}", open + 2);
    if (close == std::string::npos) break;
    if (text_.compare(close, 2, "}}") != 0) {
      open = text_.find("{{", open + 1);
      continue;
    }
    names_.push_back({open, close + 2, encoding});
    open = text_.find("{{", close + 2);
  }
}

TextTemplate TextTemplate::verbatim(std::string_view text) {
  TextTemplate made;
  made.text_ = text;
  return made;
}

void TextTemplate::encodeValues(std::size_t from, std::size_t to, ValueEncoding encoding) {
  for (Name& name : names_) {
    if (name.open >= from && name.open < to) name.encoding = encoding;
  }
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
    if (resolveEncoded(resolve, bare, name.encoding, out)) {
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
