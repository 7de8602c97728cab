// What a customer's router says of the routes that it announces.
#pragma once

#include "control/config/announcement.h"

namespace erbium::cp {

// The attributes of a route that the router of AS `asn` announces with `marks`; `file` has those of
// an MRT file, or is null. The speaker puts the AS number in front once more.
bgp::PathAttributes announced_attributes(uint32_t asn, const RouteMarks& marks,
                                         const bgp::PathAttributes* file);

}  // namespace erbium::cp
