#include "dataplane/agent/router_from.h"

#include <utility>

namespace erbium::dp {
namespace {

constexpr uint64_t kMaxIcmpErrors = 1'000'000'000;

OverMtu over_mtu(api::Interface::OverMtu m) {
  return m == api::Interface::FRAGMENT      ? OverMtu::fragment
         : m == api::Interface::SILENT_DROP ? OverMtu::silent_drop
                                            : OverMtu::answer;
}

}  // namespace

tl::expected<IcmpConfig, std::string> icmp_from(const api::Node::Icmp& m) {
  IcmpConfig out{.echo = m.echo(), .errors = m.errors()};
  if (!out.errors) return out;
  if (m.rate() == 0 || m.burst() == 0 || m.rate() > kMaxIcmpErrors || m.burst() > kMaxIcmpErrors)
    return tl::unexpected(std::string("rate or burst of ICMP errors out of range"));
  out.rate = m.rate();
  out.burst = m.burst();
  return out;
}

tl::expected<Interface, std::string> interface_from(const api::Interface& m) {
  if (m.outer_vid() > 4094 || m.inner_vid() > 4094 || (m.outer_vid() == 0 && m.inner_vid() != 0))
    return tl::unexpected(std::string("bad id or VLAN id"));
  if (m.flow_age_ns() < 0) return tl::unexpected(std::string("bad age of flows"));
  Interface out{.name = m.name(),
                .trunk = m.trunk(),
                .outer_vid = static_cast<uint16_t>(m.outer_vid()),
                .inner_vid = static_cast<uint16_t>(m.inner_vid()),
                .vrf = m.vrf(),
                .mtu = m.mtu(),
                .over_mtu = over_mtu(m.over_mtu()),
                .limiter = m.limiter(),
                .cross_connect = m.cross_connect(),
                .flow_age = Duration::ns(m.flow_age_ns()),
                .mute = m.mute(),
                .emulated_hosts = m.emulated_hosts()};
  for (const auto& [from, to] :
       {std::pair{&m.addresses(), &out.addresses}, {&m.icmp_source(), &out.icmp_source}})
    for (const api::Address& address : *from) {
      const auto ip = api::ip_from(address.ip());
      if (!ip) return tl::unexpected(std::string("bad address"));
      to->push_back(*ip);
    }
  return out;
}

}  // namespace erbium::dp
