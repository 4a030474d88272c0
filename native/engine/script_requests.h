// Carries the requests that scripts make with pm.sendRequest and pm.execution.runRequest, over the worker's own transport. Worker thread
// only; owned by the worker.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/execution.h"
#include "engine/reference_runner.h"

namespace vayu {

class ScriptRequests final : public ScriptRequestCarrier, private ExchangeSink {
 public:
  ScriptRequests(Transport& transport, ScriptHost& scripts)
      : transport_(transport), scripts_(scripts), references_(transport, scripts, *this) {}

  void carry(ScriptRequest request, const std::shared_ptr<const RequestOptions>& options,
             std::shared_ptr<CookieJar> cookies) override;
  std::string run(Execution& caller, ReferenceCall call) override;
  void abandon(Execution& caller) override;
  ReferenceRunner& references() { return references_; }
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
  ReferenceRunner references_;
};

}  // namespace vayu
