// A request whose texts are parsed templates: what a submission's exchanges are made from. Immutable; any thread.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/request.h"
#include "script/text_template.h"

namespace vayu {

class RequestTemplate {
 public:
  RequestTemplate(const RequestDraft& draft, const TemplateRules& rules);

  // Fills method, url, headers and body, whose strings keep their capacity. Names without a value stay and are added to `unresolved`.
  void render(const ResolveName& resolve, PreparedRequest& request, std::vector<std::string>& unresolved) const;

 private:
  TextTemplate method_;
  TextTemplate url_;
  std::optional<TextTemplate> rows_;  // of the query, behind whatever url_ becomes
  std::vector<std::pair<TextTemplate, TextTemplate>> headers_;
  TextTemplate body_;
};

}  // namespace vayu
