// What a client hands in: a request with its scripts and variables. Immutable once submitted and shared between workers.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/request.h"
#include "script/script_host.h"

namespace vayu {

struct Submission {
  std::shared_ptr<const RequestOptions> options;
  RequestDraft request;  // may hold {{templates}}
  TemplateRules templates;
  std::shared_ptr<const ScriptSet> scripts;  // null: none
  VariableScopes variables;
  ExecutionInfo info;

  bool hasScripts() const { return scripts != nullptr && !scripts->empty(); }
  bool hasPreRequestScripts() const { return scripts != nullptr && !scripts->preRequest.empty(); }
  bool hasTestScripts() const { return scripts != nullptr && !scripts->test.empty(); }
  bool hasTemplates() const {
    const auto open = [](std::string_view text) { return text.find("{{") != std::string_view::npos; };
    if (open(request.url) || open(request.method) || (templates.body != BodyTemplates::kNone && open(request.body)))
      return true;
    for (const HeaderField& field : request.headers) {
      if (open(field.name) || open(field.value)) return true;
    }
    return false;
  }
  bool needsScriptHost() const { return hasScripts() || hasTemplates(); }
  // The same bytes for every exchange.
  bool isStatic() const { return !hasPreRequestScripts() && !hasTemplates(); }

  // The request as it stands, without resolving templates.
  std::shared_ptr<const PreparedRequest> prepare() const {
    auto prepared = std::make_shared<PreparedRequest>();
    prepared->options = options;
    prepared->method = request.method;
    prepared->url = request.url;
    prepared->headers = request.headers;
    prepared->body = request.body;
    return prepared;
  }
};

}  // namespace vayu
