#include "control/bgp/nlri.h"

#include <cstring>

namespace erbium::cp::bgp {
namespace {

// Prefixes in the field, each behind `before` octets, or -1 when it is syntactically incorrect.
int64_t count_prefixes(std::span<const uint8_t> field, unsigned max_length, size_t before) {
  int64_t count = 0;
  for (size_t at = 0; at < field.size(); count++) {
    at += before;
    if (at >= field.size() || field[at] > max_length) return -1;
    at += 1 + (field[at] + 7u) / 8;
    if (at > field.size()) return -1;
  }
  return count;
}

}  // namespace

bool read_prefixes(net::Family family, std::span<const uint8_t> field, bool path_ids,
                   std::vector<net::Prefix>& out) {
  const size_t id_octets = path_ids ? 4 : 0;
  const int64_t count = count_prefixes(field, family == net::Family::v4 ? 32 : 128, id_octets);
  if (count < 0) return false;
  const size_t first = out.size();
  out.resize(first + static_cast<size_t>(count), {{family, {}}, 0});
  const uint8_t* from = field.data();  // inside the field: every length has been counted
  for (size_t i = first; i < out.size(); i++) {
    net::Prefix& prefix = out[i];
    from += id_octets;
    prefix.length = *from++;
    const size_t octets = (prefix.length + 7u) / 8;
    std::memcpy(prefix.address.bytes.data(), from, octets);
    from += octets;
    if (const unsigned used = prefix.length % 8; used != 0)
      prefix.address.bytes[octets - 1] &= static_cast<uint8_t>(0xff00 >> used);
  }
  return true;
}

}  // namespace erbium::cp::bgp
