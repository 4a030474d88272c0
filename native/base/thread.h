// An owned thread with a name and an explicit stack size: secondary threads get as little as 128 KiB by default on musl and 512 KiB on
// macOS, less than a script runtime needs. Created and joined by its owner; the destructor joins. thread_posix.cc, thread_windows.cc.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace vayu {

class Thread {
 public:
  Thread();
  ~Thread();
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  // Returns false when the system refuses another thread.
  bool start(std::string name, std::size_t stackBytes, std::function<void()> body);
  void join();
  bool joinable() const { return system_ != nullptr; }

 private:
  struct Start;
  // The system's handle, while the thread is to be joined.
  struct System;
  std::unique_ptr<System> system_;
};

}  // namespace vayu
