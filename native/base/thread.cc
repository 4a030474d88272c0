#include "base/thread.h"

#include <csignal>
#include <memory>
#include <utility>

#ifdef __linux__
#include <sys/prctl.h>
#endif

namespace vayu {

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

bool Thread::start(std::string name, std::size_t stackBytes, std::function<void()> body) {
  auto argument = std::make_unique<Start>(Start{std::move(name), std::move(body)});
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  pthread_attr_setstacksize(&attributes, stackBytes);

  // Signals belong to the host's main thread; a thread starts with the mask of its creator.
  sigset_t all;
  sigset_t previous;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &previous);
  const int result = pthread_create(&handle_, &attributes, &Start::run, argument.get());
  pthread_sigmask(SIG_SETMASK, &previous, nullptr);
  pthread_attr_destroy(&attributes);
  if (result != 0) return false;
  static_cast<void>(argument.release());
  running_ = true;
  return true;
}

void Thread::join() {
  if (!running_) return;
  pthread_join(handle_, nullptr);
  running_ = false;
}

}  // namespace vayu
