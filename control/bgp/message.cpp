// AS paths (RFC 4271 §5.1.2, §9.1.2.2), and NOTIFICATIONs in words.
#include "control/bgp/message.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

namespace erbium::cp::bgp {
namespace {

using Type = AsSegment::Type;
using Names = std::span<const std::string_view>;

constexpr size_t kMaxCommunication = 255;
constexpr uint8_t kCease = 6;

// Indexed by subcode; an empty word has no name.
constexpr std::string_view kHeaderErrors[] = {"", "Connection Not Synchronized",
                                              "Bad Message Length", "Bad Message Type"};
constexpr std::string_view kOpenErrors[] = {"",
                                            "Unsupported Version Number",
                                            "Bad Peer AS",
                                            "Bad BGP Identifier",
                                            "Unsupported Optional Parameter",
                                            "",
                                            "Unacceptable Hold Time",
                                            "Unsupported Capability"};
constexpr std::string_view kUpdateErrors[] = {"",
                                              "Malformed Attribute List",
                                              "Unrecognized Well-known Attribute",
                                              "Missing Well-known Attribute",
                                              "Attribute Flags Error",
                                              "Attribute Length Error",
                                              "Invalid ORIGIN Attribute",
                                              "",
                                              "Invalid NEXT_HOP Attribute",
                                              "Optional Attribute Error",
                                              "Invalid Network Field",
                                              "Malformed AS_PATH"};
constexpr std::string_view kFsmErrors[] = {"", "in OpenSent", "in OpenConfirm", "in Established"};
constexpr std::string_view kCeases[] = {"",
                                        "Maximum Number of Prefixes Reached",
                                        "Administrative Shutdown",
                                        "Peer De-configured",
                                        "Administrative Reset",
                                        "Connection Rejected",
                                        "Other Configuration Change",
                                        "Connection Collision Resolution",
                                        "Out of Resources",
                                        "Hard Reset",
                                        "BFD Down"};

struct CodeNames {
  std::string_view name;
  Names subcodes;
};

const std::array<CodeNames, 8> kCodes = {{{"", {}},
                                          {"Message Header Error", kHeaderErrors},
                                          {"OPEN Message Error", kOpenErrors},
                                          {"UPDATE Message Error", kUpdateErrors},
                                          {"Hold Timer Expired", {}},
                                          {"Finite State Machine Error", kFsmErrors},
                                          {"Cease", kCeases},
                                          {"ROUTE-REFRESH Message Error", {}}}};

// Text from outside, safe to print: control characters become dots.
std::string printable(std::span<const uint8_t> text) {
  std::string out;
  for (const uint8_t c : text) out += c < 0x20 || c == 0x7f ? '.' : static_cast<char>(c);
  return out;
}

// RFC 9003 §2: a length and as many octets of text.
std::string communication(const Notification& notification) {
  const std::span<const uint8_t> data(notification.data);
  const bool carries = notification.code == kCease &&
                       (notification.subcode == static_cast<uint8_t>(Cease::admin_shutdown) ||
                        notification.subcode == static_cast<uint8_t>(Cease::admin_reset));
  if (!carries || data.empty() || data[0] == 0 || data[0] > data.size() - 1) return {};
  return printable(data.subspan(1, data[0]));
}

// At most kMaxCommunication octets, none of a character's missing.
std::string_view shortened(std::string_view utf8) {
  if (utf8.size() <= kMaxCommunication) return utf8;
  size_t end = kMaxCommunication;
  while (end > 0 && (static_cast<unsigned char>(utf8[end]) & 0xc0) == 0x80) end--;
  return utf8.substr(0, end);
}

}  // namespace

unsigned AsPath::length() const {
  size_t out = 0;
  for (const AsSegment& segment : segments) {
    if (segment.type == Type::sequence) out += segment.asns.size();
    if (segment.type == Type::set) out++;
  }
  return static_cast<unsigned>(out);
}

bool AsPath::contains(uint32_t asn) const {
  return std::ranges::any_of(segments, [asn](const AsSegment& segment) {
    return std::ranges::find(segment.asns, asn) != segment.asns.end();
  });
}

std::optional<uint32_t> AsPath::first() const {
  const auto outer = std::ranges::find_if_not(segments, is_confederation);
  if (outer == segments.end() || outer->type != Type::sequence || outer->asns.empty())
    return std::nullopt;
  return outer->asns.front();
}

void AsPath::prepend(uint32_t asn, unsigned count) {
  while (count > 0) {
    if (segments.empty() || segments.front().type != Type::sequence ||
        segments.front().asns.size() >= kMaxSegment)
      segments.insert(segments.begin(), AsSegment{});
    auto& asns = segments.front().asns;
    const size_t room = std::min<size_t>(count, kMaxSegment - asns.size());
    asns.insert(asns.begin(), room, asn);
    count -= static_cast<unsigned>(room);
  }
}

std::string AsPath::str() const {
  static constexpr std::string_view kOpen[] = {"", "{", "", "(", "["};
  static constexpr std::string_view kClose[] = {"", "}", "", ")", "]"};
  std::string out;
  for (const AsSegment& segment : segments) {
    const auto type = static_cast<size_t>(segment.type);
    const bool set = segment.type == Type::set || segment.type == Type::confed_set;
    if (!out.empty()) out += ' ';
    out += kOpen[type];
    for (size_t i = 0; i < segment.asns.size(); i++) {
      if (i > 0) out += set ? ',' : ' ';
      out += std::to_string(segment.asns[i]);
    }
    out += kClose[type];
  }
  return out;
}

std::optional<Family> end_of_rib(const Update& update) {
  if (!update.withdrawn.empty() || !update.announced.empty() || update.attributes)
    return std::nullopt;
  return update.end_of;
}

std::string describe(const Notification& notification) {
  const unsigned code = notification.code, subcode = notification.subcode;
  const CodeNames names = code < kCodes.size() ? kCodes[code] : CodeNames{};
  std::string out(names.name);
  if (out.empty()) out = "code " + std::to_string(code);
  if (subcode < names.subcodes.size() && !names.subcodes[subcode].empty())
    out.append("/").append(names.subcodes[subcode]);
  else if (subcode != 0)
    out += "/subcode " + std::to_string(subcode);
  const std::string text = communication(notification);
  return text.empty() ? out : out + " \"" + text + "\"";
}

Notification cease(Cease subcode, const std::string& communication) {
  Notification out{kCease, static_cast<uint8_t>(subcode), {}};
  const std::string_view text = shortened(communication);
  if (text.empty()) return out;
  out.data.resize(1 + text.size(), static_cast<uint8_t>(text.size()));
  std::ranges::copy(text, out.data.begin() + 1);
  return out;
}

}  // namespace erbium::cp::bgp
