// Why a connection of a BGP session ends: shared by the two halves of the session's implementation.
#pragma once

#include <optional>
#include <string>

#include "control/bgp/session.h"

namespace erbium::cp::bgp {

struct Session::End {
  std::string reason{};
  std::optional<Notification> sent{}, received{};
  bool idle = true;     // the session falls to Idle with its last connection, else to Active
  bool closed = false;  // the transport is gone already
};

}  // namespace erbium::cp::bgp
