#include "control/expressroute/messages.h"

#include <algorithm>

#include "control/expressroute/impairments.h"

namespace erbium::cp {

api::ToDataplane to_message(const NodeInfo& node) {
  api::ToDataplane m;
  m.mutable_node()->set_id(node.id);
  m.mutable_node()->set_name(node.name);
  m.mutable_node()->set_kind(node.cross_connect ? api::Node::CROSS_CONNECT : api::Node::ROUTER);
  if (node.cross_connect) return m;
  api::Node::Icmp& icmp = *m.mutable_node()->mutable_icmp();
  icmp.set_echo(node.icmp.echo);
  icmp.set_errors(node.icmp.errors);
  icmp.set_rate(node.icmp.rate);
  icmp.set_burst(node.icmp.burst);
  return m;
}

api::ToDataplane to_message(const TrunkInfo& trunk) {
  api::ToDataplane m;
  api::Trunk& out = *m.mutable_trunk();
  out.set_id(trunk.id);
  out.set_name(trunk.name);
  out.set_node(trunk.node);
  out.set_port(trunk.port);
  out.set_link(trunk.link);
  out.set_outer_tpid(trunk.outer_tpid);
  out.set_inner_tpid(trunk.inner_tpid);
  out.set_mac(api::to_bytes(trunk.mac));
  return m;
}

api::ToDataplane to_message(const InterfaceInfo& interface) {
  api::ToDataplane m;
  api::Interface& out = *m.mutable_interface();
  out.set_id(interface.id);
  out.set_name(interface.name);
  out.set_trunk(interface.trunk);
  out.set_outer_vid(interface.outer_vid);
  out.set_inner_vid(interface.inner_vid);
  out.set_vrf(interface.vrf);
  out.set_mtu(interface.mtu);
  out.set_over_mtu(interface.over_mtu);
  out.set_mute(interface.mute);
  out.set_limiter(interface.limiter);
  out.set_capacity(interface.capacity);
  out.set_cross_connect(interface.cross_connect);
  out.set_flow_age_ns(interface.flow_age.ns());
  out.set_emulated_hosts(interface.emulated_hosts);
  for (const net::Ip& ip : interface.addresses) out.add_addresses()->set_ip(api::to_bytes(ip));
  for (const net::Ip& ip : interface.icmp_source) out.add_icmp_source()->set_ip(api::to_bytes(ip));
  return m;
}

api::ToDataplane to_message(const CapacityInfo& capacity) {
  // Buckets as deep as those of circuits are by default; Azure says nothing of it.
  constexpr uint64_t kBucketsPerSecond = 100, kLeastBits = 16 * 1522 * 8, kLeastPackets = 16;
  api::ToDataplane m;
  api::Capacity& out = *m.mutable_capacity();
  const GatewaySize size = capacity.size.with(capacity.instances);
  out.set_id(capacity.id);
  out.set_rate_bps(size.rate.bps());
  out.set_depth_bits(std::max(size.rate.bps() / kBucketsPerSecond, kLeastBits));
  out.set_packets_per_second(size.packets_per_second);
  out.set_depth_packets(std::max(size.packets_per_second / kBucketsPerSecond, kLeastPackets));
  out.set_flows(size.flows);
  out.set_flow_age_ns(capacity.flow_age.ns());
  return m;
}

api::ToDataplane to_message(const LinkInfo& link, uint64_t seed) {
  api::ToDataplane m;
  api::Link& out = *m.mutable_link();
  out.set_id(link.id);
  out.set_name(link.name);
  out.set_direction(link.direction);
  out.set_to_trunk(link.to_trunk);
  out.set_rate_bps(link.rate.bps());
  out.set_delay_ns(link.effective_delay().ns());
  out.set_queue_ns(link.queue.ns());
  out.set_up(link.up);
  out.set_silent(!link.up && link.silent);
  out.set_outbound(link.direction == "to_azure");
  out.set_measured(link.measured);
  if (link.impaired.profile) *out.mutable_impairment() = impairment_message(link, seed);
  return m;
}

api::ToDataplane to_message(const NeighborInfo& neighbor) {
  api::ToDataplane m;
  m.mutable_neighbor()->set_interface(neighbor.interface);
  m.mutable_neighbor()->mutable_address()->set_ip(api::to_bytes(neighbor.ip));
  m.mutable_neighbor()->set_mac(api::to_bytes(neighbor.mac));
  return m;
}

api::ToDataplane to_message(const HostPortInfo& host_port) {
  api::ToDataplane m;
  api::HostPort& out = *m.mutable_host_port();
  out.set_id(host_port.id);
  out.set_name(host_port.name);
  out.set_node(host_port.node);
  out.set_vrf(host_port.vrf);
  const auto match = [&](uint32_t protocol, uint32_t port) {
    api::HostPort::Match& rule = *out.add_match();
    rule.set_protocol(protocol);
    rule.set_port(port);
  };
  match(6, 179);    // BGP (RFC 4271 section 8)
  match(17, 3784);  // BFD, single hop (RFC 5881 section 4)
  return m;
}

api::ToDataplane announce_message(uint32_t interface) {
  api::ToDataplane m;
  m.mutable_announce()->set_interface(interface);
  return m;
}

api::ToDataplane port_message(uint32_t id, const std::string& name) {
  api::ToDataplane m;
  m.mutable_port()->set_id(id);
  m.mutable_port()->set_name(name);
  return m;
}

}  // namespace erbium::cp
