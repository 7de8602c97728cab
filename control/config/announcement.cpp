#include "control/config/announcement.h"

#include <algorithm>

#include "control/config/scenario.h"

namespace erbium::cp {

std::vector<net::Prefix> run_of(const net::Prefix& first, uint32_t count) {
  std::vector<net::Prefix> out;
  for (uint32_t i = 0; i < count; i++) out.push_back(first.following(i));
  return out;
}

bool fits(const net::Prefix& first, uint32_t count) {
  const bool too_many = first.length < 32 && count > uint64_t{1} << first.length;
  return !too_many && first.following(count - 1).address >= first.canonical().address;
}

std::vector<net::Prefix> prefixes(const Announcement& announcement) {
  std::vector<net::Prefix> out;
  if (announcement.prefix) out = run_of(*announcement.prefix, announcement.count);
  for (const FileRoute& route : announcement.routes) out.push_back(route.prefix);
  return out;
}

void each_announced(const Ce& ce, const Circuit& circuit, size_t link, const Peering& peering,
                    const AnnouncedTo& act) {
  bool any = false;
  for (const Announcement& announcement : ce.announce) {
    if (announcement.peering != peering.kind) continue;
    any = true;
    const auto& links = announcement.links;
    const bool here = links.empty() || std::any_of(links.begin(), links.end(), [&](auto& ref) {
                        return ref.circuit == circuit.name && ref.link == link;
                      });
    if (!here) continue;
    if (announcement.prefix)
      for (const net::Prefix& prefix : prefixes(announcement))
        act(prefix, announcement.marks, nullptr);
    for (const FileRoute& route : announcement.routes)
      act(route.prefix, announcement.marks, &route.attributes);
  }
  if (any || peering.kind != PeeringKind::microsoft) return;
  for (const MarkedPrefix& prefix : peering.advertised_prefixes)
    act(prefix.prefix.canonical(), {}, nullptr);
}

}  // namespace erbium::cp
