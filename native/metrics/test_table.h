// How often each named test of a run passed and failed on one worker. Counted by the worker, read by the reporter; the mutex is taken
// by the worker only when a new name or a new failure message comes up.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "metrics/recorder.h"

namespace vayu {

struct TestCount {
  std::string name;
  std::uint64_t passed = 0;
  std::uint64_t failed = 0;
  std::uint64_t skipped = 0;
  std::vector<std::string> failures;
};

class TestTable {
 public:
  static constexpr std::size_t kMaxNames = 500;
  static constexpr std::size_t kMaxFailures = 5;

  // Worker thread only.
  void begin() { expected_ = 0; }
  void count(std::string_view name, bool passed, bool skipped, std::string_view error);

  // Any thread: adds this table's counts to `totals`, by name.
  void addTo(std::vector<TestCount>& totals) const;

 private:
  struct Entry {
    std::string name;
    Counter passed;
    Counter failed;
    Counter skipped;
    std::vector<std::string> failures;  // under mutex_
  };
  Entry& find(std::string_view name);

  mutable std::mutex mutex_;
  std::deque<Entry> entries_;  // appended under mutex_; addresses stay
  std::unordered_map<std::string_view, Entry*> byName_;
  std::size_t expected_ = 0;  // tests come in the same order from execution to execution
};

}  // namespace vayu
