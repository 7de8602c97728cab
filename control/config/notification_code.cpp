#include "control/config/notification_code.h"

#include <algorithm>
#include <charconv>

namespace erbium::cp {
namespace {

struct Named {
  const char* name;
  uint8_t code, subcode;
};

constexpr Named kNames[] = {
    {"message_header_error/connection_not_synchronized", 1, 1},
    {"message_header_error/bad_message_length", 1, 2},
    {"message_header_error/bad_message_type", 1, 3},
    {"open_message_error/unsupported_version_number", 2, 1},
    {"open_message_error/bad_peer_as", 2, 2},
    {"open_message_error/bad_bgp_identifier", 2, 3},
    {"open_message_error/unsupported_optional_parameter", 2, 4},
    {"open_message_error/unacceptable_hold_time", 2, 6},
    {"open_message_error/unsupported_capability", 2, 7},
    {"update_message_error/malformed_attribute_list", 3, 1},
    {"update_message_error/unrecognized_well_known_attribute", 3, 2},
    {"update_message_error/missing_well_known_attribute", 3, 3},
    {"update_message_error/attribute_flags_error", 3, 4},
    {"update_message_error/attribute_length_error", 3, 5},
    {"update_message_error/invalid_origin_attribute", 3, 6},
    {"update_message_error/invalid_next_hop_attribute", 3, 8},
    {"update_message_error/optional_attribute_error", 3, 9},
    {"update_message_error/invalid_network_field", 3, 10},
    {"update_message_error/malformed_as_path", 3, 11},
    {"hold_timer_expired", 4, 0},
    {"finite_state_machine_error", 5, 0},
    {"cease/max_prefixes", 6, 1},
    {"cease/admin_shutdown", 6, 2},
    {"cease/peer_deconfigured", 6, 3},
    {"cease/admin_reset", 6, 4},
    {"cease/connection_rejected", 6, 5},
    {"cease/other_configuration_change", 6, 6},
    {"cease/connection_collision", 6, 7},
    {"cease/out_of_resources", 6, 8},
    {"cease/hard_reset", 6, 9},
    {"cease/bfd_down", 6, 10},
};

// A hard reset holds the NOTIFICATION that it stands for (RFC 8538 §3.1).
bgp::Notification made(uint8_t code, uint8_t subcode) {
  bgp::Notification out{code, subcode, {}};
  if (code == 6 && subcode == static_cast<uint8_t>(bgp::Cease::hard_reset))
    out.data = {6, static_cast<uint8_t>(bgp::Cease::admin_reset)};
  return out;
}

// Of RFC 4271 there are the codes 1 to 6.
std::optional<bgp::Notification> by_numbers(const std::string& text) {
  unsigned code = 0, subcode = 0;
  const char* end = text.data() + text.size();
  const auto [slash, bad_code] = std::from_chars(text.data(), end, code);
  if (bad_code != std::errc() || slash == end || *slash != '/') return std::nullopt;
  const auto [rest, bad_subcode] = std::from_chars(slash + 1, end, subcode);
  if (bad_subcode != std::errc() || rest != end) return std::nullopt;
  if (code < 1 || code > 6 || subcode > 255) return std::nullopt;
  return made(static_cast<uint8_t>(code), static_cast<uint8_t>(subcode));
}

}  // namespace

std::optional<bgp::Notification> notification_of(const std::string& code) {
  const auto* found = std::find_if(std::begin(kNames), std::end(kNames),
                                   [&](const Named& named) { return code == named.name; });
  if (found != std::end(kNames)) return made(found->code, found->subcode);
  return by_numbers(code);
}

const std::vector<std::string>& notification_names() {
  static const std::vector<std::string> kAll = [] {
    std::vector<std::string> out;
    for (const Named& named : kNames) out.emplace_back(named.name);
    return out;
  }();
  return kAll;
}

}  // namespace erbium::cp
