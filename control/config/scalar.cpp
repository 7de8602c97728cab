// Strict checks of scalars against their kind, and exact parsing of the texts that pass.
#include "control/config/scalar.h"

#include <array>
#include <charconv>

#include "control/config/nearest.h"
#include "control/config/pattern.h"

namespace erbium::cp {
namespace {

bool matches(const std::string& value, const std::string& pattern) {
  return !value.empty() && value.size() <= kMaxText &&
         (pattern.empty() || matches_whole(value, pattern));
}

// "10gbps" -> "10Gbps" when only the unit is off.
std::string mend_unit(const std::string& value, const Scalar& type) {
  const size_t unit = value.find_first_not_of("0123456789.");
  if (unit == std::string::npos || unit == 0) return {};
  const size_t word = value.find_first_not_of(' ', unit);
  const std::string near = word == std::string::npos ? "" : nearest(value.substr(word), type.units);
  const std::string mended = value.substr(0, unit) + near;
  return !near.empty() && matches(mended, type.pattern) ? mended : "";
}

std::string list_of(const std::vector<std::string>& words) {
  std::string out;
  for (size_t i = 0; i < words.size(); i++)
    out += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  return out;
}

[[noreturn]] void wrong(const YamlNode& node, const std::string& where, const std::string& is,
                        const std::string& instead) {
  throw Fault(node.mark, where + " " + is + "; " + instead);
}

void check_text(const YamlNode& node, const Scalar& type, const std::string& where) {
  using Kind = YamlNode::Kind;
  const bool number = node.kind == Kind::integer || node.kind == Kind::number;
  if (number && type.or_integer) {
    const auto value = parse_integer(node.text);
    if (value && *value >= type.min && *value <= type.max) return;
    wrong(node, where, "is " + node.text, "write " + type.hint);
  }
  if (number && !type.units.empty())
    wrong(node, where, "is " + node.text + " without a unit",
          "write it with " + list_of(type.units));
  if (number || node.kind == Kind::boolean)
    wrong(node, where, "is " + node.describe(),
          matches(node.text, type.pattern) ? "put it in quotes" : "write " + type.hint);
  if (matches(node.text, type.pattern)) return;
  const std::string mended = mend_unit(node.text, type);
  wrong(node, where,
        node.text.empty()             ? "is an empty string"
        : node.text.size() > kMaxText ? "has " + std::to_string(node.text.size()) + " characters"
                                      : "is " + node.describe(),
        mended.empty() ? "write " + type.hint : "write '" + mended + "'");
}

void check_integer(const YamlNode& node, const Scalar& type, const std::string& where) {
  const bool number = node.kind == YamlNode::Kind::integer || node.kind == YamlNode::Kind::number;
  const auto value = number ? parse_integer(node.text) : std::nullopt;
  if (value && *value >= type.min && *value <= type.max) return;
  const std::string range = type.min == type.max ? std::to_string(type.min)
                                                 : "an integer from " + std::to_string(type.min) +
                                                       " to " + std::to_string(type.max);
  wrong(node, where, "is " + node.describe(), "write " + range);
}

void check_number(const YamlNode& node, const Scalar& type, const std::string& where) {
  double value = -1;
  if (node.kind == YamlNode::Kind::integer || node.kind == YamlNode::Kind::number)
    std::from_chars(node.text.data(), node.text.data() + node.text.size(), value);
  if (value >= static_cast<double>(type.min) && value <= static_cast<double>(type.max)) return;
  wrong(node, where, "is " + node.describe(),
        "write a number from " + std::to_string(type.min) + " to " + std::to_string(type.max));
}

struct ScaledUnit {
  std::string_view name;
  uint64_t scale;
};

// digits[.digits]unit as an exact multiple of the base unit.
template <size_t N>
std::optional<uint64_t> parse_scaled(std::string_view text,
                                     const std::array<ScaledUnit, N>& units) {
  const size_t split = text.find_first_not_of("0123456789.");
  if (split == std::string_view::npos) return std::nullopt;
  const std::string_view number = text.substr(0, split), unit = text.substr(split);
  const size_t dot = std::min(number.find('.'), number.size());
  uint64_t whole = 0, fraction = 0, power = 1;
  std::from_chars(number.data(), number.data() + dot, whole);
  if (dot < number.size()) {
    const std::string_view digits = number.substr(dot + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), fraction);
    for (size_t i = 0; i < digits.size(); i++) power *= 10;
  }
  for (const ScaledUnit& u : units)
    if (u.name == unit)
      return u.scale % power == 0 ? std::optional(whole * u.scale + fraction * (u.scale / power))
                                  : std::nullopt;
  return std::nullopt;
}

// Days from 1970-01-01 in the proleptic Gregorian calendar; years count from March.
int64_t days_since_epoch(int64_t year, int64_t month, int64_t day) {
  const int64_t y = month > 2 ? year : year - 1;
  const int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return y * 365 + y / 4 - y / 100 + y / 400 + day_of_year - 719'468;
}

}  // namespace

