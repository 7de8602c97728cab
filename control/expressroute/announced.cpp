#include "control/expressroute/announced.h"

#include <algorithm>

namespace erbium::cp {
namespace {

template <class T>
void add_each(std::vector<T>& to, const std::vector<T>& more) {
  for (const T& item : more)
    if (std::find(to.begin(), to.end(), item) == to.end()) to.push_back(item);
}

}  // namespace

bgp::PathAttributes announced_attributes(uint32_t asn, const RouteMarks& marks,
                                         const bgp::PathAttributes* file) {
  bgp::PathAttributes out = file ? *file : bgp::PathAttributes{};
  out.as_path.prepend(asn, marks.prepend);
  if (marks.med) out.med = marks.med;
  add_each(out.communities, marks.communities);
  add_each(out.large_communities, marks.large_communities);
  return out;
}

}  // namespace erbium::cp
