// The `NativeEngine` class of the addon: an EventLoop and the channel that carries its results to JavaScript. Owned by its environment:
// the cleanup hook stops it, and so does garbage collection. JavaScript thread only.
#pragma once

#include <memory>
#include <unordered_map>

#include "addon/napi_setup.h"
#include "addon/tick_channel.h"
#include "engine/event_loop.h"

namespace vayu::addon {

class EngineObject final : public Napi::ObjectWrap<EngineObject> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit EngineObject(const Napi::CallbackInfo& info);
  ~EngineObject() override;

 private:
  class CloseWork;
  friend class CloseWork;

  Napi::Value submit(const Napi::CallbackInfo& info);
  void cancel(const Napi::CallbackInfo& info);
  Napi::Value startRun(const Napi::CallbackInfo& info);
  void stopRun(const Napi::CallbackInfo& info);
  Napi::Value holdRun(const Napi::CallbackInfo& info);
  void renewRun(const Napi::CallbackInfo& info);
  Napi::Value counts(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);

  void requireOpen(Napi::Env env) const;
  void deliver(Napi::Env env, TickChannel::Batch batch);
  void work(Napi::Env env, int change);
  void shutDown();
  static void onEnvironmentCleanup(void* self) { static_cast<EngineObject*>(self)->shutDown(); }

  Napi::Env env_;
  Napi::FunctionReference onResult_;
  Napi::FunctionReference onSnapshot_;
  TickChannel* channel_ = nullptr;  // until shutDown()
  std::unique_ptr<EventLoop> loop_;
  std::unordered_map<std::uint64_t, std::int64_t> runStarts_;  // run id → monotonic start
  int outstanding_ = 0;
  bool closing_ = false;
  bool shutDown_ = false;
};

}  // namespace vayu::addon
