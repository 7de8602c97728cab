#include "control/expressroute/topology.h"

#include <algorithm>
#include <map>

#include "control/config/decode.h"
#include "control/expressroute/topology_edge.h"

namespace erbium::cp {
namespace {

class Builder {
 public:
  Builder(const Scenario& scenario, const TopologyOptions& options)
      : scenario_(scenario), options_(options) {
    topology_.ces.resize(scenario.onprem.size());
    topology_.gateways.resize(scenario.gateways.size());
    topology_.ports.resize(scenario.ports.size());
    port_trunk_.resize(scenario.ports.size());
  }

  Topology build() {
    for (size_t i = 0; i < scenario_.onprem.size(); i++) add_ce(i);
    for (size_t c = 0; c < scenario_.circuits.size(); c++)
      for (size_t l = 0; l < 2; l++)
        if (scenario_.circuits[c].links[l]) add_circuit_link(c, l);
    for (size_t g = 0; g < scenario_.gateways.size(); g++) add_gateway(g);
    for (size_t e = 0; e < scenario_.microsoft_edges.size(); e++) add_microsoft_edge(e);
    for (const VpnConnection& vpn : scenario_.vpn) add_vpn(vpn);
    add_capacities(scenario_, topology_);
    if (scenario_.control.routes == ControlOptions::Routes::bgp) add_host_ports(topology_);
    return std::move(topology_);
  }

 private:
  uint32_t add_node(const std::string& name, bool cross_connect = false) {
    const auto id = static_cast<uint32_t>(topology_.nodes.size() + 1);
    topology_.nodes.push_back({id, name, cross_connect, icmp_of(scenario_, name)});
    return id;
  }

  TrunkInfo& add_trunk(const std::string& name, uint32_t node) {
    const auto id = static_cast<uint32_t>(topology_.trunks.size() + 1);
    TrunkInfo& trunk = topology_.trunks.emplace_back();
    trunk.id = id;
    trunk.name = name;
    trunk.node = node;
    // Locally administered, one for each trunk; a router keeps it for all peerings of a link.
    trunk.mac = {{0x02, 0xe4, static_cast<uint8_t>(node >> 8), static_cast<uint8_t>(node),
                  static_cast<uint8_t>(id >> 8), static_cast<uint8_t>(id)}};
    return trunk;
  }

  InterfaceInfo& add_interface(const std::string& name, uint32_t trunk) {
    const auto id = static_cast<uint32_t>(topology_.interfaces.size() + 1);
    InterfaceInfo& interface = topology_.interfaces.emplace_back();
    interface.id = id;
    interface.name = name;
    interface.trunk = trunk;
    return interface;
  }
  InterfaceInfo& interface(uint32_t id) { return topology_.interfaces[id - 1]; }
  TrunkInfo& trunk(uint32_t id) { return topology_.trunks[id - 1]; }

  uint32_t add_link(const std::string& name, const char* direction, uint32_t from_trunk,
                    uint32_t to_trunk, BitRate rate, Duration delay, Duration queue) {
    const auto id = static_cast<uint32_t>(topology_.links.size() + 1);
    topology_.links.push_back({id, name, direction, to_trunk, rate, delay, queue});
    trunk(from_trunk).link = id;
    return id;
  }

  bool emulated(const Port& port) const {
    if (port.neighbors) return *port.neighbors == Port::Neighbors::emulated;
    return !options_.live || port.dev.empty();
  }

  size_t port_index(const std::string& name) const {
    return static_cast<size_t>(find(scenario_.ports, name) - scenario_.ports.data());
  }

  // The trunk of a port at `node`; a port has one place.
  TrunkInfo& attach_port(const std::string& name, uint32_t node, SourceMark mark) {
    const size_t index = port_index(name);
    if (port_trunk_[index] != 0 && trunk(port_trunk_[index]).node != node)
      throw ConfigError(scenario_.path, mark,
                        "port " + name + " is already at " +
                            topology_.nodes[trunk(port_trunk_[index]).node - 1].name +
                            "; give this one a port of its own");
    if (port_trunk_[index] != 0) return trunk(port_trunk_[index]);
    TrunkInfo& trunk = add_trunk(name, node);
    trunk.port = static_cast<uint32_t>(index + 1);
    if (scenario_.ports[index].mac) trunk.mac = *scenario_.ports[index].mac;
    port_trunk_[index] = trunk.id;
    topology_.ports[index].router_mac = trunk.mac;
    return trunk;
  }

  bool ends_bare_link(const Ce& ce) const {
    return std::any_of(ce.links.begin(), ce.links.end(), [&](const LinkRef& ref) {
      return find(scenario_.circuits, ref.circuit)->links[ref.link]->port.empty();
    });
  }

