#include "addon/engine_object.h"

#include <utility>
#include <vector>

#include "addon/exchange_to_js.h"
#include "addon/js_reader.h"
#include "addon/plan_from_js.h"
#include "base/clock.h"

namespace vayu::addon {

// Joins the threads off the JavaScript thread: a script may take until its time limit to let go of a worker.
class EngineObject::CloseWork final : public Napi::AsyncWorker {
 public:
  CloseWork(EngineObject& engine, Napi::Env env)
      : AsyncWorker(env), engine_(engine), keep_(Napi::Persistent(engine.Value())), deferred_(env) {}
  Napi::Promise promise() const { return deferred_.Promise(); }

 private:
  void Execute() override { engine_.loop_->stop(); }
  void OnOK() override {
    const Napi::Env env = Env();
    const Napi::HandleScope scope(env);
    // The environment may have ended meanwhile, and the engine with it.
    if (engine_.channel_ != nullptr) engine_.deliver(env, engine_.channel_->take());
    engine_.shutDown();
    deferred_.Resolve(env.Undefined());
  }
  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

  EngineObject& engine_;
  Napi::ObjectReference keep_;
  Napi::Promise::Deferred deferred_;
};

Napi::Function EngineObject::define(Napi::Env env) {
  return DefineClass(env, "NativeEngine",
                     {
                         InstanceMethod<&EngineObject::submit>("submit"),
                         InstanceMethod<&EngineObject::cancel>("cancel"),
                         InstanceMethod<&EngineObject::startRun>("startRun"),
                         InstanceMethod<&EngineObject::stopRun>("stopRun"),
                         InstanceMethod<&EngineObject::holdRun>("holdRun"),
                         InstanceMethod<&EngineObject::renewRun>("renewRun"),
                         InstanceMethod<&EngineObject::counts>("counts"),
                         InstanceMethod<&EngineObject::close>("close"),
                     });
}

EngineObject::EngineObject(const Napi::CallbackInfo& info) : ObjectWrap(info), env_(info.Env()) {
  EventLoopConfig config = configFromJs(info[0]);
  onResult_ = Napi::Persistent(info[1].As<Napi::Function>());
  onSnapshot_ = Napi::Persistent(info[2].As<Napi::Function>());
  channel_ =
      TickChannel::open(env_, [this](Napi::Env env, TickChannel::Batch batch) { deliver(env, std::move(batch)); });
  TickChannel& channel = *channel_;
  loop_ = std::make_unique<EventLoop>(
      std::move(config),
      EventLoop::Callbacks{[&channel](std::unique_ptr<ExchangeResult> result) { channel.put(std::move(result)); },
                           [&channel](std::unique_ptr<Snapshot> snapshot) { channel.put(std::move(snapshot)); }});
  // After the thread-safe function's own hook, so that it runs before it. Not node-addon-api's CleanupHook, which is freed twice when it
  // is removed while it runs.
  napi_add_env_cleanup_hook(env_, &EngineObject::onEnvironmentCleanup, this);
  if (!loop_->start()) {
    shutDown();
    throw Napi::Error::New(env_, "the engine's threads could not be started: too many threads or open files");
  }
}

EngineObject::~EngineObject() { shutDown(); }

void EngineObject::shutDown() {
  if (std::exchange(shutDown_, true)) return;
  closing_ = true;
  if (loop_ != nullptr) loop_->stop();
  if (channel_ != nullptr) std::exchange(channel_, nullptr)->close();
  napi_remove_env_cleanup_hook(env_, &EngineObject::onEnvironmentCleanup, this);
  // They hold the JavaScript engine, which holds this: a closed engine can be collected.
  onResult_.Reset();
  onSnapshot_.Reset();
}

void EngineObject::requireOpen(Napi::Env env) const {
  if (closing_) throw Napi::Error::New(env, "the engine is closed");
}

void EngineObject::work(Napi::Env env, int change) {
  outstanding_ += change;
  if (channel_ != nullptr) channel_->hold(env, outstanding_ > 0);
}

Napi::Value EngineObject::submit(const Napi::CallbackInfo& info) {
  requireOpen(info.Env());
  const std::uint64_t id = loop_->submit(std::make_shared<const Submission>(submissionFromJs(info[0])));
  work(info.Env(), 1);
  return Napi::Number::New(info.Env(), static_cast<double>(id));
}

void EngineObject::cancel(const Napi::CallbackInfo& info) {
  if (!closing_) loop_->cancel(static_cast<std::uint64_t>(info[0].As<Napi::Number>().Int64Value()));
}

Napi::Value EngineObject::startRun(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  requireOpen(env);
  const EventLoop::StartedRun started = loop_->startRun(planFromJs(info[0]));
  if (!started.error.empty()) throw Napi::Error::New(env, started.error);
  runStarts_.emplace(started.id, started.startNs);
  work(env, 1);
  Napi::Object object = Napi::Object::New(env);
  object.Set("id", static_cast<double>(started.id));
  object.Set("workers", static_cast<double>(started.workers));
  object.Set("transport", started.transport);
  object.Set("transportReason", started.transportReason);
  return object;
}

void EngineObject::stopRun(const Napi::CallbackInfo& info) {
  if (closing_) return;
  const auto id = static_cast<std::uint64_t>(info[0].As<Napi::Number>().Int64Value());
  loop_->stopRun(id, toInteger(info[1].As<Napi::Number>().DoubleValue() * static_cast<double>(kNsPerMs)));
}

Napi::Value EngineObject::holdRun(const Napi::CallbackInfo& info) {
  requireOpen(info.Env());
  const auto id = static_cast<std::uint64_t>(info[0].As<Napi::Number>().Int64Value());
  const auto start = runStarts_.find(id);
  if (start == runStarts_.end()) throw Napi::Error::New(info.Env(), "the run has ended");
  const std::int64_t atNs = loop_->holdRun(id, start->second, info[1].As<Napi::Number>().DoubleValue());
  return Napi::Number::New(info.Env(), static_cast<double>(atNs) / static_cast<double>(kNsPerMs));
}

void EngineObject::renewRun(const Napi::CallbackInfo& info) {
  if (closing_) return;
  const auto fields = [&info](std::size_t argument) {
    const auto flat = info[argument].As<Napi::Array>();
    std::vector<HeaderField> list;
    for (std::uint32_t index = 0; index + 1 < flat.Length(); index += 2) {
      list.push_back({flat.Get(index).ToString().Utf8Value(), flat.Get(index + 1).ToString().Utf8Value()});
    }
    return list;
  };
  loop_->renewRun(static_cast<std::uint64_t>(info[0].As<Napi::Number>().Int64Value()), {fields(1), fields(2)});
}

Napi::Value EngineObject::counts(const Napi::CallbackInfo& info) {
  Napi::Array array = Napi::Array::New(info.Env(), 4);
  array.Set(0u, static_cast<double>(loop_->activeCount()));
  array.Set(1u, static_cast<double>(loop_->pendingCount()));
  array.Set(2u, static_cast<double>(loop_->totalProcessed()));
  array.Set(3u, static_cast<double>(loop_->workerCount()));
  return array;
}

Napi::Value EngineObject::close(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  requireOpen(env);
  closing_ = true;
  auto* closing = new CloseWork(*this, env);
  const Napi::Promise promise = closing->promise();
  closing->Queue();
  return promise;
}

void EngineObject::deliver(Napi::Env env, TickChannel::Batch batch) {
  for (const auto& result : batch.results) {
    work(env, -1);
    const Napi::HandleScope scope(env);
    onResult_.Call({resultToJs(env, *result)});
  }
  for (const auto& snapshot : batch.snapshots) {
    if (snapshot->final) {
      runStarts_.erase(snapshot->runId);
      work(env, -1);
    }
    const Napi::HandleScope scope(env);
    onSnapshot_.Call({snapshotToJs(env, *snapshot)});
  }
}

}  // namespace vayu::addon
