#include "dataplane/agent/router_from.h"

namespace erbium::dp {

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
                .limiter = m.limiter(),
                .cross_connect = m.cross_connect(),
                .flow_age = Duration::ns(m.flow_age_ns()),
                .emulated_hosts = m.emulated_hosts()};
  for (const api::Address& address : m.addresses()) {
    const auto ip = api::ip_from(address.ip());
    if (!ip) return tl::unexpected(std::string("bad address"));
    out.addresses.push_back(*ip);
  }
  return out;
}

}  // namespace erbium::dp