void check_scalar(const YamlNode& node, const Scalar& type, const std::string& where) {
  using Kind = YamlNode::Kind;
  if (node.kind == Kind::null) wrong(node, where, "has no value", "give it one or remove the key");
  if (!node.is_scalar())
    wrong(node, where, "is " + node.describe(),
          "write " + (type.hint.empty() ? "a single value" : type.hint));
  switch (type.is) {
    case Scalar::Is::text:
      return check_text(node, type, where);
    case Scalar::Is::integer:
      return check_integer(node, type, where);
    case Scalar::Is::number:
      return check_number(node, type, where);
    case Scalar::Is::boolean:
      if (node.kind != Kind::boolean)
        wrong(node, where, "is " + node.describe(), "write true or false");
      return;
    case Scalar::Is::words:
      for (const std::string& word : type.words)
        if (word == node.text && node.kind == Kind::text) return;
      wrong(node, where, "is " + node.describe(), suggestion(node.text, type.words, "words"));
  }
}

std::optional<Duration> parse_duration(std::string_view text) {
  static constexpr std::array<ScaledUnit, 6> kUnits{{{"ns", 1},
                                                     {"us", 1'000},
                                                     {"ms", 1'000'000},
                                                     {"s", 1'000'000'000},
                                                     {"min", 60'000'000'000},
                                                     {"h", 3'600'000'000'000}}};
  if (!matches(std::string(text), duration_type().pattern)) return std::nullopt;
  const auto ns = parse_scaled(text, kUnits);
  return ns ? std::optional(Duration::ns(static_cast<int64_t>(*ns))) : std::nullopt;
}

std::optional<BitRate> parse_rate(std::string_view text) {
  static constexpr std::array<ScaledUnit, 4> kUnits{
      {{"bps", 1}, {"Kbps", 1'000}, {"Mbps", 1'000'000}, {"Gbps", 1'000'000'000}}};
  if (!matches(std::string(text), rate_type().pattern)) return std::nullopt;
  const auto bps = parse_scaled(text, kUnits);
  return bps ? std::optional(BitRate::bps(*bps)) : std::nullopt;
}

std::optional<uint64_t> parse_bytes(std::string_view text) {
  static constexpr std::array<ScaledUnit, 3> kUnits{
      {{"B", 1}, {"KiB", 1024}, {"MiB", 1024 * 1024}}};
  if (!matches(std::string(text), size_or_duration_type().pattern)) return std::nullopt;
  return parse_scaled(text, kUnits);
}

Speed parse_speed(std::string_view text) {
  constexpr size_t kDigits = 9;
  Speed out{0, 1};
  const size_t dot = std::min(text.find('.'), text.size());
  const std::string_view decimals = text.substr(std::min(dot + 1, text.size()));
  if (dot > kDigits || decimals.size() > kDigits) return {0, 0};
  for (const char c : std::string(text.substr(0, dot)) + std::string(decimals)) {
    if (c < '0' || c > '9') return {0, 0};
    out.factor = out.factor * 10 + static_cast<uint64_t>(c - '0');
  }
  for (size_t i = 0; i < decimals.size(); i++) out.unit *= 10;
  return out.factor == 0 ? Speed{0, 0} : out;
}

std::optional<uint64_t> parse_share(std::string_view text) {
  static constexpr std::array<ScaledUnit, 1> kUnits{{{"%", 1'000'000'000}}};
  if (!matches(std::string(text), percent_type().pattern)) return std::nullopt;
  return parse_scaled(text, kUnits);
}

std::optional<int64_t> parse_integer(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x")) base = 16;
  if (text.starts_with("0o")) base = 8;
  if (base != 10) text.remove_prefix(2);
  if (text.starts_with('+')) text.remove_prefix(1);
  if (const size_t dot = text.find('.'); base == 10 && dot != std::string_view::npos) {
    if (text.find_first_not_of('0', dot + 1) != std::string_view::npos) return std::nullopt;
    text = text.substr(0, dot);
  }
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<int64_t> parse_rfc3339(std::string_view text) {
  if (!matches(std::string(text), time_type().pattern)) return std::nullopt;
  auto field = [&](size_t at, size_t length) {
    int64_t value = 0;
    std::from_chars(text.data() + at, text.data() + at + length, value);
    return value;
  };
  const int64_t year = field(0, 4), month = field(5, 2), day = field(8, 2);
  const int64_t days = days_since_epoch(year, month, day);
  const int64_t next_month =
      month == 12 ? days_since_epoch(year + 1, 1, 1) : days_since_epoch(year, month + 1, 1);
  if (days >= next_month) return std::nullopt;
  int64_t seconds = days * 86'400 + field(11, 2) * 3'600 + field(14, 2) * 60 + field(17, 2);
  const size_t zone = text.find_first_of("Z+-", 19);
  if (text[zone] != 'Z') {
    const int64_t offset = field(zone + 1, 2) * 3'600 + field(zone + 4, 2) * 60;
    seconds += text[zone] == '+' ? -offset : offset;
  }
  int64_t nanos = 0;
  if (text[19] == '.') {
    const size_t digits = zone - 20;
    nanos = field(20, digits);
    for (size_t i = digits; i < 9; i++) nanos *= 10;
  }
  return seconds * 1'000'000'000 + nanos;
}

}  // namespace erbium::cp
