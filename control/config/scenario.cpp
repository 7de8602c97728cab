// The small computations on scenario values.
#include "control/config/scenario.h"

#include <algorithm>

namespace erbium::cp {
namespace {

const Port* named(const Scenario& scenario, const std::string& name) {
  return name.empty() ? nullptr : find(scenario.ports, name);
}

// A default route says nothing about where an address is.
bool announces(const Scenario& scenario, const Ce& ce, const net::Ip& ip) {
  const auto has = [&](const net::Prefix& prefix) {
    return prefix.length != 0 && prefix.contains(ip);
  };
  for (const Announcement& announcement : ce.announce) {
    const auto list = prefixes(announcement);
    if (std::any_of(list.begin(), list.end(), has)) return true;
  }
  for (const LinkRef& link : ce.links)
    for (const Peering* peering : peerings(*find(scenario.circuits, link.circuit)))
      for (const MarkedPrefix& prefix : peering->advertised_prefixes)
        if (has(prefix.prefix.canonical())) return true;
  return false;
}

}  // namespace

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

std::vector<net::Prefix> prefixes_over(const Scenario& scenario, const VpnConnection& vpn) {
  std::vector<net::Prefix> out;
  for (const MarkedPrefix& prefix : vpn.statics.empty() ? vpn.announce : vpn.statics)
    out.push_back(prefix.prefix.canonical());
  if (!out.empty()) return out;
  for (const Announcement& announcement : find(scenario.onprem, vpn.router)->announce)
    if (announcement.prefix && announcement.links.empty())
      out.push_back(announcement.prefix->canonical());
  return out;
}

const Mistake* mistake_at(const Ce& ce, const std::string& circuit, size_t link) {
  for (const Mistake& mistake : ce.mistakes)
    if (mistake.link.circuit == circuit && mistake.link.link == link) return &mistake;
  return nullptr;
}

const Port* port_of(const Scenario& scenario, const net::Ip& ip) {
  for (const Vnet& vnet : scenario.vnets) {
    const bool inside = std::any_of(vnet.prefixes.begin(), vnet.prefixes.end(), [&](auto& prefix) {
      return prefix.prefix.canonical().contains(ip);
    });
    if (!inside) continue;
    if (!vnet.port.empty()) return named(scenario, vnet.port);
    for (const Vnet& hub : scenario.vnets)
      for (const VnetPeering& peering : hub.peerings)
        if (peering.to == vnet.name) return named(scenario, hub.port);
  }
  for (const MicrosoftEdge& edge : scenario.microsoft_edges)
    for (const ServicePrefix& service : edge.prefixes)
      for (const net::Prefix& prefix : run_of(service.prefix, service.count))
        if (prefix.contains(ip)) return named(scenario, edge.port);
  for (const Ce& ce : scenario.onprem)
    if (announces(scenario, ce, ip)) return named(scenario, ce.port);
  // Anywhere else, where a router announces a default route of the family.
  const net::Prefix everything{{ip.family, {}}, 0};
  for (const Ce& ce : scenario.onprem)
    for (const Announcement& a : ce.announce)
      if (a.prefix && a.prefix->canonical() == everything) return named(scenario, ce.port);
  for (const Vnet& vnet : scenario.vnets)
    if (!vnet.internet.empty()) return named(scenario, vnet.internet);
  return nullptr;
}

}  // namespace erbium::cp
