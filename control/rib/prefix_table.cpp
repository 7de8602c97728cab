#include "control/rib/prefix_table.h"

#include <algorithm>
#include <array>
#include <span>
#include <tuple>
#include <utility>

namespace erbium::cp::rib {

namespace {

constexpr size_t kWorthRadix = 4096;

// The order of IPv4 prefixes in one integer: 32 bits of address, 6 of length.
uint64_t order_of(const net::Prefix& prefix) {
  return uint64_t{prefix.address.v4_host()} << 6 | prefix.length;
}

// Least significant digit first, 13 bits at a time: 3 passes over 39 bits.
void radix_sort(std::vector<uint64_t>& keys) {
  constexpr unsigned kDigit = 13;
  std::vector<uint64_t> other(keys.size());
  for (unsigned shift = 0; shift < 3 * kDigit; shift += kDigit) {
    std::array<uint32_t, 1 << kDigit> at{};
    const auto digit = [&](uint64_t key) { return key >> shift & (at.size() - 1); };
    for (const uint64_t key : keys) ++at[digit(key)];
    uint32_t sum = 0;
    for (uint32_t& count : at) sum += std::exchange(count, sum);
    for (const uint64_t key : keys) other[at[digit(key)]++] = key;
    keys.swap(other);
  }
}

// A prefix of either family as three integers that compare as it does.
struct Sortable {
  Key6 key;
  uint16_t family_and_length;
  explicit Sortable(const net::Prefix& prefix)
      : key(key6_of(prefix.address)),
        family_and_length(static_cast<uint16_t>(static_cast<unsigned>(prefix.address.family) << 8 |
                                                prefix.length)) {}
  net::Prefix prefix() const {
    net::Prefix out{ip_of(key), static_cast<uint8_t>(family_and_length)};
    out.address.family = static_cast<net::Family>(family_and_length >> 8);
    return out;
  }
  bool operator<(const Sortable& o) const {
    const auto family = family_and_length >> 8, other = o.family_and_length >> 8;
    return std::tie(family, key.high, key.low, family_and_length) <
           std::tie(other, o.key.high, o.key.low, o.family_and_length);
  }
};

void sort_any(std::span<net::Prefix> prefixes) {
  std::vector<Sortable> keys(prefixes.begin(), prefixes.end());
  std::sort(keys.begin(), keys.end());
  std::transform(keys.begin(), keys.end(), prefixes.begin(),
                 [](const Sortable& key) { return key.prefix(); });
}

void sort_v4(std::span<net::Prefix> prefixes) {
  std::vector<uint64_t> keys(prefixes.size());
  std::transform(prefixes.begin(), prefixes.end(), keys.begin(), order_of);
  radix_sort(keys);
  std::transform(keys.begin(), keys.end(), prefixes.begin(), [](uint64_t key) {
    return net::Prefix{net::Ip::v4(static_cast<uint32_t>(key >> 6)),
                       static_cast<uint8_t>(key & 0x3f)};
  });
}

}  // namespace

void sort_prefixes(std::vector<net::Prefix>& prefixes, size_t from) {
  const std::span<net::Prefix> all(prefixes.data() + from, prefixes.size() - from);
  const auto before = [](const net::Prefix& a, const net::Prefix& b) {
    return Sortable(a) < Sortable(b);
  };
  if (std::is_sorted(all.begin(), all.end(), before)) return;
  const bool v4 =
      std::all_of(all.begin(), all.end(), [](const net::Prefix& p) { return p.address.is_v4(); });
  v4&& all.size() >= kWorthRadix ? sort_v4(all) : sort_any(all);
}

}  // namespace erbium::cp::rib
