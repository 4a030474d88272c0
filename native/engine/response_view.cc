#include "engine/response_view.h"

#include "base/clock.h"

namespace vayu {

namespace {

const char* httpVersionText(int version) {
  switch (version) {
    case 10: return "1.0";
    case 20: return "2";
    case 30: return "3";
    default: return "1.1";
  }
}

}  // namespace

ResponseView viewOf(const Exchange& exchange) {
  const Response& response = exchange.response;
  ResponseView view;
  view.status = response.status;
  view.statusText = response.statusText;
  view.httpVersion = httpVersionText(response.httpVersion);
  view.headerBlock = response.headerBlock;
  view.body = response.body;
  view.responseTimeUs = (exchange.clocks.doneNs - exchange.clocks.sentNs) / kNsPerUs;
  view.bodyBytes = response.bodyBytes;
  return view;
}

}  // namespace vayu
