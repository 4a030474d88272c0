#include "metrics/histogram.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstdint>
#include <random>
#include <thread>
#include <vector>

namespace vayu {
namespace {

// The reference's own arithmetic (AbstractHistogram: getBucketIndex, getSubBucketIndex, countsArrayIndex), written with its names.
std::size_t referenceIndex(std::int64_t value) {
  const int subBucketHalfCountMagnitude = 10;
  const std::int64_t subBucketMask = 2047;
  const int bucketIndex = (64 - __builtin_clzll(static_cast<unsigned long long>(value | subBucketMask))) -
                          (subBucketHalfCountMagnitude + 1);
  const auto subBucketIndex = static_cast<int>(value >> bucketIndex);
  const int bucketBaseIndex = (bucketIndex + 1) << subBucketHalfCountMagnitude;
  return static_cast<std::size_t>(bucketBaseIndex + subBucketIndex - 1024);
}

std::vector<std::int64_t> interestingValues() {
  std::vector<std::int64_t> values = {0, 1, 2, 1023, 1024, 2047, 2048, 2049, 4095, 4096, 4097, hdr::kHighestUs};
  for (std::int64_t power = 1; power < hdr::kHighestUs; power *= 2) {
    for (const std::int64_t value : {power - 1, power, power + 1, power + power / 3}) {
      if (value <= hdr::kHighestUs) values.push_back(value);
    }
  }
  std::mt19937_64 random(7);
  for (int count = 0; count < 20'000; ++count) {
    const double exponent = std::uniform_real_distribution<double>(0, std::log2(3.6e9))(random);
    values.push_back(static_cast<std::int64_t>(std::exp2(exponent)));
  }
  return values;
}

TEST(Histogram, IndexIsThatOfTheReference) {
  for (const std::int64_t value : interestingValues()) EXPECT_EQ(hdr::indexOf(value), referenceIndex(value)) << value;
}

TEST(Histogram, EveryValueLiesInItsBucket) {
  for (const std::int64_t value : interestingValues()) {
    const std::size_t index = hdr::indexOf(value);
    EXPECT_LE(hdr::lowestAt(index), value);
    EXPECT_LT(value, hdr::lowestAt(index) + hdr::widthAt(index));
  }
}

TEST(Histogram, BucketsFollowEachOtherWithoutGapOrOverlap) {
  EXPECT_EQ(hdr::lowestAt(0), 0);
  for (std::size_t index = 0; index + 1 < hdr::kLength; ++index) {
    ASSERT_EQ(hdr::lowestAt(index) + hdr::widthAt(index), hdr::lowestAt(index + 1)) << index;
    if (hdr::lowestAt(index) <= hdr::kHighestUs) {
      ASSERT_EQ(hdr::indexOf(hdr::lowestAt(index)), index);
    }
  }
}

TEST(Histogram, ThreeSignificantDigits) {
  for (const std::int64_t value : interestingValues()) {
    if (value == 0) continue;
    const std::int64_t width = hdr::widthAt(hdr::indexOf(value));
    EXPECT_LE(static_cast<double>(width - 1), static_cast<double>(value) * 0.001) << value;
  }
  EXPECT_EQ(hdr::widthAt(hdr::indexOf(2047)), 1);
  EXPECT_EQ(hdr::widthAt(hdr::indexOf(2048)), 2);
}

TEST(Histogram, ValuesOutsideOfTheRangeAreCountedAtItsEnds) {
  EXPECT_EQ(hdr::indexOf(-1), 0u);
  EXPECT_EQ(hdr::indexOf(INT64_MIN), 0u);
  EXPECT_EQ(hdr::indexOf(hdr::kHighestUs + 1), hdr::indexOf(hdr::kHighestUs));
  EXPECT_EQ(hdr::indexOf(INT64_MAX), hdr::indexOf(hdr::kHighestUs));
  EXPECT_LT(hdr::indexOf(INT64_MAX), hdr::kLength);

  Histogram histogram;
  histogram.record(-5);
  histogram.record(INT64_MAX);
  EXPECT_EQ(histogram.countAt(0), 1u);
  EXPECT_EQ(histogram.countAt(hdr::indexOf(hdr::kHighestUs)), 1u);
  HistogramReader reader;
  EXPECT_EQ(reader.advance({&histogram}).values,
            (std::vector<double>{0, static_cast<double>(hdr::lowestAt(hdr::indexOf(hdr::kHighestUs)))}));
}

TEST(Histogram, ReaderReturnsOnlyWhatHasCome) {
  Histogram histogram;
  HistogramReader reader;
  EXPECT_TRUE(reader.advance({&histogram}).values.empty());
  histogram.record(10);
  histogram.record(10);
  histogram.record(5000);
  const HistogramDelta first = reader.advance({&histogram});
  EXPECT_EQ(first.values, (std::vector<double>{10, 5000}));
  EXPECT_EQ(first.counts, (std::vector<double>{2, 1}));
  EXPECT_TRUE(reader.advance({&histogram}).values.empty());
  histogram.record(3);
  histogram.record(10);
  const HistogramDelta second = reader.advance({&histogram});
  EXPECT_EQ(second.values, (std::vector<double>{3, 10}));
  EXPECT_EQ(second.counts, (std::vector<double>{1, 1}));
}

TEST(Histogram, SeveralWritersReadAsOne) {
  std::mt19937_64 random(11);
  std::vector<Histogram> parts(3);
  Histogram whole;
  for (int count = 0; count < 30'000; ++count) {
    const auto value = static_cast<std::int64_t>(random() % 50'000'000);
    parts[static_cast<std::size_t>(count % 3)].record(value);
    whole.record(value);
  }
  HistogramReader ofParts;
  HistogramReader ofWhole;
  const HistogramDelta left = ofParts.advance({&parts[0], &parts[1], &parts[2]});
  const HistogramDelta right = ofWhole.advance({&whole});
  EXPECT_EQ(left.values, right.values);
  EXPECT_EQ(left.counts, right.counts);
}

TEST(Histogram, SumOfDeltasIsAscendingAndLosesNothing) {
  const HistogramDelta left{{1, 5, 9}, {1, 2, 3}};
  const HistogramDelta right{{0, 5, 9, 12}, {4, 5, 6, 7}};
  const HistogramDelta both = sum(left, right);
  EXPECT_EQ(both.values, (std::vector<double>{0, 1, 5, 9, 12}));
  EXPECT_EQ(both.counts, (std::vector<double>{4, 1, 7, 9, 7}));
  EXPECT_EQ(sum({}, right).values, right.values);
  EXPECT_EQ(sum(left, {}).counts, left.counts);
}

// Under ThreadSanitizer this is also the proof that a reader needs no lock.
TEST(Histogram, ReadingWhileAnotherThreadWritesLosesNothing) {
  Histogram histogram;
  constexpr int kRecords = 300'000;
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (int count = 0; count < kRecords; ++count) histogram.record(count % 100'000);
    done.store(true, std::memory_order_release);
  });
  HistogramReader reader;
  double total = 0;
  bool last = false;
  while (true) {
    const HistogramDelta delta = reader.advance({&histogram});
    for (std::size_t index = 0; index < delta.counts.size(); ++index) {
      total += delta.counts[index];
      ASSERT_GT(delta.counts[index], 0);
      if (index > 0) {
        ASSERT_LT(delta.values[index - 1], delta.values[index]);
      }
    }
    if (last) break;
    last = done.load(std::memory_order_acquire);
  }
  writer.join();
  EXPECT_EQ(total, kRecords);
}

}  // namespace
}  // namespace vayu
