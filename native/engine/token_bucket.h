// A token bucket (capacity `burst`, refilled at `rate` per second), full at first. Pure; worker thread only.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/clock.h"

namespace vayu {

class TokenBucket {
 public:
  // A rate of 0 never limits.
  TokenBucket(double rate, double burst) : rate_(rate), burst_(std::max(burst, 1.0)), tokens_(burst_) {}

  bool take(std::int64_t nowNs) {
    if (rate_ <= 0) return true;
    refill(nowNs);
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

  // When take() will succeed next; `nowNs` when it would now.
  std::int64_t nextNs(std::int64_t nowNs) {
    if (rate_ <= 0) return nowNs;
    refill(nowNs);
    if (tokens_ >= 1) return nowNs;
    return nowNs + static_cast<std::int64_t>(std::ceil((1 - tokens_) / rate_ * static_cast<double>(kNsPerSecond)));
  }

 private:
  void refill(std::int64_t nowNs) {
    if (lastNs_ != 0) {
      tokens_ =
          std::min(burst_, tokens_ + static_cast<double>(nowNs - lastNs_) / static_cast<double>(kNsPerSecond) * rate_);
    }
    lastNs_ = nowNs;
  }

  double rate_;
  double burst_;
  double tokens_;
  std::int64_t lastNs_ = 0;
};

}  // namespace vayu
