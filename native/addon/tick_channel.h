// What worker and reporter threads have for JavaScript waits here, and one call of a thread-safe function fetches all of it.
//
// Lifetime: created with the engine on the JavaScript thread. Any thread may put; only the JavaScript thread takes. close() comes after
// the threads that put have been joined, from Engine's own stop or from the environment's cleanup hook, whichever is first. The channel
// belongs to its thread-safe function, whose finaliser deletes it: a call may still be queued when the engine object is collected. The
// thread-safe function is unreferenced except while there is work, so that it never keeps the host's event loop open by itself.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "addon/napi_setup.h"
#include "engine/exchange_result.h"
#include "engine/snapshot.h"

namespace vayu::addon {

class TickChannel {
 public:
  struct Batch {
    std::vector<std::unique_ptr<ExchangeResult>> results;
    std::vector<std::unique_ptr<Snapshot>> snapshots;
  };

  // `deliver` runs on the JavaScript thread; not after close().
  static TickChannel* open(Napi::Env env, std::function<void(Napi::Env, Batch)> deliver);
  TickChannel(const TickChannel&) = delete;
  TickChannel& operator=(const TickChannel&) = delete;

  // Any thread.
  void put(std::unique_ptr<ExchangeResult> result);
  void put(std::unique_ptr<Snapshot> snapshot);

  // JavaScript thread.
  void hold(Napi::Env env, bool keepLoopOpen);
  Batch take();
  // The channel is not to be touched afterwards.
  void close();

 private:
  TickChannel(Napi::Env env, std::function<void(Napi::Env, Batch)> deliver);
  ~TickChannel() = default;
  static void onCall(Napi::Env env, Napi::Function callback, TickChannel* self, void* data);
  using Function = Napi::TypedThreadSafeFunction<TickChannel, void, &TickChannel::onCall>;

  void signal();

  std::function<void(Napi::Env, Batch)> deliver_;
  Function function_;
  bool closed_ = false;
  bool held_ = false;
  std::mutex mutex_;
  Batch waiting_;           // under mutex_
  bool signalled_ = false;  // under mutex_
};

}  // namespace vayu::addon
