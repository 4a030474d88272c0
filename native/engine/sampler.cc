#include "engine/sampler.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "metrics/histogram.h"

namespace vayu {

namespace {

// 256 of the histogram's buckets: a quarter of an octave.
constexpr int kBandBits = 8;
constexpr std::size_t kExemplarsPerBand = 3;

std::size_t shareOf(std::size_t amount, std::uint32_t worker, std::uint32_t workers) {
  return amount / workers + (worker < amount % workers ? 1 : 0);
}

}  // namespace

Sampler::Sampler(const SamplingOptions& options, std::uint32_t worker, std::uint32_t workers, std::uint64_t seed)
    : options_(options),
      errorsLeft_(shareOf(options.maxErrors, worker, workers)),
      slowLeft_(shareOf(options.maxSlow, worker, workers)),
      capacity_(options.successRate > 0 ? shareOf(options.maxSuccesses, worker, workers) : 0),
      random_(seed * 2 + 1),
      bands_((hdr::kLength >> kBandBits) + 1) {}

std::uint64_t Sampler::successCaptureLimit() const {
  if (slowLeft_ > 0) return options_.maxBodyBytes;
  return keepsNextSuccess() ? options_.maxBodyBytes : 0;
}

double Sampler::random() {
  // xorshift64* (Vigna 2016).
  random_ ^= random_ >> 12;
  random_ ^= random_ << 25;
  random_ ^= random_ >> 27;
  return (static_cast<double>((random_ * 0x2545F4914F6CDD1Du) >> 11) + 0.5) * 0x1.0p-53;
}

void Sampler::offer(Exchange& exchange, bool failed, std::int64_t responseUs) {
  if (failed) {
    if (errorsLeft_ == 0) return;
    --errorsLeft_;
    push(exchange, SampleKind::kError);
    return;
  }
  keepExemplar(exchange, responseUs);
  if (responseUs >= options_.slowThresholdUs && slowLeft_ > 0) {
    --slowLeft_;
    push(exchange, SampleKind::kSlow);
    return;
  }
  if (capacity_ == 0) return;
  if (options_.successRate < 1.0 && random() >= options_.successRate) return;
  const std::uint64_t position = seen_++;
  if (reservoir_.size() < capacity_) {
    reservoir_.push_back(copy(exchange, SampleKind::kSuccess));
    if (reservoir_.size() == capacity_) {
      nextKept_ = seen_;
      planNextReplacement();
    }
  } else if (position == nextKept_) {
    const auto slot = static_cast<std::size_t>(random() * static_cast<double>(capacity_));
    reservoir_[std::min(slot, capacity_ - 1)] = copy(exchange, SampleKind::kSuccess);
    ++nextKept_;
    planNextReplacement();
  }
}

// Algorithm L (Li 1994, "Reservoir-sampling algorithms of time complexity O(n(1+log(N/n)))"): how many to skip before the next one is
// kept, so that an exchange that is not kept costs a comparison.
void Sampler::planNextReplacement() {
  weight_ *= std::exp(std::log(random()) / static_cast<double>(capacity_));
  const double skipped = std::floor(std::log(random()) / std::log1p(-weight_));
  // The weight shrinks to zero in a very long run.
  nextKept_ = skipped < 1e18 ? nextKept_ + static_cast<std::uint64_t>(skipped) : UINT64_MAX;
}

SampledExchange Sampler::copy(Exchange& exchange, SampleKind kind) const {
  SampledExchange sample;
  sample.kind = kind;
  sample.request = exchange.request;
  sample.clocks = exchange.clocks;
  sample.phases = exchange.phases;
  sample.response = exchange.response;
  if (sample.response.body.size() > options_.maxBodyBytes) {
    sample.response.body.resize(options_.maxBodyBytes);
    sample.response.body.shrink_to_fit();
    sample.response.bodyCut = true;
  }
  sample.error = exchange.error;
  sample.errorMessage = exchange.errorMessage;
  if (exchange.secrets != nullptr) sample.secrets = *exchange.secrets;
  return sample;
}

void Sampler::keepExemplar(Exchange& exchange, std::int64_t responseUs) {
  if (options_.maxSuccesses == 0) return;
  Band& band = bands_[hdr::indexOf(responseUs) >> kBandBits];
  if (responseUs <= band.leastUs) return;
  if (band.kept.size() < kExemplarsPerBand) {
    band.kept.emplace_back(responseUs, copy(exchange, SampleKind::kExemplar));
  } else {
    const auto least = std::min_element(band.kept.begin(), band.kept.end(),
                                        [](const auto& a, const auto& b) { return a.first < b.first; });
    *least = {responseUs, copy(exchange, SampleKind::kExemplar)};
  }
  if (band.kept.size() < kExemplarsPerBand) return;
  band.leastUs = std::min_element(band.kept.begin(), band.kept.end(), [](const auto& a, const auto& b) {
                   return a.first < b.first;
                 })->first;
}

void Sampler::push(Exchange& exchange, SampleKind kind) {
  SampledExchange sample = copy(exchange, kind);
  const std::lock_guard lock(mutex_);
  ready_.push_back(std::move(sample));
}

void Sampler::finish() {
  const std::lock_guard lock(mutex_);
  std::move(reservoir_.begin(), reservoir_.end(), std::back_inserter(ready_));
  reservoir_.clear();
  for (Band& band : bands_) {
    for (auto& [us, sample] : band.kept) ready_.push_back(std::move(sample));
    band.kept.clear();
  }
  capacity_ = 0;
}

std::vector<SampledExchange> Sampler::drain() {
  const std::lock_guard lock(mutex_);
  return std::exchange(ready_, {});
}

}  // namespace vayu
