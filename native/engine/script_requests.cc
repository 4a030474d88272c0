#include "engine/script_requests.h"

#include <algorithm>
#include <utility>

#include "engine/response_view.h"

namespace vayu {

void ScriptRequests::carry(ScriptRequest request, const std::shared_ptr<const RequestOptions>& options,
                           std::shared_ptr<CookieJar> cookies) {
  auto prepared = std::make_shared<PreparedRequest>();
  prepared->options = options;
  prepared->method = std::move(request.draft.method);
  prepared->url = std::move(request.draft.url);
  prepared->headers = std::move(request.draft.headers);
  prepared->body = std::move(request.draft.body);

  auto carried = std::make_unique<Carried>();
  carried->token = request.token;
  Exchange& exchange = carried->exchange;
  exchange.sink = this;
  exchange.captureHeaders = true;
  exchange.bodyCaptureLimit = options->maxResponseBytes;
  exchange.request = std::move(prepared);
  exchange.cookieJar = cookies.get();
  carried->cookies = std::move(cookies);
  carried_.push_back(std::move(carried));
  transport_.start(exchange);
}

void ScriptRequests::onExchangeDone(Exchange& exchange) {
  const auto found = std::find_if(carried_.begin(), carried_.end(),
                                  [&exchange](const auto& carried) { return &carried->exchange == &exchange; });
  if (found == carried_.end()) return;
  // Out of the list first: the script may send its next request from within the answer.
  const std::unique_ptr<Carried> carried = std::move(*found);
  carried_.erase(found);
  if (exchange.error != ErrorCode::kNone) {
    scripts_.rejectRequest(carried->token, exchange.errorMessage);
    return;
  }
  scripts_.resolveRequest(carried->token, viewOf(exchange));
}

std::string ScriptRequests::run(Execution& caller, ReferenceCall call) {
  return references_.run(caller, std::move(call));
}

void ScriptRequests::abandon(Execution& caller) { references_.abandon(caller); }

void ScriptRequests::abortAll() {
  references_.abortAll();
  while (!carried_.empty()) transport_.abort(carried_.back()->exchange);
}

}  // namespace vayu
