// Why a BGP session ends, as a file says it: the error codes and subcodes of RFC 4271 §4.5, RFC
// 5492 §5, RFC 4486 §4, RFC 8538 §3 and RFC 9384 §4 by name, any other by its numbers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "control/bgp/message.h"

namespace erbium::cp {

// Of "cease/admin_shutdown", "hold_timer_expired", "6/2"; nullopt: there is no such code.
std::optional<bgp::Notification> notification_of(const std::string& code);
// Every name.
const std::vector<std::string>& notification_names();

}  // namespace erbium::cp
