// Prefixes that hold all hosts of one side and none of the other.
#pragma once

#include <map>
#include <vector>

#include "common/net/address.h"

namespace erbium::cp {

// Hosts are of one family; true: Azure's. Prefixes are /24 or /64, or /32 or /128 `by_host`;
// shorter where that would be more than 16, longer where the sides lie closer. At most 400 for IPv4
// and 90 for IPv6, what a gateway may announce: those with the most hosts.
std::vector<net::Prefix> cover_azure(const std::map<net::Ip, bool>& hosts, bool by_host);

// The customer's, or the default route where it takes more than 16.
std::vector<net::Prefix> cover_onprem(const std::map<net::Ip, bool>& hosts, bool by_host);

}  // namespace erbium::cp
