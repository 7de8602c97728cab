// What goes wrong on links, as the dataplane is told of it.
#pragma once

#include "common/api/messages.h"
#include "control/expressroute/topology.h"

namespace erbium::cp {

// Of a link that has a profile. `seed` is the scenario's.
api::Impairment impairment_message(const LinkInfo& link, uint64_t seed);

// Gives links the profiles that the scenario applies to them from the start.
void impair_links(const Scenario& scenario, Topology& topology);

}  // namespace erbium::cp
