#include "engine/credentials.h"

#include <algorithm>
#include <string>

namespace vayu {

namespace {

// Of a url or a piece of its query. False where it has no parameter of the name.
bool replaceParameter(std::string& text, const HeaderField& parameter) {
  const std::string name = parameter.name + "=";
  for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
    if (at != 0 && text[at - 1] != '?' && text[at - 1] != '&') continue;
    const std::size_t value = at + name.size();
    text.replace(value, std::min(text.find('&', value), text.size()) - value, parameter.value);
    return true;
  }
  return false;
}

}  // namespace

void renew(Submission& submission, const Credentials& credentials) {
  RequestDraft& request = submission.request;
  for (const HeaderField& header : credentials.headers) {
    std::erase_if(request.headers,
                  [&header](const HeaderField& field) { return sameHeaderName(field.name, header.name); });
    request.headers.push_back(header);
  }
  for (const HeaderField& parameter : credentials.query) {
    if (!replaceParameter(request.url, parameter)) {
      request.url += request.url.find('?') == std::string::npos ? '?' : '&';
      request.url.append(parameter.name).append("=").append(parameter.value);
    }
    replaceParameter(submission.templates.queryRows, parameter);
  }
}

}  // namespace vayu
