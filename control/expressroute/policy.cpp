#include "control/expressroute/policy.h"

#include <algorithm>

namespace erbium::cp {
namespace {

using bgp::AsPath;
using bgp::AsSegment;

bool reserved_by_azure(uint32_t asn) { return asn >= 65515 && asn <= 65520; }
bool documentation_asn(uint32_t asn) { return asn >= 64496 && asn <= 64511; }  // RFC 5398

template <class Predicate>
bool any_asn(const AsPath& path, Predicate predicate) {
  return std::any_of(path.segments.begin(), path.segments.end(), [&](const AsSegment& segment) {
    return std::any_of(segment.asns.begin(), segment.asns.end(), predicate);
  });
}

template <class Predicate>
void remove_asns(AsPath& path, Predicate predicate) {
  for (AsSegment& segment : path.segments) std::erase_if(segment.asns, predicate);
  std::erase_if(path.segments, [](const AsSegment& segment) { return segment.asns.empty(); });
}

// RFC 1997: NO_EXPORT and the like, which the speaker would honour.
void ignore_well_known(bgp::PathAttributes& attributes) {
  std::erase_if(attributes.communities, [](uint32_t c) { return c >= 0xffff0000; });
}

bool is_default(const net::Prefix& prefix) { return prefix.length == 0; }

// RFC 1918 and RFC 4193.
bool is_private_range(const net::Prefix& prefix) {
  static const std::vector<net::Prefix> kPrivate = {
      *net::Prefix::parse("10.0.0.0/8"), *net::Prefix::parse("172.16.0.0/12"),
      *net::Prefix::parse("192.168.0.0/16"), *net::Prefix::parse("fc00::/7")};
  return std::any_of(kPrivate.begin(), kPrivate.end(),
                     [&](const net::Prefix& p) { return p.overlaps(prefix); });
}

}  // namespace

bool private_asn(uint32_t asn) { return (asn >= 64512 && asn <= 65535) || asn >= 4'200'000'000; }

bool CustomerPolicy::import(bgp::PeerId from, bgp::RouteInPolicy& route) const {
  route.attributes.local_pref = peer(from).local_preference;
  return true;
}

bool CustomerPolicy::export_to(bgp::PeerId to, bgp::PeerId from, bgp::RouteInPolicy& route) const {
  if (from != 0) return false;
  const auto announced = peer(to).announced.find(route.prefix);
  if (announced == peer(to).announced.end()) return false;
  route.attributes = announced->second;
  for (const uint32_t asn : peer(to).in_front) route.attributes.as_path.prepend(asn);
  return true;
}

bool PrivatePeeringPolicy::import(bgp::PeerId from, bgp::RouteInPolicy& route) const {
  if (peer(from).kind != PeerPolicy::Kind::customer) return true;
  ignore_well_known(route.attributes);
  return !any_asn(route.attributes.as_path, reserved_by_azure);
}

bool PrivatePeeringPolicy::export_to(bgp::PeerId to, bgp::PeerId from,
                                     bgp::RouteInPolicy& route) const {
  if (from == 0) return false;
  using Kind = PeerPolicy::Kind;
  AsPath& path = route.attributes.as_path;
  if (peer(from).kind == Kind::gateway) {
    remove_asns(path, [](uint32_t asn) { return asn == kGatewayAsn; });
    if (peer(to).kind == Kind::gateway) path.prepend(kMseeAsn);
  } else if (peer(to).kind == Kind::customer) {
    return false;
  }
  path.prepend(kMseeAsn, peer(to).drain);
  return true;
}

bool MicrosoftPeeringPolicy::import(bgp::PeerId from, bgp::RouteInPolicy& route) const {
  if (peer(from).kind != PeerPolicy::Kind::customer) return true;
  const auto& allowed = peer(from).allowed;
  if (is_default(route.prefix) || is_private_range(route.prefix) ||
      any_asn(route.attributes.as_path, documentation_asn) ||
      std::none_of(allowed.begin(), allowed.end(),
                   [&](const net::Prefix& p) { return p.contains(route.prefix); }))
    return false;
  remove_asns(route.attributes.as_path, private_asn);
  ignore_well_known(route.attributes);
  return true;
}

bool MicrosoftPeeringPolicy::export_to(bgp::PeerId to, bgp::PeerId from,
                                       bgp::RouteInPolicy& route) const {
  if (from == 0 || peer(from).kind == peer(to).kind) return false;
  if (peer(to).kind == PeerPolicy::Kind::customer) {
    const auto& filter = peer(to).filter;
    if (std::none_of(route.attributes.communities.begin(), route.attributes.communities.end(),
                     [&](uint32_t community) {
                       return std::find(filter.begin(), filter.end(), community) != filter.end();
                     }))
      return false;
  }
  route.attributes.as_path.prepend(kMseeAsn, peer(to).drain);
  return true;
}

bool GatewayPolicy::import(bgp::PeerId from, bgp::RouteInPolicy& route) const {
  route.weight = peer(from).weight;
  if (peer(from).kind == PeerPolicy::Kind::customer)
    route.attributes.local_pref = peer(from).local_preference;
  return !peer(from).refused;
}

bool GatewayPolicy::export_to(bgp::PeerId to, bgp::PeerId from, bgp::RouteInPolicy&) const {
  return from == 0 && !peer(to).refused;
}

}  // namespace erbium::cp
