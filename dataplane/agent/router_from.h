// What a router says, what it carries, and its interfaces, out of control's messages.
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "common/api/messages.h"
#include "common/units.h"
#include "dataplane/core/answer.h"
#include "dataplane/links/circuit_limiter.h"
#include "dataplane/tables/forwarding.h"

namespace erbium::dp {

// An error says which value is no good.
tl::expected<IcmpConfig, std::string> icmp_from(const api::Node::Icmp& m);
// Does not look at `id` and `vrf`; the header is left to the publication.
tl::expected<Interface, std::string> interface_from(const api::Interface& m);

// These do not look at `id`.
tl::expected<LimiterConfig, std::string> limiter_from(const api::Limiter& m);
tl::expected<Capacity, std::string> capacity_from(const api::Capacity& m);

}  // namespace erbium::dp
