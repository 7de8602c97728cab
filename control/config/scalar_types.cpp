// The table of scalar kinds: patterns and words of advice.
#include "control/config/scalar.h"

namespace erbium::cp {
namespace {

std::string any_of(const std::vector<std::string>& alternatives) {
  std::string out;
  for (const std::string& a : alternatives) out += (out.empty() ? "(" : "|") + a;
  return out + ")";
}

// A decimal from 0 to `most`, without leading zeros.
std::string number(uint64_t most) {
  const std::string digits = std::to_string(most);
  std::vector<std::string> forms{digits, "[1-9][0-9]{0," + std::to_string(digits.size() - 2) + "}",
                                 "0"};
  for (size_t i = 0; i < digits.size(); i++) {
    const char least = i == 0 ? '1' : '0';
    if (digits[i] == least) continue;
    const size_t rest = digits.size() - i - 1;
    forms.push_back(digits.substr(0, i) + "[" + least + "-" + static_cast<char>(digits[i] - 1) +
                    "]" + (rest == 0 ? "" : "[0-9]{" + std::to_string(rest) + "}"));
  }
  return any_of(forms);
}

std::string decimal(int whole, int fraction) {
  return "[0-9]{1," + std::to_string(whole) + "}(\\.[0-9]{1," + std::to_string(fraction) + "})?";
}

// As many decimals as are exact in ns, at most 1e16 ns in all.
const std::string kDuration =
    any_of({"[0-9]{1,16}ns", decimal(13, 3) + "us", decimal(10, 6) + "ms", decimal(7, 9) + "s",
            decimal(5, 9) + "min", decimal(3, 9) + "h"});
const std::string kRate =
    "(?!0*(\\.0*)?[A-Z b])" + any_of({"[0-9]{1,12}bps", decimal(9, 3) + "Kbps",
                                      decimal(6, 6) + "Mbps", decimal(3, 9) + "Gbps"});
const std::string kSize = any_of({"[0-9]{1,12}B", "[0-9]{1,9}KiB", "[0-9]{1,6}MiB"});
const std::string kOctet = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
const std::string kIpv4 = kOctet + "(\\." + kOctet + "){3}";
const std::string kPrefix4 = kIpv4 + "/(3[0-2]|[12]?[0-9])";
const std::string kName = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}";
const std::string kLink = kName + "/(primary|secondary)";
const std::string kBound = "(<=|>=|==|<|>) ";

// RFC 4291 section 2.2, forms 1 and 2.
std::string ipv6_pattern() {
  const std::string h = "[0-9A-Fa-f]{1,4}";
  std::vector<std::string> forms{"(" + h + ":){7}" + h, "(" + h + ":){1,7}:"};
  for (int before = 1; before <= 6; before++)
    forms.push_back("(" + h + ":){" + std::to_string(before) + "}(:" + h + "){1," +
                    std::to_string(7 - before) + "}");
  forms.push_back(":(:" + h + "){1,7}");
  forms.push_back("::");
  return any_of(forms);
}
const std::string kIpv6 = ipv6_pattern();
const std::string kPrefix6 = kIpv6 + "/(12[0-8]|1[01][0-9]|[1-9]?[0-9])";

const std::vector<std::string> kTimeUnits{"ns", "us", "ms", "s", "min", "h"};
const std::vector<std::string> kRateUnits{"bps", "Kbps", "Mbps", "Gbps"};

Scalar text(std::string name, std::string pattern, std::string hint,
            std::vector<std::string> units = {}) {
  Scalar out;
  out.name = std::move(name);
  out.pattern = std::move(pattern);
  out.hint = std::move(hint);
  out.units = std::move(units);
  return out;
}

}  // namespace

const Scalar& text_type() {
  static const Scalar type = text("text", "", "a text");
  return type;
}

const Scalar& name_type() {
  static const Scalar type =
      text("name", kName, "a name of letters, digits, '-', '_' and '.', at most 63 long");
  return type;
}

const Scalar& duration_type() {
  static const Scalar type = text("duration", kDuration,
                                  "a duration with its unit (ns, us, ms, s, min or h), exact in "
                                  "nanoseconds, for example 300ms",
                                  kTimeUnits);
  return type;
}

const Scalar& rate_type() {
  static const Scalar type = text("rate", kRate,
                                  "a rate above zero with its unit (bps, Kbps, Mbps or Gbps), for "
                                  "example 10Gbps",
                                  kRateUnits);
  return type;
}

const Scalar& size_or_duration_type() {
  static const Scalar type = text("size or duration", any_of({kSize, kDuration}),
                                  "a size (B, KiB or MiB) or a duration, for example 64KiB or 10ms",
                                  {"B", "KiB", "MiB", "ns", "us", "ms", "s", "min", "h"});
  return type;
}

const Scalar& percent_type() {
  static const Scalar type = text("percent", "(100(\\.0{1,9})?|[0-9]{1,2}(\\.[0-9]{1,9})?)%",
                                  "a share from 0% to 100%, for example 0.001%", {"%"});
  return type;
}

const Scalar& mac_type() {
  static const Scalar type = text("MAC address", "[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}",
                                  "a MAC address, for example 02:00:00:00:00:01");
  return type;
}

const Scalar& ip_type() {
  static const Scalar type =
      text("address", any_of({kIpv4, kIpv6}), "an IPv4 or IPv6 address, for example 10.0.0.4");
  return type;
}

const Scalar& prefix_type() {
  static const Scalar type = text("prefix", any_of({kPrefix4, kPrefix6}),
                                  "an IPv4 or IPv6 prefix, for example 10.0.0.0/16");
  return type;
}