  void add_ce(size_t index) {
    const Ce& ce = scenario_.onprem[index];
    CeInfo& info = topology_.ces[index];
    if (ce.port.empty() && !ends_bare_link(ce)) return;  // a real router behind ports
    info.node = add_node(ce.name);
    info.vrf = ++vrfs_;
    if (ce.port.empty()) return;
    const uint32_t trunk = attach_port(ce.port, info.node, ce.port_mark).id;
    InterfaceInfo& lan = add_interface(ce.name + "/" + ce.port, trunk);
    lan.vrf = info.vrf;
    lan.emulated_hosts = emulated(scenario_.ports[port_index(ce.port)]);
    for (const Announcement& announcement : ce.announce)
      if (announcement.prefix && announcement.count == 1 && announcement.prefix->length != 0 &&
          announcement.prefix->length < announcement.prefix->address.bits())
        lan.addresses.push_back(announcement.prefix->canonical().address.plus(1));
    info.lan_interface = lan.id;
  }

  uint32_t msee(const std::string& name) {
    uint32_t& id = msees_[name];
    return id == 0 ? id = add_node(name) : id;
  }

  // The cross-connect behind a port that is the customer's end of links.
  uint32_t hand_off(const std::string& port) {
    uint32_t& id = hand_offs_[port];
    return id == 0 ? id = add_node("handoff-" + port, true) : id;
  }

  void add_circuit_link(size_t c, size_t l) {
    const Circuit& circuit = scenario_.circuits[c];
    const CircuitLink& link = *circuit.links[l];
    const std::string name = circuit.name + "/" + std::string(kLinkNames[l]);
    CircuitLinkInfo info{.circuit = c, .link = l, .msee = msee(link.msee)};
    uint32_t near_node = 0;
    if (link.port.empty()) {
      info.ce = ce_of(circuit.name, l);
      if (!info.ce)
        throw ConfigError(scenario_.path, link.mark,
                          "link " + name +
                              " ends nowhere; give it a port, or an onprem router "
                              "that it belongs to");
      near_node = topology_.ces[*info.ce].node;
    } else {
      near_node = hand_off(link.port);
    }
    const uint32_t near = add_trunk(name + " customer end", near_node).id;
    const uint32_t far = add_trunk(name + " MSEE end", info.msee).id;
    for (uint32_t id : {near, far}) {
      trunk(id).outer_tpid = circuit.ethertype_outer;
      trunk(id).inner_tpid = circuit.ethertype_inner;
    }
    info.to_azure =
        add_link(name, "to_azure", near, far, link.rate, link.delay_to_azure, link.queue);
    info.to_onprem =
        add_link(name, "to_onprem", far, near, link.rate, link.delay_to_onprem, link.queue);

    std::array<uint32_t, 2> shared{};  // limiters of the link, where peerings share them
    for (const Peering* peering : peerings(circuit))
      if (peering->enabled) add_peering(info, *peering, near, far, shared);
    if (!link.port.empty()) add_hand_off(info, link, near, far);
    topology_.circuit_links.push_back(std::move(info));
  }

  std::optional<size_t> ce_of(const std::string& circuit, size_t link) const {
    for (size_t i = 0; i < scenario_.onprem.size(); i++)
      for (const LinkRef& ref : scenario_.onprem[i].links)
        if (ref.circuit == circuit && ref.link == link) return i;
    return std::nullopt;
  }

  uint32_t limiter(const Circuit& circuit, size_t c, const std::string& name, uint32_t& shared) {
    if (!circuit.rate_limit) return 0;
    if (shared != 0 && circuit.limiter.scope == Limiter::Scope::per_link) return shared;
    shared = static_cast<uint32_t>(topology_.limiters.size() + 1);
    topology_.limiters.push_back({shared, name, c});
    return shared;
  }

