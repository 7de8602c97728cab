#include "control/tcp/reassembly.h"

#include <algorithm>

namespace erbium::cp::tcp {

std::vector<uint8_t> Reassembly::add(uint64_t position, std::span<const uint8_t> octets) {
  std::vector<uint8_t> out;
  if (position > next_) {
    hold(position, octets);
    return out;
  }
  append(position, octets, out);
  while (!pieces_.empty() && pieces_.begin()->first <= next_) {
    const auto piece = pieces_.extract(pieces_.begin());
    held_ -= piece.mapped().size();
    append(piece.key(), piece.mapped(), out);
  }
  return out;
}

void Reassembly::hold(uint64_t position, std::span<const uint8_t> octets) {
  const uint64_t ahead = position - next_;
  if (octets.empty() || ahead >= kReceiveWindow) return;
  octets = octets.first(std::min<uint64_t>(octets.size(), kReceiveWindow - ahead));
  const auto at = pieces_.find(position);
  const size_t known = at == pieces_.end() ? 0 : at->second.size();
  if (known >= octets.size() || held_ - known + octets.size() > kReceiveWindow) return;
  if (known == 0 && pieces_.size() == kMaxPieces) return;
  pieces_[position].assign(octets.begin(), octets.end());
  held_ += octets.size() - known;
}

void Reassembly::append(uint64_t position, std::span<const uint8_t> octets,
                        std::vector<uint8_t>& out) {
  const uint64_t old = next_ - position;
  if (octets.size() <= old) return;
  const auto fresh = octets.subspan(old);
  out.insert(out.end(), fresh.begin(), fresh.end());
  next_ += fresh.size();
}

}  // namespace erbium::cp::tcp
