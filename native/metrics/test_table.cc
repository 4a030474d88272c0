#include "metrics/test_table.h"

#include <algorithm>

namespace vayu {

TestTable::Entry& TestTable::find(std::string_view name) {
  if (expected_ < entries_.size() && entries_[expected_].name == name) return entries_[expected_++];
  if (const auto known = byName_.find(name); known != byName_.end()) return *known->second;
  if (entries_.size() >= kMaxNames) name = "(further test names)";
  if (const auto known = byName_.find(name); known != byName_.end()) return *known->second;
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_.emplace_back();
  entry.name = name;
  byName_.emplace(entry.name, &entry);
  expected_ = entries_.size();
  return entry;
}

void TestTable::count(std::string_view name, bool passed, bool skipped, std::string_view error) {
  Entry& entry = find(name);
  if (skipped) {
    entry.skipped.add();
  } else if (passed) {
    entry.passed.add();
  } else {
    entry.failed.add();
    // Only this thread writes the list, so it may be read here without the mutex.
    if (entry.failures.size() < kMaxFailures &&
        std::find(entry.failures.begin(), entry.failures.end(), error) == entry.failures.end()) {
      const std::lock_guard lock(mutex_);
      entry.failures.emplace_back(error);
    }
  }
}

void TestTable::addTo(std::vector<TestCount>& totals) const {
  const std::lock_guard lock(mutex_);
  for (const Entry& entry : entries_) {
    auto total =
        std::find_if(totals.begin(), totals.end(), [&entry](const TestCount& t) { return t.name == entry.name; });
    if (total == totals.end()) total = totals.insert(totals.end(), TestCount{entry.name, 0, 0, 0, {}});
    total->passed += entry.passed.get();
    total->failed += entry.failed.get();
    total->skipped += entry.skipped.get();
    for (const std::string& failure : entry.failures) {
      if (total->failures.size() < kMaxFailures &&
          std::find(total->failures.begin(), total->failures.end(), failure) == total->failures.end()) {
        total->failures.push_back(failure);
      }
    }
  }
}

}  // namespace vayu
