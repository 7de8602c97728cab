// Octets given to be sent and not yet acknowledged. Positions count from the first octet that is
// not acknowledged. Acknowledging is amortised constant: the front moves, and memory is given back
// when more than half of it lies before the front.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace erbium::cp::tcp {

class SendQueue {
 public:
  size_t size() const { return octets_.size() - front_; }

  void append(std::span<const uint8_t> octets) {
    octets_.insert(octets_.end(), octets.begin(), octets.end());
  }

  // At most `count` octets from `position`, which is at most size().
  std::span<const uint8_t> view(size_t position, size_t count) const {
    return std::span(octets_).subspan(front_ + position, std::min(count, size() - position));
  }

  void acknowledge(size_t count) {
    front_ += count;
    if (front_ * 2 <= octets_.size()) return;
    octets_.erase(octets_.begin(), octets_.begin() + static_cast<ptrdiff_t>(front_));
    front_ = 0;
  }

  void clear() {
    octets_.clear();
    front_ = 0;
  }

 private:
  std::vector<uint8_t> octets_;
  size_t front_ = 0;
};

}  // namespace erbium::cp::tcp
