// Carries the requests that scripts make with pm.sendRequest, over the worker's own transport. Worker thread only; owned by the worker.
#pragma once

#include <memory>
#include <vector>

#include "engine/execution.h"

namespace vayu {

class ScriptRequests final : public ScriptRequestCarrier, private ExchangeSink {
 public:
  ScriptRequests(Transport& transport, ScriptHost& scripts) : transport_(transport), scripts_(scripts) {}

  void carry(ScriptRequest request, const std::shared_ptr<const RequestOptions>& options,
             std::shared_ptr<CookieJar> cookies) override;
  void abortAll();

 private:
  struct Carried {
    Exchange exchange;
    std::uint64_t token = 0;
    std::shared_ptr<CookieJar> cookies;  // outlives a script that does not wait for the answer
  };
  void onExchangeDone(Exchange& exchange) override;

  Transport& transport_;
  ScriptHost& scripts_;
  std::vector<std::unique_ptr<Carried>> carried_;
};

}  // namespace vayu
