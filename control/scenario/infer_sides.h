// Which networks of a capture are the customer's and which Azure's, where nobody has said. Pure:
// the same summary gives the same sides.
//
// Hosts are taken by network, /24 or /64, unless most packets stay inside of one; then by
// themselves. Whoever talks most is parted first, so that as many packets as possible cross from
// side to side. Which side is the customer's is a vote among flows: it has the private addresses
// (RFC 1918, RFC 6598, RFC 4193) where the other has public ones, and opens the flows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/capture_summary.h"
#include "common/net/address.h"

namespace erbium::cp {

// What the user has said, in one list for both families. A family with prefixes for one side only
// gives everything else to the other; one with both is taken as it is.
struct GivenSides {
  std::vector<net::Prefix> onprem, azure;
};

struct Side {
  std::vector<net::Prefix> prefixes;  // IPv4 first, in order of addresses
  uint64_t hosts = 0;                 // seen in them
};

struct Sides {
  Side onprem, azure;
  uint64_t crossing = 0, staying = 0;  // unicast packets from side to side, and within one
  uint64_t local = 0;                  // with an address that no router forwards from or to
  uint32_t opened_onprem = 0, opened_azure = 0;  // flows that cross, by who opened them
  std::string because;  // "private addresses on one side, public ones on the other"
};

// Prefixes of the sides do not overlap, but that the customer's may be a default route. Families
// without conversations have none, unless they are given.
Sides infer_sides(const CaptureSummary& summary, const GivenSides& given);

// RFC 1918 section 3, RFC 6598, RFC 4193.
bool is_private(const net::Ip& ip);

}  // namespace erbium::cp
