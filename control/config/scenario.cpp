// The small computations on scenario values.
#include "control/config/scenario.h"

#include <algorithm>

namespace erbium::cp {

// rate * time / 1e9 without overflow: the seconds and the rest apart. The rest is below 1e9 ns and
// the rate below 2^40 bps, so each product stays below 2^63 for every depth the rules admit.
uint64_t Burst::bits(BitRate rate) const {
  if (bytes) return *bytes * 8;
  const auto ns = static_cast<uint64_t>(time.ns());
  constexpr uint64_t kSecond = 1'000'000'000;
  const uint64_t micros = ns % kSecond / 1'000, nanos = ns % 1'000;
  const uint64_t bits = ns / kSecond * rate.bps() + micros * rate.bps() / 1'000'000 +
                        (micros * rate.bps() % 1'000'000 * 1'000 + nanos * rate.bps()) / kSecond;
  return std::max(bits, kMinBytes * 8);
}

std::vector<const Peering*> peerings(const Circuit& circuit) {
  std::vector<const Peering*> out;
  if (circuit.private_peering) out.push_back(&*circuit.private_peering);
  if (circuit.microsoft) out.push_back(&*circuit.microsoft);
  return out;
}

}  // namespace erbium::cp
