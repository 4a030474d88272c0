// What requests look like on the wire, kept for as long as they are likely to be sent again: direct-mapped by request id, since the ids of
// a plan's requests follow one another. Entries in use survive their eviction, and entries are used again, so that nothing is allocated
// in steady state.
// Owned by a transport; worker thread only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace vayu {

// What entries derive from.
struct CachedRendering {
  std::uint64_t requestId = 0;
  std::uint32_t uses = 0;  // exchanges under way
  bool isCached = false;
};

template <typename Entry>
class RenderedCache {
 public:
  // The entry of that request. One that is not there is made by `render(entry)`, which says whether it could; null where it could not.
  template <typename Render>
  Entry* obtain(std::uint64_t requestId, Render&& render) {
    Entry*& slot = slots_[requestId % slots_.size()];
    if (slot != nullptr && slot->requestId == requestId) return slot;
    if (idle_.empty()) idle_.push_back(entries_.emplace_back(std::make_unique<Entry>()).get());
    Entry* fresh = idle_.back();
    if (!render(*fresh)) return nullptr;
    idle_.pop_back();
    fresh->requestId = requestId;
    fresh->isCached = true;
    Entry* evicted = std::exchange(slot, fresh);
    if (evicted != nullptr) {
      evicted->isCached = false;
      if (evicted->uses == 0) idle_.push_back(evicted);
    }
    return fresh;
  }

  void use(Entry& entry) { ++entry.uses; }
  void release(Entry& entry) {
    if (--entry.uses == 0 && !entry.isCached) idle_.push_back(&entry);
  }

 private:
  std::array<Entry*, 64> slots_{};
  std::vector<std::unique_ptr<Entry>> entries_;
  std::vector<Entry*> idle_;
};

}  // namespace vayu
