#include "engine/pacer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/clock.h"

namespace vayu {
namespace {

constexpr std::int64_t kSecond = kNsPerSecond;

std::vector<std::int64_t> arrivalsOf(Pacer pacer, std::size_t most = 10'000'000) {
  std::vector<std::int64_t> times;
  while (pacer.nextDueNs() != kNever && times.size() < most) {
    times.push_back(pacer.nextDueNs());
    pacer.pop();
  }
  return times;
}

std::vector<std::int64_t> arrivalsOfAll(const Curve& curve, Arrival arrival, std::uint64_t seed, std::uint32_t workers,
                                        std::uint64_t limit = 0) {
  std::vector<std::int64_t> times;
  for (std::uint32_t worker = 0; worker < workers; ++worker) {
    const auto part = arrivalsOf(Pacer(curve, arrival, seed, worker, workers, limit));
    times.insert(times.end(), part.begin(), part.end());
  }
  std::sort(times.begin(), times.end());
  return times;
}

std::size_t countIn(const std::vector<std::int64_t>& times, std::int64_t from, std::int64_t to) {
  return static_cast<std::size_t>(std::lower_bound(times.begin(), times.end(), to) -
                                  std::lower_bound(times.begin(), times.end(), from));
}

TEST(Pacer, CountIsExactlyRateTimesDuration) {
  struct Case {
    double rate;
    std::int64_t durationNs;
    std::size_t expected;
  };
  const Case cases[] = {
      {1, kSecond, 1},
      {50, 10 * kSecond, 500},
      {1000, 60 * kSecond, 60'000},
      {3, kSecond, 3},
      {7, 3 * kSecond, 21},
      {0.5, 10 * kSecond, 5},
      {33.3, 10 * kSecond, 333},
      {100'000, kSecond, 100'000},
      {1500, 500 * kNsPerMs, 750},
      {10, 1, 1},
      {0, 10 * kSecond, 0},
      {0.1, kSecond, 1},
  };
  for (const Case& one : cases) {
    for (const std::uint32_t workers : {1u, 2u, 3u, 8u}) {
      const auto times = arrivalsOfAll(Curve({{one.durationNs, one.rate, one.rate}}), Arrival::kUniform, 1, workers);
      EXPECT_EQ(times.size(), one.expected) << one.rate << "/s for " << one.durationNs << " ns on " << workers;
    }
  }
}

TEST(Pacer, UniformArrivalsAreEvenlySpacedFromZero) {
  const auto times = arrivalsOf(Pacer(Curve({{10 * kSecond, 333, 333}}), Arrival::kUniform, 1, 0, 1, 0));
  ASSERT_EQ(times.size(), 3330u);
  for (std::size_t index = 0; index < times.size(); ++index) {
    EXPECT_NEAR(static_cast<double>(times[index]), static_cast<double>(index) / 333.0 * 1e9, 1.0);
  }
}

TEST(Pacer, WorkersTogetherMakeOneSequence) {
  const Curve curve({{2 * kSecond, 10, 500}, {kSecond, 500, 500}, {kSecond, 0, 0}, {2 * kSecond, 200, 0}});
  for (const Arrival arrival : {Arrival::kUniform, Arrival::kPoisson}) {
    const auto one = arrivalsOfAll(curve, arrival, 42, 1);
    for (const std::uint32_t workers : {2u, 3u, 7u, 64u}) {
      EXPECT_EQ(arrivalsOfAll(curve, arrival, 42, workers), one) << workers;
      EXPECT_EQ(arrivalsOfAll(curve, arrival, 42, workers, 100), (std::vector(one.begin(), one.begin() + 100)));
    }
  }
}

TEST(Pacer, IndexCountsOverAllWorkers) {
  Pacer pacer(Curve({{kSecond, 10, 10}}), Arrival::kUniform, 1, 1, 3, 0);
  EXPECT_EQ(pacer.index(), 1u);
  pacer.pop();
  EXPECT_EQ(pacer.index(), 4u);
}

TEST(Pacer, RampsSecondBySecond) {
  // 0 → 100/s in 10 s: second k holds the integral 10k + 5 of it.
  const auto up = arrivalsOfAll(Curve({{10 * kSecond, 0, 100}}), Arrival::kUniform, 1, 3);
  EXPECT_EQ(up.size(), 500u);
  const auto down = arrivalsOfAll(Curve({{10 * kSecond, 100, 0}}), Arrival::kUniform, 1, 2);
  EXPECT_EQ(down.size(), 500u);
  for (int second = 0; second < 10; ++second) {
    EXPECT_NEAR(static_cast<double>(countIn(up, second * kSecond, (second + 1) * kSecond)), 10 * second + 5, 1.0)
        << second;
    EXPECT_NEAR(static_cast<double>(countIn(down, second * kSecond, (second + 1) * kSecond)), 95 - 10 * second, 1.0)
        << second;
  }
}

TEST(Pacer, StepsAreExactPerStage) {
  const auto times =
      arrivalsOfAll(Curve({{kSecond, 10, 10}, {kSecond, 100, 100}, {kSecond, 20, 20}}), Arrival::kUniform, 1, 2);
  EXPECT_EQ(countIn(times, 0, kSecond), 10u);
  EXPECT_EQ(countIn(times, kSecond, 2 * kSecond), 100u);
  EXPECT_EQ(countIn(times, 2 * kSecond, 3 * kSecond), 20u);
}

TEST(Pacer, NothingIsDueInASegmentOfZero) {
  const auto times =
      arrivalsOfAll(Curve({{kSecond, 10, 10}, {5 * kSecond, 0, 0}, {kSecond, 10, 10}}), Arrival::kUniform, 1, 1);
  EXPECT_EQ(times.size(), 20u);
  EXPECT_EQ(countIn(times, kSecond + 1, 6 * kSecond), 0u);
  EXPECT_EQ(arrivalsOfAll(Curve({{kSecond, 0, 0}, {kSecond, 5, 5}}), Arrival::kUniform, 1, 1).size(), 5u);
}

TEST(Pacer, LimitEndsTheSequence) {
  for (const std::uint32_t workers : {1u, 2u, 5u}) {
    EXPECT_EQ(arrivalsOfAll(Curve({{kNever, 10, 10}}), Arrival::kUniform, 1, workers, 7).size(), 7u);
    EXPECT_EQ(arrivalsOfAll(Curve({{kSecond, 10, 10}}), Arrival::kUniform, 1, workers, 70).size(), 10u);
  }
  Pacer none(Curve({{kNever, 10, 10}}), Arrival::kUniform, 1, 3, 4, 2);
  EXPECT_EQ(none.nextDueNs(), kNever);
  EXPECT_TRUE(none.limitReached());
}

TEST(Pacer, PoissonIsReproducibleBySeed) {
  const Curve curve({{10 * kSecond, 100, 100}});
  EXPECT_EQ(arrivalsOfAll(curve, Arrival::kPoisson, 5, 2), arrivalsOfAll(curve, Arrival::kPoisson, 5, 2));
  EXPECT_NE(arrivalsOfAll(curve, Arrival::kPoisson, 5, 2), arrivalsOfAll(curve, Arrival::kPoisson, 6, 2));
}

TEST(Pacer, PoissonHasTheRatesMeanAndAVariationOfOne) {
  const auto times = arrivalsOf(Pacer(Curve({{100 * kSecond, 1000, 1000}}), Arrival::kPoisson, 3, 0, 1, 0));
  // The count has a standard deviation of √100,000 ≈ 316.
  EXPECT_NEAR(static_cast<double>(times.size()), 100'000, 4 * 316);
  double sum = 0;
  double squares = 0;
  for (std::size_t index = 1; index < times.size(); ++index) {
    const double gap = static_cast<double>(times[index] - times[index - 1]);
    sum += gap;
    squares += gap * gap;
  }
  const double count = static_cast<double>(times.size() - 1);
  const double mean = sum / count;
  const double deviation = std::sqrt(squares / count - mean * mean);
  EXPECT_NEAR(mean, 1e6, 0.02e6);
  EXPECT_NEAR(deviation / mean, 1.0, 0.02);
}

TEST(Pacer, PoissonFollowsARamp) {
  const auto times = arrivalsOfAll(Curve({{10 * kSecond, 0, 2000}}), Arrival::kPoisson, 9, 2);
  for (int second = 0; second < 10; ++second) {
    const double expected = 200.0 * second + 100;
    EXPECT_NEAR(static_cast<double>(countIn(times, second * kSecond, (second + 1) * kSecond)), expected,
                5 * std::sqrt(expected));
  }
}

TEST(Pacer, HoldFromKeepsWhatWasDueBefore) {
  Pacer pacer(Curve({{10 * kSecond, 10, 10}}), Arrival::kUniform, 1, 0, 1, 0);
  const auto before = arrivalsOf(pacer);
  pacer.holdFrom(5 * kSecond, 100);
  const auto times = arrivalsOf(pacer);
  EXPECT_EQ((std::vector(times.begin(), times.begin() + 50)), (std::vector(before.begin(), before.begin() + 50)));
  EXPECT_EQ(times.size(), 50u + 500u);
  EXPECT_EQ(countIn(times, 5 * kSecond, 6 * kSecond), 100u);

  // All workers that hear of it at different counts of their own come to the same sequence.
  std::vector<std::int64_t> together;
  for (std::uint32_t worker = 0; worker < 3; ++worker) {
    Pacer part(Curve({{10 * kSecond, 10, 10}}), Arrival::kUniform, 1, worker, 3, 0);
    for (std::uint32_t pops = 0; pops < 2 * worker; ++pops) {
      together.push_back(part.nextDueNs());
      part.pop();
    }
    part.holdFrom(5 * kSecond, 100);
    const auto rest = arrivalsOf(part);
    together.insert(together.end(), rest.begin(), rest.end());
  }
  std::sort(together.begin(), together.end());
  EXPECT_EQ(together, times);
}

TEST(Pacer, HoldAtZeroAndOnAgain) {
  Pacer pacer(Curve({{10 * kSecond, 10, 10}}), Arrival::kUniform, 1, 0, 1, 0);
  pacer.holdFrom(2 * kSecond, 0);
  EXPECT_EQ(arrivalsOf(pacer).size(), 20u);
  EXPECT_EQ(pacer.durationNs(), 10 * kSecond);
  pacer.holdFrom(8 * kSecond, 10);
  const auto times = arrivalsOf(pacer);
  EXPECT_EQ(times.size(), 40u);
  EXPECT_EQ(countIn(times, 2 * kSecond + 1, 8 * kSecond), 0u);
}

TEST(Pacer, BacklogIsWhatIsDueAndNotPopped) {
  Pacer pacer(Curve({{10 * kSecond, 100, 100}}), Arrival::kUniform, 1, 0, 1, 0);
  EXPECT_EQ(pacer.backlogAt(0), 0u);
  EXPECT_EQ(pacer.backlogAt(95 * kNsPerMs), 10u);
  EXPECT_EQ(pacer.dueBefore(95 * kNsPerMs), 10u);
  EXPECT_EQ(pacer.backlogAt(95 * kNsPerMs), 0u);
  EXPECT_EQ(pacer.dueBefore(kNever), 990u);
  EXPECT_EQ(pacer.dueBefore(kNever), 0u);
}

}  // namespace
}  // namespace vayu
