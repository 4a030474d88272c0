// An owned thread with a name and an explicit stack size: secondary threads get as little as 128 KiB by default on musl and 512 KiB on
// macOS, less than a script runtime needs. Created and joined by its owner; the destructor joins.
#pragma once

#include <pthread.h>

#include <cstddef>
#include <functional>
#include <string>

namespace vayu {

class Thread {
 public:
  Thread() = default;
  ~Thread() { join(); }
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  // Returns false when the system refuses another thread.
  bool start(std::string name, std::size_t stackBytes, std::function<void()> body);
  void join();
  bool joinable() const { return running_; }

 private:
  struct Start;
  pthread_t handle_{};
  bool running_ = false;
};

}  // namespace vayu
