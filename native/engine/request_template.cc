#include "engine/request_template.h"

#include <algorithm>

#include "base/percent_encoding.h"

namespace vayu {

namespace {

// Asked anew, since a script may have put another body in a form's place.
std::string_view contentTypeOf(const RequestDraft& draft) {
  for (const HeaderField& field : draft.headers) {
    if (sameHeaderName(field.name, "content-type")) return field.value;
  }
  return {};
}

// Empty: there is none.
std::string_view boundaryOf(std::string_view contentType) {
  constexpr std::string_view kParameter = "boundary=";
  const std::size_t at = contentType.find(kParameter);
  if (!contentType.starts_with("multipart/form-data") || at == std::string_view::npos) return {};
  contentType.remove_prefix(at + kParameter.size());
  if (!contentType.starts_with('"')) return contentType.substr(0, contentType.find_first_of("; \t"));
  contentType.remove_prefix(1);
  return contentType.substr(0, contentType.find('"'));
}

void quoteNamesOfParts(std::string_view text, std::string_view boundary, TextTemplate& body) {
  if (boundary.empty()) return;
  const std::string delimiter = "--" + std::string(boundary) + "\r\n";
  for (std::size_t at = text.find(delimiter); at != std::string_view::npos; at = text.find(delimiter, at)) {
    at += delimiter.size();
    body.encodeValues(at, std::min(text.find("\r\n\r\n", at), text.size()), ValueEncoding::kQuoted);
  }
}

TextTemplate bodyOf(const RequestDraft& draft, BodyTemplates kind) {
  if (kind == BodyTemplates::kNone) return TextTemplate::verbatim(draft.body);
  const std::string_view type = contentTypeOf(draft);
  const bool isForm = kind == BodyTemplates::kForm && type.starts_with("application/x-www-form-urlencoded");
  TextTemplate body(draft.body, isForm ? ValueEncoding::kForm : ValueEncoding::kNone);
  if (kind == BodyTemplates::kMultipart) quoteNamesOfParts(draft.body, boundaryOf(type), body);
  return body;
}

// Behind the query that a url may have brought along, and in front of its fragment.
void addRows(std::string_view rows, std::string& url) {
  url.resize(std::min(url.find('#'), url.size()));
  if (url.find('?') == std::string::npos) {
    url += '?';
  } else if (!url.ends_with('?') && !url.ends_with('&')) {
    url += '&';
  }
  url += rows;
}

}  // namespace

RequestTemplate::RequestTemplate(const RequestDraft& draft, const TemplateRules& rules)
    : method_(draft.method), url_(draft.url), body_(bodyOf(draft, rules.body)) {
  const std::string& rows = rules.queryRows;
  // Looked for, since a script may have put others around them.
  if (const std::size_t at = rows.empty() ? std::string::npos : draft.url.rfind(rows); at != std::string::npos) {
    if (at > 0 && draft.url[at - 1] == '?') {
      url_ = TextTemplate(std::string_view(draft.url).substr(0, at - 1));
      rows_.emplace(std::string_view(draft.url).substr(at));
      rows_->encodeValues(0, rows.size(), ValueEncoding::kUrlComponent);
    } else {
      url_.encodeValues(at, at + rows.size(), ValueEncoding::kUrlComponent);
    }
  }
  headers_.reserve(draft.headers.size());
  for (const HeaderField& field : draft.headers) headers_.emplace_back(field.name, field.value);
}

void RequestTemplate::render(const ResolveName& resolve, PreparedRequest& request,
                             std::vector<std::string>& unresolved) const {
  method_.render(resolve, request.method, &unresolved);
  url_.render(resolve, request.url, &unresolved);
  if (rows_.has_value() && rows_->isPlain()) {
    addRows(rows_->text(), request.url);
  } else if (rows_.has_value()) {
    std::string rows;
    rows_->render(resolve, rows, &unresolved);
    addRows(rows, request.url);
  }
  encodeUrl(request.url);
  request.headers.resize(headers_.size());
  for (std::size_t index = 0; index < headers_.size(); ++index) {
    headers_[index].first.render(resolve, request.headers[index].name, &unresolved);
    headers_[index].second.render(resolve, request.headers[index].value, &unresolved);
  }
  body_.render(resolve, request.body, &unresolved);
}

}  // namespace vayu
