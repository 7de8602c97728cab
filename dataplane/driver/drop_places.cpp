#include "dataplane/driver/drop_places.h"

#include <algorithm>

#include "dataplane/driver/drop_capture.h"
#include "dataplane/driver/flow_key.h"
#include "dataplane/driver/trace.h"

namespace erbium::dp {
namespace {

enum Kind : uint8_t { kAtPort, kInRouter, kOnLink };

bool earlier(const DroppedPacket& a, const DroppedPacket& b) {
  return std::tie(a.at_ns, a.id, a.copy) < std::tie(b.at_ns, b.id, b.copy);
}

// As it would be without tags, which the packet may have got on its way.
std::string flow_of(std::span<const uint8_t> frame) {
  auto key = flow_key(frame, 0);
  if (!key) return flow_text(frame);
  key->outer_vid = key->inner_vid = 0;
  return key->str();
}

}  // namespace

DroppedPacket* DropPlaces::keep(DropPlace& place, uint64_t id, uint16_t copy, int64_t at_ns) {
  place.packets++;
  const DroppedPacket packet{.id = id, .copy = copy, .name = {}, .flow = {}, .at_ns = at_ns};
  if (place.first.size() == most_) {
    if (!earlier(packet, place.first.back())) return nullptr;
    place.first.pop_back();
  }
  const auto at = std::upper_bound(place.first.begin(), place.first.end(), packet, earlier);
  return &*place.first.insert(at, packet);
}

void DropPlaces::ended(Packet p, const Ending& ending) {
  if (ending.taken()) return;
  const bool inside = ending.node != 0;
  DropPlace& place = places_[{inside ? kInRouter : kOnLink, inside ? ending.node : ending.link,
                              ending.stage, network_.reason(ending)}];
  if (place.packets == 0) {
    place.where = place_name(network_, ending);
    place.stage = inside ? network_.stage(ending) : "";
    place.reason = network_.reason(ending);
  }
  DroppedPacket* kept = keep(place, p.meta().id, p.meta().copy, ending.at.ns());
  if (!kept) return;
  kept->name = packet_name(network_, kept->id);
  kept->flow = flow_of(ended_frame(p, ending, network_));
}

void DropPlaces::refused(const Watch::Refused& frame) {
  DropPlace& place = places_[{kAtPort, frame.port, 0, frame.reason}];
  place.where = "port " + network_.port(frame.port).name;
  place.reason = frame.reason;
  DroppedPacket* kept = keep(place, frame.id, 0, frame.at.ns());
  if (!kept) return;
  kept->name = packet_name(network_, kept->id);
  kept->flow = flow_of(frame.bytes);
}

std::vector<DropPlace> DropPlaces::places() const {
  std::vector<DropPlace> out;
  for (const auto& [key, place] : places_) out.push_back(place);
  return out;
}

}  // namespace erbium::dp
