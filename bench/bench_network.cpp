#include "bench/bench_network.h"

#include <rte_cycles.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "bench/bgp_like.h"
#include "common/net/checksum.h"
#include "common/net/headers.h"

namespace erbium::bench {
namespace {

constexpr uint32_t kGroups = 250;
constexpr size_t kPoolBytes = size_t{1} << 30;
constexpr uint16_t kSTag = 1001, kCTag = 100;

net::Mac trunk_mac(uint32_t id) {
  return net::Mac{{0x02, 0xee, 0, 0, 0, static_cast<uint8_t>(id)}};
}
net::Ip router_address(net::Family family) {
  return family == net::Family::v4 ? *net::Ip::parse("172.16.0.2") : *net::Ip::parse("fd16::2");
}

const std::vector<net::Prefix>& bgp_routes() {
  static const std::vector<net::Prefix> routes = bgp_like(net::Family::v4, 500'000, 42);
  return routes;
}

// Where flow `i` goes: random inside the two routes, or inside random routes of the table.
net::Ip destination(Routes routes, net::Family family, SplitMix& random) {
  if (family == net::Family::v6) return address_in(*net::Prefix::parse("fd10::/32"), random);
  if (routes == Routes::two) return address_in(*net::Prefix::parse("10.0.0.0/8"), random);
  const auto& all = bgp_routes();
  while (true) {
    const net::Ip ip = address_in(all[random.below(static_cast<uint32_t>(all.size()))], random);
    if (ip.v4_host() >> 24 != 127 && ip.v4_host() >> 24 != 0) return ip;
  }
}

class FrameWriter {
 public:
  template <typename T>
  FrameWriter& put(const T& value) {
    const auto* at = reinterpret_cast<const uint8_t*>(&value);
    bytes.insert(bytes.end(), at, at + sizeof value);
    return *this;
  }
  FrameWriter& put(const net::Ip& ip) {
    bytes.insert(bytes.end(), ip.bytes.begin(), ip.bytes.begin() + ip.bits() / 8);
    return *this;
  }
  FrameWriter& ethernet(const net::Mac& dst, const net::Mac& src, bool qinq, uint16_t type) {
    put(dst).put(src);
    if (qinq)
      put(net::be16{0x8100}).put(net::be16{kSTag}).put(net::be16{0x8100}).put(net::be16{kCTag});
    return put(net::be16{type});
  }
  std::vector<uint8_t> bytes;
};

std::vector<uint8_t> udp4(const net::Ip& dst, uint16_t port, bool qinq) {
  FrameWriter frame;
  frame.ethernet(trunk_mac(1), trunk_mac(99), qinq, net::kEtherTypeIpv4);
  const size_t ip = frame.bytes.size(), length = net::kMinFrame - ip;
  net::Ipv4Header header{};
  header.version_ihl = 0x45;
  header.total_length.set(static_cast<uint16_t>(length));
  header.ttl = 64;
  header.protocol = net::kProtoUdp;
  header.src.set(net::Ip::parse("192.168.1.1")->v4_host());
  header.dst.set(dst.v4_host());
  net::set_ipv4_checksum(header, sizeof header);
  frame.put(header).put(net::be16{port}).put(net::be16{5001});
  frame.put(net::be16{static_cast<uint16_t>(length - sizeof header)}).put(net::be16{0});
  frame.bytes.resize(net::kMinFrame);
  return frame.bytes;
}

std::vector<uint8_t> udp6(const net::Ip& dst, uint16_t port, bool qinq) {
  FrameWriter frame;
  frame.ethernet(trunk_mac(1), trunk_mac(99), qinq, net::kEtherTypeIpv6);
  frame.put(net::be32{0x60000000}).put(net::be16{8}).put(net::kProtoUdp).put(uint8_t{64});
  frame.put(*net::Ip::parse("fd20::1")).put(dst);
  frame.put(net::be16{port}).put(net::be16{5001}).put(net::be16{8}).put(net::be16{1});
  return frame.bytes;
}

std::vector<uint8_t> arp_request(const net::Mac& from, uint32_t sender) {
  FrameWriter frame;
  frame.ethernet(net::Mac{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}, from, true, net::kEtherTypeArp);
  frame.put(net::be16{1}).put(net::be16{net::kEtherTypeIpv4}).put(uint8_t{6}).put(uint8_t{4});
  frame.put(net::be16{1}).put(from).put(net::be32{sender}).put(net::Mac{});
  frame.put(net::be32{router_address(net::Family::v4).v4_host()});
  frame.bytes.resize(net::kMinFrame);
  return frame.bytes;
}

std::vector<uint8_t> solicitation(const net::Mac& from, const net::Ip& sender) {
  const net::Ip target = router_address(net::Family::v6);
  net::Ip group = *net::Ip::parse("ff02::1:ff00:0");
  std::copy(target.bytes.end() - 3, target.bytes.end(), group.bytes.end() - 3);
  net::Ipv6Header ip{};
  ip.version_class_flow.set(0x60000000);
  ip.payload_length.set(32);
  ip.next_header = net::kProtoIcmp6;
  ip.hop_limit = 255;
  ip.src = sender.bytes;
  ip.dst = group.bytes;
  struct {
    net::NeighborMessage message;
    net::LinkLayerOption option;
  } body{};
  body.message.type = 135;
  body.message.target = target.bytes;
  body.option = {1, 1, from};
  body.message.checksum =
      net::be16::stored(net::ipv6_upper_checksum(ip, net::kProtoIcmp6, &body, sizeof body));
  FrameWriter frame;
  net::Mac to{{0x33, 0x33, 0, 0, 0, 0}};
  std::copy(group.bytes.end() - 4, group.bytes.end(), to.bytes.begin() + 2);
  frame.ethernet(to, from, true, net::kEtherTypeIpv6).put(ip).put(body);
  return frame.bytes;
}

}  // namespace

void Frames::add(const std::vector<uint8_t>& bytes) {
  slots_.resize(slots_.size() + kStride);
  std::memcpy(slots_.data() + lengths_.size() * kStride, bytes.data(), bytes.size());
  lengths_.push_back(static_cast<uint32_t>(bytes.size()));
}

Frames routed_frames(const NetworkShape& shape, net::Family family, unsigned flows) {
  Frames frames;
  SplitMix random(7);
  const bool qinq = shape.kind != NetworkShape::Kind::three_hops;
  for (unsigned i = 0; i < flows; i++) {
    const net::Ip dst = destination(shape.routes, family, random);
    const auto port = static_cast<uint16_t>(1024 + i % 60'000);
    frames.add(family == net::Family::v4 ? udp4(dst, port, qinq) : udp6(dst, port, qinq));
  }
  return frames;
}

Frames frames_to(const std::vector<net::Ip>& destinations) {
  Frames frames;
  for (const net::Ip& dst : destinations) frames.add(udp4(dst, 1024, true));
  return frames;
}

net::Ip BenchNetwork::gateway(uint32_t id) { return net::Ip::parse("172.17.0.1")->plus(id); }

Frames request_frames(net::Family family) {
  Frames frames;
  for (uint8_t i = 0; i < 32; i++) {
    const net::Mac from{{0x02, 0xaa, 0, 0, 0, i}};
    if (family == net::Family::v4)
      frames.add(arp_request(from, net::Ip::parse("172.16.0.3")->v4_host() + i));
    else
      frames.add(solicitation(from, net::Ip::parse("fd16::100")->plus(i)));
  }
  return frames;
}

BenchNetwork::BenchNetwork(const NetworkShape& shape)
    : shape_(shape), pool_(kPoolBytes), network_(pool_, {}, {}), agent_(network_) {
  api::ToDataplane m;
  m.mutable_begin()->set_generation(1);
  m.mutable_begin()->set_full(true);
  send(m);
  m.mutable_settings()->set_reply_latency_ns(50'000);
  m.mutable_settings()->set_arp_age_ns(int64_t{14'400} * 1'000'000'000);
  send(m);
  for (uint32_t port : {1u, kOut}) {
    m.mutable_port()->set_id(port);
    m.mutable_port()->set_name("port" + std::to_string(port));
    send(m);
  }
  switch (shape.kind) {
    case NetworkShape::Kind::hop:
      build_hop();
      break;
    case NetworkShape::Kind::hop_and_link:
      build_hop_and_link();
      break;
    case NetworkShape::Kind::three_hops:
      build_three_hops();
      break;
  }
  m.mutable_commit()->set_generation(1);
  send(m);
}

void BenchNetwork::send(const api::ToDataplane& message) {
  const auto status = agent_.handle(message);
  if (status) return;
  std::fprintf(stderr, "bench network: %s\n", status.error().c_str());
  std::exit(1);
}

void BenchNetwork::build_hop() {
  node(1);
  first_router({kSTag, kCTag}, 1);
  trunk(2, 1, kOut, 0);
  interface(2, 2, 1, {});
  add_routes(1);
}

void BenchNetwork::build_hop_and_link() {
  node(1);
  node(2, api::Node::CROSS_CONNECT);
  first_router({kSTag, kCTag}, 1);
  limiter(1);
  trunk(2, 1, 0, 1);
  trunk(3, 2, 0, 2);
  trunk(4, 2, kOut, 0);
  link(1, 3);
  link(2, 2);
  interface(2, 2, 1, {}, {.limiter = 1});
  interface(3, 3, 0, {}, {.cross_connect = 4});
  interface(4, 4, 0, {}, {.cross_connect = 3});
  add_routes(1);
}

void BenchNetwork::build_three_hops() {
  for (uint32_t id : {1u, 2u, 3u}) node(id);
  first_router({}, 1);
  limiter(1);
  trunk(2, 1, 0, 1);
  trunk(3, 2, 0, 2);
  trunk(4, 2, 0, 3);
  trunk(5, 3, 0, 4);
  trunk(6, 3, kOut, 0);
  link(1, 3);
  link(2, 2);
  link(3, 5);
  link(4, 4);
  interface(2, 2, 1, {kSTag, kCTag}, {.limiter = 1});
  interface(3, 3, 2, {kSTag, kCTag});
  interface(4, 4, 2, {10, 0});
  interface(5, 5, 3, {10, 0});
  interface(6, 6, 3, {}, {.emulated_hosts = true});
  add_routes(1);
  api::ToDataplane m;
  gateways(4, 1);
  default_routes(2, groups_);
  const uint32_t hop = ++groups_;
  m.mutable_next_hop()->set_id(hop);
  m.mutable_next_hop()->set_kind(api::NextHop::CONNECTED);
  m.mutable_next_hop()->set_interface(6);
  send(m);
  m.mutable_next_hop_group()->set_id(hop);
  m.mutable_next_hop_group()->add_next_hops(hop);
  send(m);
  default_routes(3, hop);
}

void BenchNetwork::first_router(Tags in, uint32_t vrf) {
  trunk(1, 1, 1, 0);
  interface(1, 1, vrf, in);
}

// Routes of the first router, to gateways on interface 2.
void BenchNetwork::add_routes(uint32_t vrf) {
  gateways(2, shape_.routes == Routes::bgp500k ? kGroups : 2);
  if (shape_.routes == Routes::none) return;
  if (shape_.routes == Routes::two) {
    for (const char* prefix : {"10.0.0.0/9", "fd10::/33"})
      route(vrf, *net::Prefix::parse(prefix), 1);
    for (const char* prefix : {"10.128.0.0/9", "fd10:0:8000::/33"})
      route(vrf, *net::Prefix::parse(prefix), 2);
    return;
  }
  const auto& all = bgp_routes();
  for (size_t i = 0; i < all.size(); i++)
    route(vrf, all[i], static_cast<uint32_t>(1 + i % kGroups));
}

void BenchNetwork::node(uint32_t id, api::Node::Kind kind) {
  api::ToDataplane m;
  m.mutable_node()->set_id(id);
  m.mutable_node()->set_name("node" + std::to_string(id));
  m.mutable_node()->set_kind(kind);
  send(m);
}

void BenchNetwork::trunk(uint32_t id, uint32_t node, uint32_t port, uint32_t link) {
  api::ToDataplane m;
  m.mutable_trunk()->set_id(id);
  m.mutable_trunk()->set_node(node);
  m.mutable_trunk()->set_port(port);
  m.mutable_trunk()->set_link(link);
  m.mutable_trunk()->set_outer_tpid(0x8100);
  m.mutable_trunk()->set_inner_tpid(0x8100);
  m.mutable_trunk()->set_mac(api::to_bytes(trunk_mac(id)));
  send(m);
}

void BenchNetwork::link(uint32_t id, uint32_t to_trunk) {
  api::ToDataplane m;
  m.mutable_link()->set_id(id);
  m.mutable_link()->set_name("link" + std::to_string(id));
  m.mutable_link()->set_to_trunk(to_trunk);
  m.mutable_link()->set_rate_bps(10'000'000'000);
  m.mutable_link()->set_delay_ns(shape_.delay.ns());
  m.mutable_link()->set_queue_ns(10'000'000);
  m.mutable_link()->set_up(true);
  send(m);
}

void BenchNetwork::interface(uint32_t id, uint32_t trunk, uint32_t vrf, Tags tags,
                             Behaviour behaviour) {
  api::ToDataplane m;
  api::Interface& i = *m.mutable_interface();
  i.set_id(id);
  i.set_name("interface" + std::to_string(id));
  i.set_trunk(trunk);
  i.set_outer_vid(tags.outer);
  i.set_inner_vid(tags.inner);
  i.set_vrf(vrf);
  i.set_mtu(1500);
  i.set_limiter(behaviour.limiter);
  i.set_cross_connect(behaviour.cross_connect);
  i.set_emulated_hosts(behaviour.emulated_hosts);
  if (id == 1)
    for (net::Family family : {net::Family::v4, net::Family::v6})
      i.add_addresses()->set_ip(api::to_bytes(router_address(family)));
  send(m);
}

// A policer that lets everything pass, as a circuit's does that is not overloaded.
void BenchNetwork::limiter(uint32_t id) {
  api::ToDataplane m;
  m.mutable_limiter()->set_id(id);
  m.mutable_limiter()->set_name("limiter");
  m.mutable_limiter()->set_mode(api::Limiter::POLICE);
  m.mutable_limiter()->set_rate_bps(10'000'000'000);
  m.mutable_limiter()->set_depth_bits(8'000'000);
  send(m);
}

// `count` next hops on the interface, resolved for good, each in a group of its own.
void BenchNetwork::gateways(uint32_t interface, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t id = ++groups_;
    const net::Ip ip = gateway(id);
    const net::Mac mac = trunk_mac(interface + 1);
    api::ToDataplane m;
    m.mutable_next_hop()->set_id(id);
    m.mutable_next_hop()->set_kind(api::NextHop::GATEWAY);
    m.mutable_next_hop()->set_interface(interface);
    m.mutable_next_hop()->mutable_address()->set_ip(api::to_bytes(ip));
    send(m);
    m.mutable_next_hop_group()->set_id(id);
    m.mutable_next_hop_group()->add_next_hops(id);
    send(m);
    m.mutable_neighbor()->set_interface(interface);
    m.mutable_neighbor()->mutable_address()->set_ip(api::to_bytes(ip));
    m.mutable_neighbor()->set_mac(api::to_bytes(mac));
    send(m);
    neighbors_.push_back({interface, ip, mac});
  }
}

void BenchNetwork::route(uint32_t vrf, const net::Prefix& prefix, uint32_t group) {
  api::ToDataplane m;
  m.mutable_route()->set_vrf(vrf);
  m.mutable_route()->mutable_prefix()->set_ip(api::to_bytes(prefix.address));
  m.mutable_route()->mutable_prefix()->set_length(prefix.length);
  m.mutable_route()->set_group(group);
  send(m);
}

void BenchNetwork::default_routes(uint32_t vrf, uint32_t group) {
  route(vrf, *net::Prefix::parse("0.0.0.0/0"), group);
  route(vrf, *net::Prefix::parse("::/0"), group);
}

void BenchNetwork::set_neighbors(dp::Node& node) const {
  for (const Neighbor& n : neighbors_)
    if (n.interface == 2) node.neighbors().set(network_.tables(), n.interface, n.ip, n.mac);
}

dp::Packet Feeder::next() {
  const uint32_t length = frames_.length(at_);
  const dp::Packet p = bench_.pool().allocate(length);
  if (p.mbuf() == nullptr) std::abort();
  std::memcpy(p.data(), frames_.data(at_), length);
  if (++at_ == frames_.size()) at_ = 0;
  dp::PacketMeta& meta = p.meta();
  meta.id = static_cast<uint64_t>(sent_ + 1);
  meta.time = sent_++ * kSpacingNs;
  return p;
}

void Feeder::step(unsigned burst) {
  for (unsigned i = 0; i < burst; i++) bench_.network().receive(1, next());
  bench_.network().run(now());
}

uint64_t Feeder::drain() {
  uint64_t count = 0;
  for (uint32_t id = 1; id < bench_.network().ports(); id++) {
    dp::Port& port = bench_.network().port(id);
    count += port.sent.size();
    bench_.network().free_sent(port);
  }
  return count;
}

double cpu_cycles() {
  static const double per_ns = static_cast<double>(rte_get_tsc_hz()) * 1e-9;
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec)) * per_ns;
}

}  // namespace erbium::bench
