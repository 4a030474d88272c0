#include "addon/tick_channel.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace vayu::addon {

namespace {

// One minute of ticks: while JavaScript is blocked for longer, ticks are merged into the last one.
constexpr std::size_t kMaxSnapshots = 600;

void mergeInto(Snapshot& target, Snapshot& later) {
  for (std::size_t measure = 0; measure < kMeasureCount; ++measure) {
    later.histograms[measure] = sum(target.histograms[measure], later.histograms[measure]);
  }
  for (std::size_t index = 0; index < std::min(target.workers.size(), later.workers.size()); ++index) {
    double& lag = later.workers[index].maxLoopLagMs;
    lag = std::max(lag, target.workers[index].maxLoopLagMs);
  }
  later.samples.insert(later.samples.begin(), std::make_move_iterator(target.samples.begin()),
                       std::make_move_iterator(target.samples.end()));
  target = std::move(later);
}

}  // namespace

TickChannel::TickChannel(Napi::Env env, std::function<void(Napi::Env, Batch)> deliver)
    : deliver_(std::move(deliver)),
      function_(Function::New(env, "vayu", 0, 1, this, [](Napi::Env, void*, TickChannel* self) { delete self; })) {
  function_.Unref(env);
}

TickChannel* TickChannel::open(Napi::Env env, std::function<void(Napi::Env, Batch)> deliver) {
  return new TickChannel(env, std::move(deliver));
}

void TickChannel::signal() {
  // The queue holds one call at the most: `signalled_` is cleared when it is served.
  function_.NonBlockingCall();
}

void TickChannel::put(std::unique_ptr<ExchangeResult> result) {
  const std::lock_guard lock(mutex_);
  waiting_.results.push_back(std::move(result));
  if (!std::exchange(signalled_, true)) signal();
}

void TickChannel::put(std::unique_ptr<Snapshot> snapshot) {
  const std::lock_guard lock(mutex_);
  auto& snapshots = waiting_.snapshots;
  const auto last = std::find_if(snapshots.rbegin(), snapshots.rend(),
                                 [&snapshot](const auto& other) { return other->runId == snapshot->runId; });
  if (snapshots.size() >= kMaxSnapshots && last != snapshots.rend()) {
    mergeInto(**last, *snapshot);
  } else {
    snapshots.push_back(std::move(snapshot));
  }
  if (!std::exchange(signalled_, true)) signal();
}

void TickChannel::hold(Napi::Env env, bool keepLoopOpen) {
  if (closed_ || held_ == keepLoopOpen) return;
  held_ = keepLoopOpen;
  if (keepLoopOpen) {
    function_.Ref(env);
  } else {
    function_.Unref(env);
  }
}

TickChannel::Batch TickChannel::take() {
  const std::lock_guard lock(mutex_);
  signalled_ = false;
  return std::exchange(waiting_, {});
}

void TickChannel::close() {
  closed_ = true;
  deliver_ = nullptr;
  function_.Release();
}

void TickChannel::onCall(Napi::Env env, Napi::Function, TickChannel* self, void*) {
  // Without an environment the call is made only to let go of its data.
  if (env == nullptr || self->closed_) return;
  self->deliver_(env, self->take());
}

}  // namespace vayu::addon