  void add_peering(CircuitLinkInfo& info, const Peering& peering, uint32_t near, uint32_t far,
                   std::array<uint32_t, 2>& shared) {
    const Circuit& circuit = scenario_.circuits[info.circuit];
    const CircuitLink& link = *circuit.links[info.link];
    const std::string link_name = circuit.name + "/" + std::string(kLinkNames[info.link]);
    const std::string name =
        link_name + (peering.kind == PeeringKind::private_peering ? "/private" : "/microsoft");
    const uint32_t to_azure = limiter(circuit, info.circuit, link_name + " to_azure", shared[0]);
    const uint32_t to_onprem = limiter(circuit, info.circuit, link_name + " to_onprem", shared[1]);
    const auto tag = [&](InterfaceInfo& i) {
      i.outer_vid = static_cast<uint16_t>(circuit.s_tag.value_or(peering.vlan));
      i.inner_vid = static_cast<uint16_t>(circuit.s_tag ? peering.vlan : 0);
      i.mtu = link.mtu;
    };
    PeeringInfo out{.peering = &peering, .msee_vrf = ++vrfs_};
    InterfaceInfo& msee = add_interface(name + " MSEE", far);
    tag(msee);
    msee.vrf = out.msee_vrf;
    msee.limiter = to_onprem;
    out.msee_interface = msee.id;
    InterfaceInfo& customer = add_interface(name + " customer", near);
    tag(customer);
    customer.limiter = to_azure;
    for (const auto* subnets : {&peering.ipv4, &peering.ipv6}) {
      if (!*subnets) continue;
      interface(out.msee_interface).addresses.push_back((*subnets)->msee(info.link));
      if (info.ce) customer.addresses.push_back((*subnets)->customer(info.link));
    }
    make_mistake(scenario_, info, peering, customer, trunk(near));
    if (info.ce) {
      customer.vrf = topology_.ces[*info.ce].vrf;
      customer.flow_age = scenario_.onprem[*info.ce].flow_age.value_or(Duration());
      out.ce_interface = customer.id;
    } else {
      cross_connect(customer.id, link);
      if (emulated(*find(scenario_.ports, link.port)))
        for (const auto* subnets : {&peering.ipv4, &peering.ipv6})
          if (*subnets) {
            const net::Ip ip = (*subnets)->customer(info.link);
            topology_.neighbors.push_back({out.msee_interface, ip, emulated_mac(ip)});
          }
    }
    info.peerings.push_back(out);
  }

  // Joins the link's interface with one of the same tags at the port.
  void cross_connect(uint32_t customer, const CircuitLink& link) {
    TrunkInfo& port = attach_port(link.port, hand_off(link.port), link.mark);
    const uint32_t port_trunk = port.id;
    port.outer_tpid = trunk(interface(customer).trunk).outer_tpid;
    port.inner_tpid = trunk(interface(customer).trunk).inner_tpid;
    InterfaceInfo& outside = add_interface(interface(customer).name + " port", port_trunk);
    outside.outer_vid = interface(customer).outer_vid;
    outside.inner_vid = interface(customer).inner_vid;
    outside.cross_connect = customer;
    interface(customer).cross_connect = outside.id;
  }

  // What has the tags of no circuit goes to the first link behind the port, which judges it.
  void add_hand_off(const CircuitLinkInfo& info, const CircuitLink& link, uint32_t near,
                    uint32_t far) {
    const TrunkInfo& port = attach_port(link.port, hand_off(link.port), link.mark);
    const size_t index = port.port - 1;
    InterfaceInfo& inside = add_interface(link.port + " untagged", near);
    const uint32_t inside_id = inside.id;
    uint32_t& outside_id = untagged_[port.id];
    if (outside_id == 0) {
      InterfaceInfo& outside = add_interface(link.port + " untagged port", port.id);
      outside.cross_connect = inside_id;
      outside_id = outside.id;
      PortAttachment& attachment = topology_.ports[index];
      attachment.router_mac = trunk(far).mac;
      attachment.outer_tpid = port.outer_tpid;
      attachment.inner_tpid = port.inner_tpid;
      if (!info.peerings.empty()) {
        const InterfaceInfo& first = interface(info.peerings.front().msee_interface);
        attachment.outer_vid = first.outer_vid;
        attachment.inner_vid = first.inner_vid;
      }
    }
    interface(inside_id).cross_connect = outside_id;
  }

  void add_gateway(size_t g) {
    const Gateway& gateway = scenario_.gateways[g];
    GatewayInfo& info = topology_.gateways[g];
    info.node = add_node(gateway.name);
    info.vrf = ++vrfs_;
    info.own = own_addresses(scenario_, gateway);
    for (const GatewayCircuit& connection : gateway.circuits)
      for (size_t i = 0; i < topology_.circuit_links.size(); i++)
        if (scenario_.circuits[topology_.circuit_links[i].circuit].name == connection.id)
          add_backbone(g, i, connection.weight);
    const Vnet* hub = find(scenario_.vnets, gateway.vnet);
    if (!hub) return;
    serve_vnet(info, *hub, *hub);
    if (!hub->internet.empty()) add_internet(info, *hub);
    for (const VnetPeering& peering : hub->peerings)
      if (peering.gateway_transit) serve_vnet(info, *find(scenario_.vnets, peering.to), *hub);
  }