const Scalar& prefix4_type() {
  static const Scalar type =
      text("IPv4 prefix", kPrefix4, "an IPv4 prefix, for example 172.16.0.0/30");
  return type;
}

const Scalar& prefix6_type() {
  static const Scalar type =
      text("IPv6 prefix", kPrefix6, "an IPv6 prefix, for example fd00:16::/126");
  return type;
}

const Scalar& link_type() {
  static const Scalar type = text("link", kLink, "a link as circuit/primary or circuit/secondary");
  return type;
}

const Scalar& path_link_type() {
  static const Scalar type = text("link of a path", kName + "(/" + kName + ")?",
                                  "a link (er-sjc/primary, msee-a/ergw-hub, the name of a VPN "
                                  "connection) or none");
  return type;
}

const Scalar& target_type() {
  static const Scalar type = text("target", "",
                                  "a circuit, a link (er-sjc/primary), a session "
                                  "(er-sjc/primary/private), an MSEE or a peering location");
  return type;
}

const Scalar& tunnel_over_type() {
  static const Scalar type = text("peering", kName + "/(private|microsoft)",
                                  "a peering as circuit/private or circuit/microsoft");
  return type;
}

const Scalar& guid_type() {
  static const Scalar type = text("GUID", "[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
                                  "a GUID, for example 6b1c2f0e-0000-4000-8000-000000000001");
  return type;
}

const Scalar& community_type() {
  static const Scalar type =
      text("community", number(UINT16_MAX) + ":" + number(UINT16_MAX),
           "a BGP community, two numbers up to 65535, for example \"12076:51004\"");
  return type;
}

const Scalar& large_community_type() {
  static const Scalar type = text(
      "large community", number(UINT32_MAX) + ":" + number(UINT32_MAX) + ":" + number(UINT32_MAX),
      "a large BGP community, three numbers up to 4294967295, for example \"65001:1:2\"");
  return type;
}

const Scalar& time_type() {
  static const Scalar type =
      text("time",
           "(19[7-9][0-9]|2[01][0-9]{2})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T"
           "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?"
           "(Z|[-+]([01][0-9]|2[0-3]):[0-5][0-9])",
           "an RFC 3339 time, for example 2026-01-01T00:00:00Z");
  return type;
}

const Scalar& start_type() {
  static const Scalar type = text("start", any_of({"converged", kDuration}),
                                  "converged or a duration, for example 5s", kTimeUnits);
  return type;
}

const Scalar& endpoint_type() {
  static const Scalar type =
      text("endpoint", any_of({kIpv4, "\\[" + kIpv6 + "\\]"}) + ":[0-9]{1,5}",
           "an address and a port, for example \"127.0.0.1:9464\"");
  return type;
}

const Scalar& code_type() {
  static const Scalar type = text("notification code", "[a-z_]+(/[a-z_]+)?|[0-9]{1,3}/[0-9]{1,3}",
                                  "a BGP notification as code/subcode, for example "
                                  "cease/admin_shutdown or 6/2");
  return type;
}

const Scalar& covers_type() {
  static const Scalar type =
      text("label", "(T([1-9]|1[0-4])|pain-([1-9]|1[0-5])|trap-([1-9]|1[0-9]|2[0-5]))",
           "a test (T1 to T14), a pain (pain-1 to pain-15) or a trap (trap-1 "
           "to trap-25)");
  return type;
}

const Scalar& match_address_type() {
  static const Scalar type =
      text("address match", any_of({"\\*", kIpv4, kIpv6, kPrefix4, kPrefix6, "[A-Z][A-Za-z.]*"}),
           "\"*\", an address, a prefix or a service tag such as VirtualNetwork");
  return type;
}

const Scalar& match_port_type() {
  static const Scalar type = [] {
    Scalar out = text("port match", "\\*|[0-9]{1,5}(-[0-9]{1,5})?",
                      "\"*\", a port from 0 to 65535 or a range such as \"80-90\"");
    out.or_integer = true;
    out.max = 65535;
    return out;
  }();
  return type;
}

const Scalar& duration_bound_type() {
  static const Scalar type = text("bound on a duration", kBound + kDuration,
                                  "a comparison and a duration, for example \"<= 1s\"");
  return type;
}

const Scalar& rate_bound_type() {
  static const Scalar type = text("bound on a rate", kBound + kRate,
                                  "a comparison and a rate, for example \">= 9.9Gbps\"");
  return type;
}

const Scalar& count_bound_type() {
  static const Scalar type = text("bound on a count", kBound + "[0-9]{1,12}",
                                  "a comparison and a count, for example \"== 0\"");
  return type;
}

const Scalar& boolean_type() {
  static const Scalar type = [] {
    Scalar out;
    out.name = "boolean";
    out.is = Scalar::Is::boolean;
    out.hint = "true or false";
    return out;
  }();
  return type;
}

Scalar integer_type(int64_t min, int64_t max, std::string name) {
  Scalar type;
  type.name = std::move(name);
  type.is = Scalar::Is::integer;
  type.min = min;
  type.max = max;
  return type;
}

Scalar number_type(int64_t min, int64_t max) {
  Scalar type = integer_type(min, max, "number");
  type.is = Scalar::Is::number;
  return type;
}

Scalar words_type(std::vector<std::string> words) {
  Scalar type;
  type.name = "word";
  type.is = Scalar::Is::words;
  type.words = std::move(words);
  return type;
}

}  // namespace erbium::cp
