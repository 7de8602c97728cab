// The kinds of scalar values a scenario may hold: durations, rates, sizes, addresses, words. Each
// kind is a value that the strict walk, the JSON Schema and the reference all read, so its pattern
// exists once. Patterns are ECMA-262 in the subset that std::regex, JSON Schema and Python share;
// they admit only texts whose exact integer value fits, so that parsing after a match cannot fail.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/units.h"
#include "control/config/speed.h"
#include "control/config/yaml.h"

namespace erbium::cp {

struct Scalar {
  enum class Is { text, integer, number, boolean, words };
  std::string name;  // "duration": the type's name in the schema and the reference
  Is is = Is::text;
  std::string pattern;             // text: whole match; empty: any non-empty string
  int64_t min = 0, max = 0;        // integer and number, inclusive
  std::vector<std::string> words;  // words
  std::vector<std::string> units;  // text: the units that a number needs, for error messages
  std::string hint;                // "a duration with its unit, for example 300ms"
  bool or_integer = false;         // text: an integer min..max will do as well
};

const Scalar& text_type();
const Scalar& name_type();      // the name of a thing in the file
const Scalar& duration_type();  // ns us ms s min h
const Scalar& rate_type();      // bps Kbps Mbps Gbps, never zero
const Scalar& size_or_duration_type();
const Scalar& percent_type();
const Scalar& mac_type();
const Scalar& ip_type();
const Scalar& prefix_type();
const Scalar& prefix4_type();
const Scalar& prefix6_type();
const Scalar& link_type();       // "er-sjc/primary"
const Scalar& path_link_type();  // "er-sjc/primary", "msee-a/ergw-hub" or "none"
const Scalar& target_type();     // what a timeline event acts on
const Scalar& tunnel_over_type();
const Scalar& guid_type();
const Scalar& community_type();        // "12076:51004"
const Scalar& large_community_type();  // "65001:1:2"
const Scalar& time_type();             // RFC 3339
const Scalar& start_type();            // "converged" or a duration
const Scalar& endpoint_type();         // "127.0.0.1:9464"
const Scalar& code_type();             // "cease/admin_shutdown"
const Scalar& covers_type();           // "T7", "pain-3"
const Scalar& match_address_type();
const Scalar& match_port_type();
const Scalar& duration_bound_type();  // "<= 1s"
const Scalar& rate_bound_type();
const Scalar& count_bound_type();
const Scalar& boolean_type();
Scalar integer_type(int64_t min, int64_t max, std::string name = "integer");
Scalar number_type(int64_t min, int64_t max);
Scalar words_type(std::vector<std::string> words);

// Throws Fault when `node` is not a value of this type; `where` names the key for the message.
void check_scalar(const YamlNode& node, const Scalar& type, const std::string& where);

// Exact values; nullopt when the text does not match or is no integer count of the base unit.
std::optional<Duration> parse_duration(std::string_view text);
std::optional<BitRate> parse_rate(std::string_view text);
std::optional<uint64_t> parse_bytes(std::string_view text);  // B KiB MiB
// 0 / 0 for what is no factor.
Speed parse_speed(std::string_view text);
// "0.001%", in units of 10^-11.
std::optional<uint64_t> parse_share(std::string_view text);
// Decimal, 0x or 0o; "7.0" is the integer 7, as it is in JSON Schema.
std::optional<int64_t> parse_integer(std::string_view text);
// Nanoseconds since 1970-01-01T00:00:00Z; nullopt for a day that does not exist. RFC 3339.
std::optional<int64_t> parse_rfc3339(std::string_view text);

}  // namespace erbium::cp
