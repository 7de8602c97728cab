#include "dataplane/driver/link_type.h"

#include <pcap/pcap.h>

namespace erbium::dp {

bool becomes_ethernet(uint32_t link_type) {
  switch (link_type) {
    case kLinkNull:
    case kLinkEthernet:
    case kLinkRaw12:
    case kLinkRaw14:
    case kLinkRaw:
    case kLinkIeee80211:
    case kLinkLoop:
    case kLinkCooked:
    case kLinkRadiotap:
    case kLinkIpv4:
    case kLinkIpv6:
    case kLinkCooked2:
      return true;
    default:
      return false;
  }
}

// Numbers 100 to 107 of files stand for link types whose DLT_ was not the same everywhere.
int dlt_of(uint32_t link_type) {
  switch (link_type) {
    case 100:
      return DLT_ATM_RFC1483;
    case kLinkRaw:
    case kLinkRaw14:
      return DLT_RAW;
    case 102:
      return DLT_SLIP_BSDOS;
    case 103:
      return DLT_PPP_BSDOS;
    case 106:
      return DLT_ATM_CLIP;
    default:
      return static_cast<int>(link_type);
  }
}

uint32_t link_type_of(int dlt) {
  return dlt == DLT_RAW ? uint32_t{kLinkRaw} : static_cast<uint32_t>(dlt);
}

std::string link_type_refusal(uint32_t link_type) {
  const int dlt = dlt_of(link_type);
  const char* name = pcap_datalink_val_to_name(dlt);
  const char* description = pcap_datalink_val_to_description(dlt);
  std::string text = "link type ";
  text += name != nullptr ? name : std::to_string(link_type);
  if (description != nullptr) text += std::string(" (") + description + ")";
  return text +
         " cannot be replayed; captures of Ethernet, raw IP, Linux cooked, loopback and 802.11 can";
}

}  // namespace erbium::dp
