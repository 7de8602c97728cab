// Prefixes as UPDATE fields, MP_REACH_NLRI, MP_UNREACH_NLRI and RIB dumps hold them: a length in
// bits, then as many octets as that needs (RFC 4271 §4.3, RFC 4760 §5).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/net/address.h"

namespace erbium::cp::bgp {

// Appends the prefixes of a whole field, host bits cleared. False, and nothing appended, when a
// length is too long for the family or the last prefix ends outside (RFC 7606 §5.3). With
// `path_ids` each stands behind 4 octets (RFC 7911 §3), which are passed over.
bool read_prefixes(net::Family family, std::span<const uint8_t> field, bool path_ids,
                   std::vector<net::Prefix>& out);

inline size_t wire_octets(const net::Prefix& prefix) { return 1 + (prefix.length + 7u) / 8; }

// Appends one prefix. Host bits must be clear.
inline void write_prefix(const net::Prefix& prefix, std::vector<uint8_t>& out) {
  out.push_back(prefix.length);
  const auto* address = prefix.address.bytes.data();
  out.insert(out.end(), address, address + (prefix.length + 7) / 8);
}

}  // namespace erbium::cp::bgp
