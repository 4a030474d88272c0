#include "engine/lazy_deadlines.h"

namespace vayu {

void LazyDeadlines::schedule(DeadlineItem& item) {
  if (item.visitNs_ == kNever) {
    item.place_ = heap_.size();
    heap_.push_back(&item);
  }
  item.visitNs_ = item.deadlineNs_;
  rise(item);
}

void LazyDeadlines::remove(DeadlineItem& item) {
  item.deadlineNs_ = kNever;
  if (item.visitNs_ == kNever) return;
  item.visitNs_ = kNever;
  DeadlineItem& last = *heap_.back();
  heap_.pop_back();
  if (&last == &item) return;
  put(last, item.place_);
  rise(last);
  sink(last);
}

DeadlineItem* LazyDeadlines::takeDue(std::int64_t nowNs) {
  while (!heap_.empty() && heap_.front()->visitNs_ <= nowNs) {
    DeadlineItem& item = *heap_.front();
    if (item.deadlineNs_ == kNever) {
      remove(item);
    } else if (item.deadlineNs_ > item.visitNs_) {
      item.visitNs_ = item.deadlineNs_;
      sink(item);
    } else {
      remove(item);
      return &item;
    }
  }
  return nullptr;
}

void LazyDeadlines::rise(DeadlineItem& item) {
  std::size_t place = item.place_;
  while (place > 0) {
    const std::size_t parent = (place - 1) / 2;
    if (heap_[parent]->visitNs_ <= item.visitNs_) break;
    put(*heap_[parent], place);
    place = parent;
  }
  put(item, place);
}

void LazyDeadlines::sink(DeadlineItem& item) {
  std::size_t place = item.place_;
  for (;;) {
    std::size_t child = 2 * place + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1]->visitNs_ < heap_[child]->visitNs_) ++child;
    if (heap_[child]->visitNs_ >= item.visitNs_) break;
    put(*heap_[child], place);
    place = child;
  }
  put(item, place);
}

}  // namespace vayu
