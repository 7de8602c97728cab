#include "bench/fused_hop.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "common/net/checksum.h"
#include "common/net/headers.h"
#include "dataplane/core/flow_hash.h"
#include "dataplane/core/vlan.h"

namespace erbium::bench {
namespace {

using dp::Packet;

bool martian(uint32_t src, uint32_t dst) {
  const auto top = [](uint32_t a) { return a >> 24; };
  return src >= 0xe0000000 || dst >= 0xe0000000 || top(src) == 127 || top(dst) == 127 ||
         top(src) == 0 || top(dst) == 0;
}

bool accept(Packet p, const dp::Forwarding& tables) {
  dp::PacketMeta& meta = p.meta();
  const dp::Trunk& trunk = tables.trunks[meta.trunk_in];
  const auto* ethernet = p.header<net::EthernetHeader>();
  if (!ethernet || ethernet->dst != trunk.mac) return false;
  const dp::Tags tags = dp::parse_tags(p, trunk);
  if (tags.length == 0 || tags.ether_type != net::kEtherTypeIpv4) return false;
  meta.protocol = dp::Protocol::ipv4;
  meta.interface_in = tables.vlans.lookup(meta.trunk_in, tags.outer, tags.inner);
  if (meta.interface_in == 0) return false;
  meta.vrf = tables.interfaces[meta.interface_in].vrf;
  p.strip(tags.length);
  return true;
}

bool valid(Packet p) {
  const auto* ip = p.header<net::Ipv4Header>();
  if (!ip || ip->version() != 4) return false;
  const unsigned header = ip->header_length(), total = ip->total_length.value();
  if (header < sizeof *ip || header > p.length() || total < header || total > p.wire_length())
    return false;
  if (!net::ipv4_checksum_ok(*ip, header)) return false;
  if (martian(ip->src.value(), ip->dst.value())) return false;
  if (total < p.length()) p.set_length(total);
  return true;
}

}  // namespace

bool FusedHop::route(Packet p, const dp::Forwarding& tables, const dp::NeighborTable& neighbors) {
  if (!accept(p, tables) || !valid(p)) return false;
  dp::PacketMeta& meta = p.meta();
  auto* ip = p.header<net::Ipv4Header>();
  const dp::NextHopGroup& group = tables.groups[tables.vrfs[meta.vrf]->lookup4(ip->dst.value())];
  if (group.count == 0) return false;
  uint32_t member = group.first;
  if (group.count > 1) {
    meta.flow_hash = dp::flow_hash(p, tables.hash_seed);
    member += static_cast<uint32_t>(uint64_t{meta.flow_hash} * group.count >> 32);
  }
  meta.next_hop = tables.members[member];
  const dp::NextHop& hop = tables.next_hops[meta.next_hop];
  if (hop.kind != dp::NextHop::Kind::gateway) return false;
  meta.interface_out = hop.interface;
  const dp::Interface& interface = tables.interfaces[hop.interface];
  if (ip->ttl <= 1 || p.wire_length() > interface.mtu) return false;
  net::decrement_ttl(*ip);
  const dp::Neighbor& neighbor = neighbors[neighbors.of_next_hop(meta.next_hop)];
  if (!neighbor.usable()) return false;
  const net::be16 type{net::kEtherTypeIpv4};
  uint8_t* front = p.prepend(dp::EncapHeader::kRoom);
  std::memcpy(front, neighbor.header.bytes.data(), dp::EncapHeader::kRoom);
  std::memcpy(front + dp::EncapHeader::kRoom - 2, &type, 2);
  p.strip(dp::EncapHeader::kRoom - neighbor.header.length);
  if (const uint32_t length = p.length(); length < net::kMinFrame) {
    p.set_length(net::kMinFrame);
    std::memset(p.data() + length, 0, net::kMinFrame - length);
  }
  dp::Port& out = network_.port(tables.trunks[interface.trunk].port);
  out.tx.packets++;
  out.tx.bytes += p.wire_length();
  out.sent.push_back(p.mbuf());
  return true;
}

void FusedHop::run(rte_mbuf** packets, unsigned count) {
  const dp::Forwarding& tables = network_.tables();
  const dp::NeighborTable& neighbors = network_.node(1).neighbors();
  dp::Port& in = network_.port(1);
  for (unsigned i = 0; i < count; i++) {
    const Packet p(packets[i]);
    in.rx.packets++;
    in.rx.bytes += p.wire_length();
    p.meta().trunk_in = in.trunk;
    if (!route(p, tables, neighbors)) p.free();
  }
}

bool fused_hop_agrees(BenchNetwork& bench, const Frames& frames) {
  Feeder by_pipeline(bench, frames), by_hand(bench, frames);
  FusedHop hop(bench.network());
  const auto take = [&](Feeder& feeder) {
    std::vector<std::string> out;
    for (rte_mbuf* m : bench.network().port(BenchNetwork::kOut).sent) {
      const auto bytes = Packet(m).bytes();
      out.emplace_back(bytes.begin(), bytes.end());
    }
    feeder.drain();
    return out;
  };
  size_t compared = 0;
  for (unsigned i = 0; i < std::min<size_t>(frames.size(), 4096); i++) {
    by_pipeline.step(1);
    const auto expected = take(by_pipeline);
    rte_mbuf* packet = by_hand.next().mbuf();
    hop.run(&packet, 1);
    if (take(by_hand) != expected) return false;
    compared += expected.size();
  }
  return compared > 0;
}

}  // namespace erbium::bench
