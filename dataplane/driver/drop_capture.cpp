#include "dataplane/driver/drop_capture.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include "common/net/headers.h"
#include "dataplane/core/vlan.h"
#include "dataplane/driver/trace.h"

namespace erbium::dp {
namespace {

// Behind the receiving stages, and until it has a next hop's header, a packet has none.
bool bare(const Ending& ending, const Network& network) {
  if (ending.node == 0) return false;
  const Pipeline& path = network.node(ending.node).pipeline();
  return path.stages()[ending.stage]->phase > Phase::receive &&
         ending.stage < path.entry(Entry::rewritten);
}

// A fragment that the router has made has nothing in front.
bool behind_fragmentation(Packet p, const Ending& ending, const Network& network) {
  const auto* ip = p.header<net::Ipv4Header>();
  if (p.meta().protocol != Protocol::ipv4 || !ip || !ip->is_fragment()) return false;
  const auto& stages = network.node(ending.node).pipeline().stages();
  return std::any_of(stages.begin(), stages.begin() + ending.stage,
                     [](const auto* stage) { return std::string_view(stage->name) == "fragment"; });
}

// The length of the header that a router took off, which still stands in front of the packet; 0
// where it came without one.
uint32_t header_in_front(Packet p, const Ending& ending, const Network& network) {
  if (behind_fragmentation(p, ending, network)) return 0;
  const PacketMeta& meta = p.meta();
  if (meta.interface_in == 0) return 0;
  const Interface& interface = network.tables().interfaces[meta.interface_in];
  const Trunk& trunk = network.tables().trunks[interface.trunk];
  for (const uint32_t length : {14u, 18u, 22u}) {
    if (p.headroom() < length) break;
    p.prepend(length);
    const net::Mac dst = p.header<net::EthernetHeader>()->dst;
    const Tags tags = parse_tags(p, trunk);
    p.strip(length);
    if (tags.length == length && tags.outer == interface.outer_vid &&
        tags.inner == interface.inner_vid && (dst == trunk.mac || dst.is_group()))
      return length;
  }
  return 0;
}

}  // namespace

std::vector<uint8_t> ended_frame(Packet p, const Ending& ending, const Network& network) {
  std::vector<uint8_t> out;
  const bool without = bare(ending, network);
  const uint32_t header = without ? header_in_front(p, ending, network) : 0;
  if (without && header == 0) {
    const bool v6 = p.meta().protocol == Protocol::ipv6;
    const uint16_t type = v6 ? net::kEtherTypeIpv6 : net::kEtherTypeIpv4;
    out.resize(sizeof(net::EthernetHeader));
    out[12] = static_cast<uint8_t>(type >> 8);
    out[13] = static_cast<uint8_t>(type);
  }
  p.prepend(header);
  out.insert(out.end(), p.data(), p.data() + p.length());
  p.strip(header);
  return out;
}

DropCapture::DropCapture(const std::string& path, const std::string& comment, uint64_t most,
                         Network& network)
    : network_(network), most_(most), writer_(path, {.section_comment = comment}) {
  for (uint32_t id = 1; id < network.ports(); id++)
    first_node_ = 1 + writer_.add_interface({.name = "port " + network.port(id).name});
  for (uint32_t id = 1; id < network.nodes(); id++)
    writer_.add_interface({.name = place_name(network, {.node = id})});
  first_link_ = first_node_ + static_cast<uint32_t>(network.nodes()) - 1;
  for (uint32_t id = 1; id < network.links(); id++)
    writer_.add_interface({.name = place_name(network, {.link = id}),
                           .speed_bps = network.link(id).config().rate.bps()});
  dropped_.resize(first_link_ + network.links() - 1);
  network.observe_arrivals(this);
}

DropCapture::~DropCapture() { network_.forget_observer(this); }

void DropCapture::ended(Packet p, const Ending& ending) {
  if (ending.taken()) return;
  const uint32_t interface =
      ending.node != 0 ? first_node_ + ending.node - 1 : first_link_ + ending.link - 1;
  dropped_[interface]++;
  if (kept_ >= most_) return;
  std::string comment = std::string(network_.reason(ending)) + ": " + place_name(network_, ending);
  if (const char* stage = network_.stage(ending)) comment += std::string(", stage ") + stage;
  std::vector<uint8_t> bytes = ended_frame(p, ending, network_);
  const auto length = static_cast<uint32_t>(bytes.size());
  entries_.push_back({.time = ending.at.ns(),
                      .id = p.meta().id,
                      .copy = p.meta().copy,
                      .interface = interface,
                      .wire_length = length + p.meta().missing,
                      .comment = std::move(comment),
                      .bytes = std::move(bytes)});
}

void DropCapture::refused(const Watch::Refused& frame) {
  dropped_[frame.port - 1]++;
  if (kept_ >= most_) return;
  entries_.push_back(
      {.time = frame.at.ns(),
       .id = frame.id,
       .copy = 0,
       .interface = frame.port - 1,
       .wire_length = frame.wire_length,
       .comment = std::string(frame.reason) + ": port " + network_.port(frame.port).name,
       .bytes = {frame.bytes.begin(), frame.bytes.end()}});
}

// Frames that enter later than `to`, too long, may be here already.
void DropCapture::flush(Time to) {
  if (entries_.empty() || !start_unix_ns_) return;
  std::sort(entries_.begin(), entries_.end());
  size_t done = 0;
  for (; done < entries_.size() && entries_[done].time < to.ns(); done++) {
    const Entry& entry = entries_[done];
    if (kept_ >= most_) continue;
    kept_++;
    const std::string_view comments[] = {entry.comment};
    writer_.packet({.interface_id = entry.interface,
                    .timestamp_ns = static_cast<uint64_t>(*start_unix_ns_ + entry.time),
                    .original_length = entry.wire_length,
                    .packet_id = entry.id,
                    .comments = comments},
                   std::as_bytes(std::span(entry.bytes)));
  }
  entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(done));
}

void DropCapture::statistics(Time end) {
  const auto start_ns = static_cast<uint64_t>(start_unix_ns_.value_or(0));
  const auto end_ns = static_cast<uint64_t>(start_unix_ns_.value_or(0) + end.ns());
  for (uint32_t id = 0; id < dropped_.size(); id++)
    writer_.statistics({.interface_id = id,
                        .timestamp_ns = end_ns,
                        .start_ns = start_ns,
                        .end_ns = end_ns,
                        .dropped = dropped_[id]});
}

void DropCapture::finish(Time end) {
  flush(Time::max());
  statistics(end);
  writer_.finish();
}

void DropCapture::finish_partial(Time end, std::string_view reason) {
  try {
    flush(Time::max());
    statistics(end);
    writer_.finish_partial(reason);
  } catch (const IoError&) {
  }
}

}  // namespace erbium::dp