  void serve_vnet(GatewayInfo& info, const Vnet& vnet, const Vnet& hub) {
    const std::string& port = vnet.port.empty() ? hub.port : vnet.port;
    GatewayInfo::Served served{.vnet = static_cast<size_t>(&vnet - scenario_.vnets.data())};
    if (!port.empty()) {
      const SourceMark mark = vnet.port.empty() ? hub.port_mark : vnet.port_mark;
      const uint32_t trunk = attach_port(port, info.node, mark).id;
      uint32_t& id = untagged_[trunk];
      if (id == 0) {
        InterfaceInfo& added = add_interface(hub.name + "/" + port, trunk);
        added.vrf = info.vrf;
        added.emulated_hosts = emulated(scenario_.ports[port_index(port)]);
        limit_mtu(added, *find(scenario_.gateways, topology_.nodes[info.node - 1].name));
        id = added.id;
      }
      served.interface = id;
      for (const Subnet& subnet : vnet.subnets)
        interface(id).addresses.push_back(subnet.prefix.canonical().address.plus(1));
      if (vnet.subnets.empty())
        for (const MarkedPrefix& prefix : vnet.prefixes)
          interface(id).addresses.push_back(prefix.prefix.canonical().address.plus(1));
    }
    info.vnets.push_back(served);
  }

  // Its prefixes have no subnets: the whole of the port is theirs, with hosts at every address.
  void add_microsoft_edge(size_t e) {
    const MicrosoftEdge& edge = scenario_.microsoft_edges[e];
    MicrosoftEdgeInfo& info = topology_.microsoft_edges.emplace_back();
    info.node = add_node(edge.name);
    info.vrf = ++vrfs_;
    for (size_t i = 0; i < topology_.circuit_links.size(); i++)
      if (const uint32_t vrf = vrf_of(topology_.circuit_links[i], PeeringKind::microsoft))
        topology_.microsoft_backbones.push_back(join(e, i, vrf, info.node, info.vrf));
    if (edge.port.empty()) return;
    InterfaceInfo& out = add_interface(edge.name + "/" + edge.port,
                                       attach_port(edge.port, info.node, edge.port_mark).id);
    out.vrf = info.vrf;
    out.emulated_hosts = emulated(scenario_.ports[port_index(edge.port)]);
    for (const ServicePrefix& service : edge.prefixes)
      if (service.count == 1 && service.prefix.length < service.prefix.address.bits())
        out.addresses.push_back(service.prefix.canonical().address.plus(1));
    info.interface = out.id;
  }

  // Only private peering leads to virtual networks.
  // Azure's own way to the Internet, for what no longer prefix leads elsewhere.
  void add_internet(GatewayInfo& info, const Vnet& hub) {
    const uint32_t trunk = attach_port(hub.internet, info.node, hub.internet_mark).id;
    InterfaceInfo& added = add_interface(hub.name + "/" + hub.internet, trunk);
    added.vrf = info.vrf;
    added.emulated_hosts = emulated(scenario_.ports[port_index(hub.internet)]);
    info.internet_interface = added.id;
  }

  void add_vpn(const VpnConnection& vpn) {
    VpnInfo info;
    info.ce = static_cast<size_t>(find(scenario_.onprem, vpn.router) - scenario_.onprem.data());
    info.gateway =
        static_cast<size_t>(find(scenario_.gateways, vpn.gateway) - scenario_.gateways.data());
    const CeInfo& ce = topology_.ces[info.ce];
    const GatewayInfo& gateway = topology_.gateways[info.gateway];
    const uint32_t near = add_trunk(vpn.name + " customer end", ce.node).id;
    const uint32_t far = add_trunk(vpn.name + " gateway end", gateway.node).id;
    add_link(vpn.name, "to_azure", near, far, vpn.rate, vpn.delay, vpn.queue);
    add_link(vpn.name, "to_onprem", far, near, vpn.rate, vpn.delay, vpn.queue);
    const auto add = [&](uint32_t trunk, uint32_t vrf, const net::Ip& own) {
      InterfaceInfo& i = add_interface(vpn.name, trunk);
      i.vrf = vrf;
      i.mtu = vpn.mtu;
      i.addresses = {own};
      return i.id;
    };
    info.ce_interface = add(near, ce.vrf, vpn.customer());
    info.gateway_interface = add(far, gateway.vrf, vpn.azure());
    interface(info.ce_interface).flow_age = scenario_.onprem[info.ce].flow_age.value_or(Duration());
    topology_.neighbors.push_back({info.ce_interface, vpn.azure(), trunk(far).mac});
    topology_.neighbors.push_back({info.gateway_interface, vpn.customer(), trunk(near).mac});
    topology_.vpns.push_back(info);
  }

