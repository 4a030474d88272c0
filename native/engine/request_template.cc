#include "engine/request_template.h"

namespace vayu {

RequestTemplate::RequestTemplate(const RequestDraft& draft, bool bodyIsText)
    : method_(draft.method),
      url_(draft.url),
      body_(bodyIsText ? TextTemplate(draft.body) : TextTemplate::verbatim(draft.body)) {
  headers_.reserve(draft.headers.size());
  for (const HeaderField& field : draft.headers) headers_.emplace_back(field.name, field.value);
}

void RequestTemplate::render(const ResolveName& resolve, PreparedRequest& request,
                             std::vector<std::string>& unresolved) const {
  method_.render(resolve, request.method, &unresolved);
  url_.render(resolve, request.url, &unresolved);
  request.headers.resize(headers_.size());
  for (std::size_t index = 0; index < headers_.size(); ++index) {
    headers_[index].first.render(resolve, request.headers[index].name, &unresolved);
    headers_[index].second.render(resolve, request.headers[index].value, &unresolved);
  }
  body_.render(resolve, request.body, &unresolved);
}

}  // namespace vayu
