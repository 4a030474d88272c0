#include <pthread.h>

#include <csignal>
#include <memory>
#include <utility>

#include "base/thread.h"

#ifdef __linux__
#include <sys/prctl.h>
#endif

namespace vayu {

struct Thread::System {
  pthread_t handle{};
};

struct Thread::Start {
  std::string name;
  std::function<void()> body;

  static void* run(void* argument) {
    std::unique_ptr<Start> start(static_cast<Start*>(argument));
#ifdef __linux__
    pthread_setname_np(pthread_self(), start->name.substr(0, 15).c_str());
    // The default slack of 50 µs would be the largest part of an arrival's lateness.
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
#elif defined(__APPLE__)
    pthread_setname_np(start->name.c_str());
#endif
    start->body();
    return nullptr;
  }
};

Thread::Thread() = default;

Thread::~Thread() { join(); }

bool Thread::start(std::string name, std::size_t stackBytes, std::function<void()> body) {
  auto argument = std::make_unique<Start>(Start{std::move(name), std::move(body)});
  auto system = std::make_unique<System>();
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  pthread_attr_setstacksize(&attributes, stackBytes);

  // Signals belong to the host's main thread; a thread starts with the mask of its creator.
  sigset_t all;
  sigset_t previous;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &previous);
  const int result = pthread_create(&system->handle, &attributes, &Start::run, argument.get());
  pthread_sigmask(SIG_SETMASK, &previous, nullptr);
  pthread_attr_destroy(&attributes);
  if (result != 0) return false;
  static_cast<void>(argument.release());
  system_ = std::move(system);
  return true;
}

void Thread::join() {
  if (system_ == nullptr) return;
  pthread_join(system_->handle, nullptr);
  system_.reset();
}

}  // namespace vayu
