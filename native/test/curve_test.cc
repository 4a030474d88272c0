#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>

#include "base/clock.h"
#include "engine/arrival_curve.h"

namespace vayu {
namespace {

constexpr std::int64_t kSecond = kNsPerSecond;

TEST(Curve, ConstantValue) {
  const Curve curve({{10 * kSecond, 50, 50}});
  EXPECT_EQ(curve.durationNs(), 10 * kSecond);
  EXPECT_DOUBLE_EQ(curve.total(), 500);
  EXPECT_DOUBLE_EQ(curve.valueAt(0), 50);
  EXPECT_DOUBLE_EQ(curve.valueAt(10 * kSecond - 1), 50);
  EXPECT_DOUBLE_EQ(curve.valueAt(10 * kSecond), 0);
  EXPECT_DOUBLE_EQ(curve.valueAt(-1), 0);
  EXPECT_DOUBLE_EQ(curve.integralAt(3 * kSecond), 150);
  EXPECT_DOUBLE_EQ(curve.integralAt(99 * kSecond), 500);
  EXPECT_DOUBLE_EQ(curve.integralAt(-kSecond), 0);
  EXPECT_EQ(curve.timeOf(0), 0);
  EXPECT_EQ(curve.timeOf(25), kSecond / 2);
  EXPECT_EQ(curve.timeOf(500), 10 * kSecond);
  EXPECT_EQ(curve.timeOf(500.001), kNever);
}

TEST(Curve, TimeOfIsTheInverseOfTheIntegral) {
  const Curve curve(
      {{2 * kSecond, 0, 100}, {kSecond, 100, 100}, {3 * kSecond, 0, 0}, {4 * kSecond, 100, 1}, {kSecond, 20, 300}});
  for (double amount = 0.5; amount < curve.total(); amount += 0.37) {
    const std::int64_t at = curve.timeOf(amount);
    EXPECT_NEAR(curve.integralAt(at), amount, 1e-5) << amount;
  }
}

TEST(Curve, NothingIsReachedWhileTheValueIsZero) {
  const Curve curve({{kSecond, 10, 10}, {5 * kSecond, 0, 0}, {kSecond, 10, 10}});
  EXPECT_EQ(curve.timeOf(10), kSecond);
  EXPECT_EQ(curve.timeOf(10.5), 6 * kSecond + kSecond / 20);
  EXPECT_DOUBLE_EQ(curve.integralAt(4 * kSecond), 10);
}

TEST(Curve, AnEmptyCurveHasNoValueAndNoTime) {
  const Curve curve({});
  EXPECT_EQ(curve.durationNs(), 0);
  EXPECT_DOUBLE_EQ(curve.total(), 0);
  EXPECT_DOUBLE_EQ(curve.valueAt(0), 0);
  EXPECT_EQ(curve.timeOf(0), kNever);
  EXPECT_EQ(curve.nextChangeNs(0, 10), kNever);
  EXPECT_EQ(Curve({{0, 5, 5}, {-1, 5, 5}}).durationNs(), 0);
}

TEST(Curve, WithoutEnd) {
  const Curve curve({{kSecond, 0, 10}, {kNever, 10, 10}});
  EXPECT_EQ(curve.durationNs(), kNever);
  EXPECT_TRUE(std::isinf(curve.total()));
  EXPECT_DOUBLE_EQ(curve.valueAt(1'000'000 * kSecond), 10);
  EXPECT_DOUBLE_EQ(curve.integralAt(11 * kSecond), 105);
  EXPECT_EQ(curve.timeOf(105), 11 * kSecond);
  EXPECT_EQ(curve.nextChangeNs(2 * kSecond, 10), kNever);
  EXPECT_EQ(Curve({{kNever, 0, 0}}).timeOf(1), kNever);
}

TEST(Curve, ChangesAtEachStepOfASlopeAndAtEachEnd) {
  const Curve curve({{kSecond, 0, 10}, {kSecond, 10, 10}});
  EXPECT_EQ(curve.nextChangeNs(0, 100), 100);
  EXPECT_EQ(curve.nextChangeNs(kSecond - 50, 100), kSecond);
  EXPECT_EQ(curve.nextChangeNs(kSecond, 100), 2 * kSecond);
  EXPECT_EQ(curve.nextChangeNs(2 * kSecond, 100), kNever);
}

TEST(Curve, HeldFromKeepsThePastAndTheEnd) {
  const Curve held = Curve({{4 * kSecond, 0, 40}, {6 * kSecond, 40, 40}}).heldFrom(2 * kSecond, 100);
  EXPECT_EQ(held.durationNs(), 10 * kSecond);
  EXPECT_DOUBLE_EQ(held.valueAt(kSecond), 10);
  EXPECT_DOUBLE_EQ(held.integralAt(2 * kSecond), 20);
  EXPECT_DOUBLE_EQ(held.valueAt(2 * kSecond), 100);
  EXPECT_DOUBLE_EQ(held.total(), 20 + 800);

  EXPECT_DOUBLE_EQ(Curve({{4 * kSecond, 8, 8}}).heldFrom(0, 2).total(), 8);
  EXPECT_DOUBLE_EQ(Curve({{4 * kSecond, 8, 8}}).heldFrom(2 * kSecond, 0).total(), 16);
  // A change that comes after the end changes nothing.
  const Curve late = Curve({{4 * kSecond, 8, 8}}).heldFrom(9 * kSecond, 100);
  EXPECT_DOUBLE_EQ(late.total(), 32);
  EXPECT_EQ(late.durationNs(), 4 * kSecond);
  const Curve endless = Curve({{kNever, 5, 5}}).heldFrom(2 * kSecond, 7);
  EXPECT_EQ(endless.durationNs(), kNever);
  EXPECT_DOUBLE_EQ(endless.integralAt(4 * kSecond), 24);
}

TEST(Curve, HoldsInARow) {
  Curve curve({{10 * kSecond, 10, 10}});
  curve = curve.heldFrom(2 * kSecond, 20).heldFrom(4 * kSecond, 0).heldFrom(8 * kSecond, 30);
  EXPECT_DOUBLE_EQ(curve.total(), 20 + 40 + 0 + 60);
  EXPECT_EQ(curve.durationNs(), 10 * kSecond);
}

TEST(Clock, AfterKnowsForever) {
  EXPECT_EQ(after(5, 6), 11);
  EXPECT_EQ(after(5, kNever), kNever);
  EXPECT_EQ(after(kNever, 0), kNever);
  EXPECT_EQ(after(kNever - 5, 6), kNever);
  EXPECT_EQ(after(kNever - 6, 5), kNever - 1);
}

}  // namespace
}  // namespace vayu
