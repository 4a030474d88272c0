// Keeps single exchanges of a load run: errors and slow ones up to a cap, a uniform reservoir of the other successes, and the slowest few of
// every band of response times. One per worker and run, with its share of the caps. Offered by the worker; drained by the reporter.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "engine/exchange.h"
#include "engine/load_plan.h"

namespace vayu {

enum class SampleKind : std::uint8_t { kError, kSlow, kSuccess, kExemplar };

struct SampledExchange {
  SampleKind kind = SampleKind::kSuccess;
  std::shared_ptr<const PreparedRequest> request;
  Clocks clocks;
  Phases phases;
  Response response;
  ErrorCode error = ErrorCode::kNone;
  std::string errorMessage;
  std::vector<std::string> secrets;  // what scripts put into the vault
};

class Sampler {
 public:
  Sampler(const SamplingOptions& options, std::uint32_t worker, std::uint32_t workers, std::uint64_t seed);

  // Worker thread only.
  // Body bytes worth capturing for the next exchange: 0 when a success would not be kept.
  std::uint64_t successCaptureLimit() const;
  std::uint64_t errorCaptureLimit() const { return errorsLeft_ > 0 ? options_.maxBodyBytes : 0; }
  // Whether the next success goes into the reservoir, as far as that is known before the sampling rate has been drawn.
  bool keepsNextSuccess() const { return capacity_ > 0 && (seen_ < capacity_ || seen_ >= nextKept_); }
  void offer(Exchange& exchange, bool failed, std::int64_t responseUs);
  // Hands the reservoir and the exemplars over, once, when the run ends.
  void finish();

  // Reporter thread.
  std::vector<SampledExchange> drain();

 private:
  // A quarter of an octave of response times and the slowest exchanges in it.
  struct Band {
    std::int64_t leastUs = -1;  // of those kept; -1 while there is room
    std::vector<std::pair<std::int64_t, SampledExchange>> kept;
  };

  void push(Exchange& exchange, SampleKind kind);
  void keepExemplar(Exchange& exchange, std::int64_t responseUs);
  SampledExchange copy(Exchange& exchange, SampleKind kind) const;
  void planNextReplacement();
  double random();

  const SamplingOptions options_;
  std::size_t errorsLeft_;
  std::size_t slowLeft_;
  std::size_t capacity_;
  std::uint64_t random_;
  std::uint64_t seen_ = 0;      // successes that passed the sampling rate
  std::uint64_t nextKept_ = 0;  // the one of them that is kept next
  double weight_ = 1.0;
  std::vector<SampledExchange> reservoir_;
  std::vector<Band> bands_;

  std::mutex mutex_;
  std::vector<SampledExchange> ready_;  // under mutex_
};

}  // namespace vayu
