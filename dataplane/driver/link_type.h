// The link types of captures that can be replayed, by their numbers in pcap and pcapng files
// (https://www.tcpdump.org/linktypes.html).
#pragma once

#include <cstdint>
#include <string>

namespace erbium::dp {

enum LinkType : uint32_t {
  kLinkNull = 0,
  kLinkEthernet = 1,
  kLinkRaw12 = 12,  // DLT_RAW of most systems, where a program wrote that
  kLinkRaw14 = 14,  // ... and of OpenBSD
  kLinkRaw = 101,
  kLinkIeee80211 = 105,
  kLinkLoop = 108,
  kLinkCooked = 113,
  kLinkRadiotap = 127,
  kLinkIpv4 = 228,
  kLinkIpv6 = 229,
  kLinkCooked2 = 276,
};

// Whether its packets can be made Ethernet frames.
bool becomes_ethernet(uint32_t link_type);

// libpcap's own number (DLT_) for it, which differs where systems disagreed.
int dlt_of(uint32_t link_type);

// LINKTYPE_ number of a DLT_ that libpcap gives.
uint32_t link_type_of(int dlt);

// Why a capture of this link type is refused, with its name.
std::string link_type_refusal(uint32_t link_type);

}  // namespace erbium::dp
