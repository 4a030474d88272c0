#include "engine/sampler.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <map>
#include <thread>
#include <vector>

namespace vayu {
namespace {

SamplingOptions optionsOf(std::size_t successes, std::size_t errors, std::size_t slow) {
  SamplingOptions options;
  options.maxSuccesses = successes;
  options.maxErrors = errors;
  options.maxSlow = slow;
  options.slowThresholdUs = 1000;
  options.maxBodyBytes = 16;
  return options;
}

std::map<SampleKind, std::vector<SampledExchange>> byKind(Sampler& sampler) {
  std::map<SampleKind, std::vector<SampledExchange>> kinds;
  for (SampledExchange& sample : sampler.drain()) kinds[sample.kind].push_back(std::move(sample));
  return kinds;
}

// The intended clock tells the samples apart.
void offerNumbered(Sampler& sampler, std::int64_t number, bool failed = false, std::int64_t responseUs = 10) {
  Exchange exchange;
  exchange.clocks.intendedNs = number;
  sampler.offer(exchange, failed, responseUs);
}

TEST(Sampler, KeepsAllSuccessesUpToItsSize) {
  Sampler sampler(optionsOf(10, 5, 5), 0, 1, 1);
  for (int number = 0; number < 7; ++number) offerNumbered(sampler, number);
  EXPECT_TRUE(sampler.drain().empty());
  sampler.finish();
  auto kinds = byKind(sampler);
  ASSERT_EQ(kinds[SampleKind::kSuccess].size(), 7u);
  for (std::int64_t number = 0; number < 7; ++number) {
    EXPECT_EQ(kinds[SampleKind::kSuccess][static_cast<std::size_t>(number)].clocks.intendedNs, number);
  }
  sampler.finish();
  EXPECT_TRUE(sampler.drain().empty());
}

TEST(Sampler, ErrorsAndSlowOnesAreHandedOutAtOnceUpToTheirCaps) {
  Sampler sampler(optionsOf(10, 3, 2), 0, 1, 1);
  for (int number = 0; number < 50; ++number) offerNumbered(sampler, number, true);
  for (int number = 0; number < 50; ++number) offerNumbered(sampler, number, false, 1000);
  auto kinds = byKind(sampler);
  EXPECT_EQ(kinds[SampleKind::kError].size(), 3u);
  EXPECT_EQ(kinds[SampleKind::kSlow].size(), 2u);
  EXPECT_EQ(kinds[SampleKind::kError].back().clocks.intendedNs, 2);
  EXPECT_EQ(sampler.errorCaptureLimit(), 0u);
}

TEST(Sampler, CapsAreExactOverAllWorkers) {
  std::map<SampleKind, std::size_t> counts;
  for (std::uint32_t worker = 0; worker < 4; ++worker) {
    Sampler sampler(optionsOf(10, 7, 3), worker, 4, worker);
    for (int number = 0; number < 500; ++number) {
      offerNumbered(sampler, number, true);
      offerNumbered(sampler, number, false, 5000);
      offerNumbered(sampler, number);
    }
    sampler.finish();
    for (const auto& [kind, samples] : byKind(sampler)) counts[kind] += samples.size();
  }
  EXPECT_EQ(counts[SampleKind::kSuccess], 10u);
  EXPECT_EQ(counts[SampleKind::kError], 7u);
  EXPECT_EQ(counts[SampleKind::kSlow], 3u);
}

TEST(Sampler, NothingIsKeptOfNothingAsked) {
  SamplingOptions options = optionsOf(10, 0, 0);
  options.successRate = 0;
  options.maxSuccesses = 0;
  Sampler sampler(options, 0, 1, 1);
  EXPECT_FALSE(sampler.keepsNextSuccess());
  EXPECT_EQ(sampler.successCaptureLimit(), 0u);
  for (int number = 0; number < 100; ++number) {
    offerNumbered(sampler, number, number % 2 == 0, number * 100);
  }
  sampler.finish();
  EXPECT_TRUE(sampler.drain().empty());
}

TEST(Sampler, SuccessRateThinsOut) {
  SamplingOptions options = optionsOf(100'000, 0, 0);
  options.successRate = 0.2;
  Sampler sampler(options, 0, 1, 3);
  for (int number = 0; number < 20'000; ++number) offerNumbered(sampler, number);
  sampler.finish();
  // Binomial: 4000 ± 57.
  EXPECT_NEAR(static_cast<double>(byKind(sampler)[SampleKind::kSuccess].size()), 4000, 4 * 57);
}

// Each of n successes is kept with the same probability: a chi-square test over 20 stretches of the run and 400 runs, fixed seeds.
TEST(Sampler, ReservoirIsUniform) {
  constexpr int kOffers = 2000;
  constexpr int kStretches = 20;
  constexpr std::size_t kSize = 50;
  constexpr int kRuns = 400;
  std::vector<double> kept(kStretches, 0);
  for (int run = 0; run < kRuns; ++run) {
    Sampler sampler(optionsOf(kSize, 0, 0), 0, 1, static_cast<std::uint64_t>(run));
    for (int number = 0; number < kOffers; ++number) offerNumbered(sampler, number);
    sampler.finish();
    auto kinds = byKind(sampler);
    ASSERT_EQ(kinds[SampleKind::kSuccess].size(), kSize);
    for (const SampledExchange& sample : kinds[SampleKind::kSuccess]) {
      kept[static_cast<std::size_t>(sample.clocks.intendedNs * kStretches / kOffers)] += 1;
    }
  }
  const double expected = static_cast<double>(kRuns) * kSize / kStretches;
  double chiSquare = 0;
  for (const double count : kept) chiSquare += (count - expected) * (count - expected) / expected;
  // 19 degrees of freedom: 43.8 is exceeded by chance once in a thousand.
  EXPECT_LT(chiSquare, 43.8);
}

TEST(Sampler, TellsWhichSuccessIsKeptNext) {
  Sampler sampler(optionsOf(3, 0, 0), 0, 1, 5);
  int foretold = 0;
  for (int number = 0; number < 3000; ++number) {
    if (sampler.keepsNextSuccess()) {
      ++foretold;
      EXPECT_EQ(sampler.successCaptureLimit(), 16u);
    } else {
      EXPECT_EQ(sampler.successCaptureLimit(), 0u);
    }
    offerNumbered(sampler, number);
  }
  // 3 + 3·ln(3000 / 3) ≈ 24.
  EXPECT_GT(foretold, 8);
  EXPECT_LT(foretold, 50);
}

TEST(Sampler, BodiesAreCutAndMarked) {
  Sampler sampler(optionsOf(10, 10, 0), 0, 1, 1);
  Exchange exchange;
  exchange.response.body = std::string(100, 'x');
  exchange.response.status = 500;
  sampler.offer(exchange, true, 5);
  exchange.response.body = std::string(16, 'y');
  sampler.offer(exchange, true, 5);
  const auto samples = sampler.drain();
  ASSERT_EQ(samples.size(), 2u);
  EXPECT_EQ(samples[0].response.body, std::string(16, 'x'));
  EXPECT_TRUE(samples[0].response.bodyCut);
  EXPECT_FALSE(samples[1].response.bodyCut);
  EXPECT_EQ(exchange.response.body.size(), 16u);
}

TEST(Sampler, KeepsTheSlowestOfEveryBand) {
  Sampler sampler(optionsOf(1, 0, 0), 0, 1, 1);
  for (std::int64_t us = 1; us <= 100'000; us += 7) offerNumbered(sampler, us, false, us);
  sampler.finish();
  auto kinds = byKind(sampler);
  const auto& exemplars = kinds[SampleKind::kExemplar];
  // Bounded whatever the number of offers: 3 for each quarter of an octave that occurred.
  EXPECT_GT(exemplars.size(), 20u);
  EXPECT_LT(exemplars.size(), 3u * 4u * 18u);
  std::int64_t slowest = 0;
  for (const SampledExchange& sample : exemplars) slowest = std::max(slowest, sample.clocks.intendedNs);
  EXPECT_EQ(slowest, 99'996);
}

TEST(Sampler, DrainedWhileOffered) {
  Sampler sampler(optionsOf(100, 10'000, 0), 0, 1, 1);
  std::atomic<bool> done{false};
  std::thread worker([&] {
    for (int number = 0; number < 20'000; ++number) offerNumbered(sampler, number, number % 4 == 0);
    sampler.finish();
    done.store(true, std::memory_order_release);
  });
  std::size_t errors = 0;
  std::size_t successes = 0;
  bool last = false;
  while (true) {
    for (const SampledExchange& sample : sampler.drain()) {
      errors += sample.kind == SampleKind::kError ? 1 : 0;
      successes += sample.kind == SampleKind::kSuccess ? 1 : 0;
    }
    if (last) break;
    last = done.load(std::memory_order_acquire);
  }
  worker.join();
  EXPECT_EQ(errors, 5000u);
  EXPECT_EQ(successes, 100u);
}

}  // namespace
}  // namespace vayu
