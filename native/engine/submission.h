// What a client hands in: a request with its scripts and variables. Immutable once submitted and shared between workers.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/request.h"
#include "script/script_host.h"

namespace vayu {

struct Submission;

// A saved request that scripts may run by its id. Of its variables, `collection` goes over what the calling script sees, and `local` below
// what the script has in its own.
struct ReferencedRequest {
  std::shared_ptr<const Submission> submission;  // null: it cannot be sent
  std::string error;                             // why
  std::string collection;                        // the id of the collection that it lies in
};

using ReferencedRequests = std::unordered_map<std::string, ReferencedRequest>;

struct Submission {
  std::shared_ptr<const RequestOptions> options;
  RequestDraft request;  // may hold {{templates}}
  TemplateRules templates;
  std::shared_ptr<const ScriptSet> scripts;  // null: none
  VariableScopes variables;
  ExecutionInfo info;
  std::shared_ptr<const ReferencedRequests> references;  // null: none

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
