#include "metrics/recorder.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

namespace vayu {
namespace {

TEST(Recorder, CountsSeparately) {
  const auto recorder = std::make_unique<Recorder>();
  for (std::size_t index = 0; index < kCountCount; ++index) {
    recorder->add(static_cast<Count>(index), index + 1);
  }
  for (std::size_t index = 0; index < kCountCount; ++index)
    EXPECT_EQ(recorder->get(static_cast<Count>(index)), index + 1);
  recorder->set(Count::kConnectionsOpened, 99);
  EXPECT_EQ(recorder->get(Count::kConnectionsOpened), 99u);
}

TEST(Recorder, ADropIsCountedOnceAndByReason) {
  const auto recorder = std::make_unique<Recorder>();
  recorder->drop(DropReason::kMaxInFlight);
  recorder->drop(DropReason::kBurst, 5);
  recorder->drop(DropReason::kStopped, 3);
  EXPECT_EQ(recorder->get(Count::kDropped), 9u);
  EXPECT_EQ(recorder->dropped(DropReason::kMaxInFlight), 1u);
  EXPECT_EQ(recorder->dropped(DropReason::kBurst), 5u);
  EXPECT_EQ(recorder->dropped(DropReason::kStopped), 3u);
  EXPECT_EQ(recorder->dropped(DropReason::kSkipped), 0u);
}

TEST(Recorder, StatusCodesOutsideOfTheRangeAreIgnored) {
  const auto recorder = std::make_unique<Recorder>();
  for (const int code : {-1, 1000, 99'999, 200, 200, 0, 999}) recorder->status(code);
  EXPECT_EQ(recorder->statusCount(200), 2u);
  EXPECT_EQ(recorder->statusCount(0), 1u);
  EXPECT_EQ(recorder->statusCount(999), 1u);
}

TEST(Recorder, FailuresByClass) {
  const auto recorder = std::make_unique<Recorder>();
  recorder->failure(Recorder::kHttp5xx);
  recorder->failure(1);
  recorder->failure(1);
  EXPECT_EQ(recorder->failureCount(Recorder::kHttp5xx), 1u);
  EXPECT_EQ(recorder->failureCount(Recorder::kHttp4xx), 0u);
  EXPECT_EQ(recorder->failureCount(1), 2u);
}

TEST(Recorder, AReaderNeverSeesACountShrink) {
  const auto recorder = std::make_unique<Recorder>();
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (int count = 0; count < 200'000; ++count) {
      recorder->add(Count::kSent);
      recorder->record(Measure::kResponseTime, count);
      recorder->add(Count::kSucceeded);
    }
    done = true;
  });
  std::uint64_t lastSent = 0;
  while (!done) {
    const std::uint64_t succeeded = recorder->get(Count::kSucceeded);
    const std::uint64_t sent = recorder->get(Count::kSent);
    ASSERT_GE(sent, lastSent);
    ASSERT_LE(succeeded, sent);
    lastSent = sent;
  }
  writer.join();
  EXPECT_EQ(recorder->get(Count::kSent), 200'000u);
  EXPECT_EQ(recorder->get(Count::kSucceeded), 200'000u);
}

}  // namespace
}  // namespace vayu
