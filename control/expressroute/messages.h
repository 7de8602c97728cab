// Topology objects as messages to the dataplane.
#pragma once

#include "common/api/messages.h"
#include "control/expressroute/topology.h"

namespace erbium::cp {

api::ToDataplane to_message(const NodeInfo& node);
api::ToDataplane to_message(const TrunkInfo& trunk);
api::ToDataplane to_message(const InterfaceInfo& interface);
api::ToDataplane to_message(const CapacityInfo& capacity);
// `seed` is the scenario's.
api::ToDataplane to_message(const LinkInfo& link, uint64_t seed);
api::ToDataplane to_message(const NeighborInfo& neighbor);
api::ToDataplane to_message(const HostPortInfo& host_port);
api::ToDataplane announce_message(uint32_t interface);
api::ToDataplane port_message(uint32_t id, const std::string& name);

}  // namespace erbium::cp
