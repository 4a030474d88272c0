#include "engine/request_template.h"

#include <algorithm>

#include "base/percent_encoding.h"

namespace vayu {

namespace {

// A script may have put another body in a form's place.
bool isForm(const RequestDraft& draft) {
  return std::any_of(draft.headers.begin(), draft.headers.end(), [](const HeaderField& field) {
    return sameHeaderName(field.name, "content-type") && field.value.starts_with("application/x-www-form-urlencoded");
  });
}

TextTemplate bodyOf(const RequestDraft& draft, BodyTemplates kind) {
  if (kind == BodyTemplates::kNone) return TextTemplate::verbatim(draft.body);
  const bool encodes = kind == BodyTemplates::kForm && isForm(draft);
  return TextTemplate(draft.body, encodes ? ValueEncoding::kForm : ValueEncoding::kNone);
}

TextTemplate urlOf(const std::string& text, const std::string& rows) {
  TextTemplate url(text);
  // Looked for, since a script may have put others around them.
  if (const std::size_t at = rows.empty() ? std::string::npos : text.rfind(rows); at != std::string::npos) {
    url.encodeValues(at, at + rows.size(), ValueEncoding::kUrlComponent);
  }
  return url;
}

}  // namespace

RequestTemplate::RequestTemplate(const RequestDraft& draft, const TemplateRules& rules)
    : method_(draft.method), url_(urlOf(draft.url, rules.queryRows)), body_(bodyOf(draft, rules.body)) {
  headers_.reserve(draft.headers.size());
  for (const HeaderField& field : draft.headers) headers_.emplace_back(field.name, field.value);
}

void RequestTemplate::render(const ResolveName& resolve, PreparedRequest& request,
                             std::vector<std::string>& unresolved) const {
  method_.render(resolve, request.method, &unresolved);
  url_.render(resolve, request.url, &unresolved);
  encodeUrl(request.url);
  request.headers.resize(headers_.size());
  for (std::size_t index = 0; index < headers_.size(); ++index) {
    headers_[index].first.render(resolve, request.headers[index].name, &unresolved);
    headers_[index].second.render(resolve, request.headers[index].value, &unresolved);
  }
  body_.render(resolve, request.body, &unresolved);
}

}  // namespace vayu