  void add_backbone(size_t g, size_t circuit_link, uint32_t weight) {
    const uint32_t msee_vrf =
        vrf_of(topology_.circuit_links[circuit_link], PeeringKind::private_peering);
    if (msee_vrf == 0) return;
    const GatewayInfo& gateway = topology_.gateways[g];
    topology_.backbones.push_back(join(g, circuit_link, msee_vrf, gateway.node, gateway.vrf));
    topology_.backbones.back().weight = weight;
    InterfaceInfo& to_circuit = interface(topology_.backbones.back().gateway_interface);
    limit_mtu(to_circuit, scenario_.gateways[g]);
    to_circuit.icmp_source = gateway.own;
  }

  // Joins a VRF of a link's MSEE with a node behind it.
  BackboneInfo join(size_t index, size_t circuit_link, uint32_t msee_vrf, uint32_t far_node,
                    uint32_t far_vrf) {
    const CircuitLinkInfo& link = topology_.circuit_links[circuit_link];
    const std::string name =
        topology_.nodes[link.msee - 1].name + "/" + topology_.nodes[far_node - 1].name;
    auto& [msee_trunk, gateway_trunk, vid] = backbone_trunks_[{link.msee, far_node}];
    if (msee_trunk == 0) {
      msee_trunk = add_trunk(name + " MSEE end", link.msee).id;
      gateway_trunk = add_trunk(name + " gateway end", far_node).id;
      const Backbone& b = scenario_.backbone;
      add_link(name, "to_azure", msee_trunk, gateway_trunk, b.rate, b.delay, b.queue);
      add_link(name, "to_onprem", gateway_trunk, msee_trunk, b.rate, b.delay, b.queue);
    }
    BackboneInfo info{.gateway = index, .circuit_link = circuit_link};
    // A tag of its own keeps circuits apart on the backbone; addresses are of the fabric.
    const auto n =
        static_cast<uint32_t>(topology_.backbones.size() + topology_.microsoft_backbones.size());
    const net::Ip base4 = net::Ip::parse("169.254.0.0")->plus(n * 4);
    const net::Ip base6 = net::Ip::parse("fd00:e4::")->plus(n * 4);
    info.msee_ip = {base4.plus(1), base6.plus(1)};
    info.gateway_ip = {base4.plus(2), base6.plus(2)};
    const uint16_t tag = ++vid;
    const auto add = [&](uint32_t trunk, uint32_t vrf, const std::array<net::Ip, 2>& ips) {
      InterfaceInfo& i = add_interface(name, trunk);
      i.outer_vid = tag;
      i.vrf = vrf;
      i.mtu = 9000;
      i.addresses.assign(ips.begin(), ips.end());
      return i.id;
    };
    info.msee_interface = add(msee_trunk, msee_vrf, info.msee_ip);
    info.gateway_interface = add(gateway_trunk, far_vrf, info.gateway_ip);
    // The fabric's addresses say nothing outside: an MSEE speaks as the peering that it is for.
    for (const PeeringInfo& peering : link.peerings)
      if (peering.msee_vrf == msee_vrf)
        interface(info.msee_interface).icmp_source = interface(peering.msee_interface).addresses;
    for (size_t family = 0; family < 2; family++) {
      topology_.neighbors.push_back(
          {info.msee_interface, info.gateway_ip[family], trunk(gateway_trunk).mac});
      topology_.neighbors.push_back(
          {info.gateway_interface, info.msee_ip[family], trunk(msee_trunk).mac});
    }
    return info;
  }

  static uint32_t vrf_of(const CircuitLinkInfo& link, PeeringKind kind) {
    for (const PeeringInfo& peering : link.peerings)
      if (peering.peering->kind == kind) return peering.msee_vrf;
    return 0;
  }

  struct BackboneTrunks {
    uint32_t msee = 0, gateway = 0;
    uint16_t vid = 0;
  };

  const Scenario& scenario_;
  const TopologyOptions options_;
  Topology topology_;
  uint32_t vrfs_ = 0;
  std::vector<uint32_t> port_trunk_;  // by port
  std::map<std::string, uint32_t> msees_, hand_offs_;
  std::map<uint32_t, uint32_t> untagged_;                                    // trunk -> interface
  std::map<std::pair<uint32_t, uint32_t>, BackboneTrunks> backbone_trunks_;  // MSEE, node behind
};

}  // namespace

Topology build_topology(const Scenario& scenario, const TopologyOptions& options) {
  return Builder(scenario, options).build();
}

}  // namespace erbium::cp
