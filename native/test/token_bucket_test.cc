#include "engine/token_bucket.h"

#include <gtest/gtest.h>

namespace vayu {
namespace {

constexpr std::int64_t kStart = 1'000'000'000'000;

int takeAll(TokenBucket& bucket, std::int64_t atNs) {
  int taken = 0;
  while (taken < 100'000 && bucket.take(atNs)) ++taken;
  return taken;
}

TEST(TokenBucket, ARateOfZeroNeverLimits) {
  TokenBucket bucket(0, 0);
  EXPECT_EQ(takeAll(bucket, kStart), 100'000);
  EXPECT_EQ(bucket.nextNs(kStart), kStart);
}

TEST(TokenBucket, IsFullAtFirstAndRefillsAtItsRate) {
  TokenBucket bucket(100, 20);
  EXPECT_EQ(takeAll(bucket, kStart), 20);
  EXPECT_EQ(takeAll(bucket, kStart + 55 * kNsPerMs), 5);
  EXPECT_EQ(takeAll(bucket, kStart + 60 * kNsPerMs), 1);
}

TEST(TokenBucket, NeverHoldsMoreThanItsCapacity) {
  TokenBucket bucket(100, 20);
  takeAll(bucket, kStart);
  EXPECT_EQ(takeAll(bucket, kStart + 3600 * kNsPerSecond), 20);
}

TEST(TokenBucket, HoldsAtLeastOne) {
  TokenBucket bucket(2, 0.25);
  EXPECT_EQ(takeAll(bucket, kStart), 1);
  EXPECT_EQ(takeAll(bucket, kStart + kNsPerSecond / 2), 1);
}

TEST(TokenBucket, NextIsWhenTakeSucceeds) {
  TokenBucket bucket(3, 1);
  std::int64_t now = kStart;
  EXPECT_EQ(bucket.nextNs(now), now);
  ASSERT_TRUE(bucket.take(now));
  for (int count = 1; count <= 300; ++count) {
    const std::int64_t next = bucket.nextNs(now);
    ASSERT_GT(next, now);
    EXPECT_FALSE(bucket.take(next - kNsPerMs));
    now = next;
    // Rounding may ask for another nanosecond.
    while (!bucket.take(now)) {
      ASSERT_LE(++now, next + 2);
    }
  }
  EXPECT_NEAR(static_cast<double>(now - kStart), 100e9, 1000);
}

}  // namespace
}  // namespace vayu
