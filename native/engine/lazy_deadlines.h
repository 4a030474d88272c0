// Deadlines that are set with every request and hardly ever reached. Moving one to a later time is two stores: the heap looks at an item
// when the earlier time comes and puts it where it belongs by then. A steady flow of requests so costs the heap one visit per item and
// timeout, and touches no item but its own.
// Worker thread only. An item must be removed, or never have been set, when it is destroyed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/clock.h"

namespace vayu {

// Base of what has a deadline.
class DeadlineItem {
 public:
  DeadlineItem() = default;
  DeadlineItem(const DeadlineItem&) = delete;
  DeadlineItem& operator=(const DeadlineItem&) = delete;

  // Monotonic; kNever for none.
  std::int64_t deadlineNs() const { return deadlineNs_; }

 private:
  friend class LazyDeadlines;
  std::int64_t deadlineNs_ = kNever;
  std::int64_t visitNs_ =
      kNever;              // when the heap looks at it: kNever outside of the heap, else never later than the deadline
  std::size_t place_ = 0;  // in the heap
};

class LazyDeadlines {
 public:
  void set(DeadlineItem& item, std::int64_t deadlineNs) {
    item.deadlineNs_ = deadlineNs;
    if (deadlineNs < item.visitNs_) schedule(item);
  }
  void clear(DeadlineItem& item) { item.deadlineNs_ = kNever; }
  void remove(DeadlineItem& item);

  // The item whose deadline came first, if any has come; its deadline is cleared. Null when there is none.
  DeadlineItem* takeDue(std::int64_t nowNs);

  // No deadline comes before this; it may be earlier than the first.
  std::int64_t nextNs() const { return heap_.empty() ? kNever : heap_.front()->visitNs_; }
  // Items that the heap will look at.
  std::size_t size() const { return heap_.size(); }

 private:
  void schedule(DeadlineItem& item);
  void put(DeadlineItem& item, std::size_t place) {
    heap_[place] = &item;
    item.place_ = place;
  }
  void rise(DeadlineItem& item);
  void sink(DeadlineItem& item);

  std::vector<DeadlineItem*> heap_;  // the parent of i is (i - 1) / 2 and never visited later
};

}  // namespace vayu
