#include "control/report/format.h"

#include <algorithm>
#include <cstdio>
#include <sstream>
#include <utility>

namespace erbium::cp {
namespace {

struct TimeUnit {
  int64_t ns;
  const char* name;
};
constexpr TimeUnit kTimeUnits[] = {
    {1'000'000'000, "s"}, {1'000'000, "ms"}, {1'000, "\u00b5s"}, {1, "ns"}};

const TimeUnit& time_unit_of(int64_t ns) {
  for (const TimeUnit& unit : kTimeUnits)
    if (ns >= unit.ns || ns <= -unit.ns) return unit;
  return kTimeUnits[3];
}

std::string printed(const char* format, double value, const char* unit) {
  char text[48];
  std::snprintf(text, sizeof text, format, value);
  return std::string(text) + "\u00a0" + unit;
}

}  // namespace

std::string grouped_text(uint64_t n) {
  std::string out = std::to_string(n);
  for (auto at = static_cast<int>(out.size()) - 3; at > 0; at -= 3)
    out.insert(static_cast<size_t>(at), 1, ',');
  return out;
}

std::string duration_text(int64_t ns) {
  const std::string text = interval_text(ns);
  const size_t unit = text.find_first_of("num");
  const size_t at = unit == std::string::npos ? text.size() - 1 : unit;
  const std::string name = text.substr(at);
  return text.substr(0, at) + "\u00a0" + (name == "us" ? "\u00b5s" : name);
}

std::string rounded_duration_text(int64_t ns) {
  if (ns == 0) return "0\u00a0s";
  const TimeUnit& unit = time_unit_of(ns);
  const double value = static_cast<double>(ns) / static_cast<double>(unit.ns);
  const double size = value < 0 ? -value : value;
  const char* format = unit.ns == 1 ? "%.0f" : size < 10 ? "%.3f" : size < 100 ? "%.2f" : "%.1f";
  return printed(format, value, unit.name);
}

std::string time_text(int64_t ns) {
  return printed("%.6f", static_cast<double>(ns / 1000) / 1e6, "s");
}

std::string rate_text(uint64_t bps) {
  static constexpr const char* kNames[] = {"bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"};
  double value = static_cast<double>(bps);
  size_t unit = 0;
  for (; value >= 1000 && unit < 4; unit++) value /= 1000;
  return printed(unit == 0     ? "%.0f"
                 : value < 10  ? "%.2f"
                 : value < 100 ? "%.1f"
                               : "%.0f",
                 value, kNames[unit]);
}

std::string seconds_text(int64_t ns) {
  const uint64_t size = ns < 0 ? -static_cast<uint64_t>(ns) : static_cast<uint64_t>(ns);
  std::string digits = std::to_string(1'000'000'000 + size % 1'000'000'000).substr(1);
  digits.erase(std::max<size_t>(3, digits.find_last_not_of('0') + 1));
  return (ns < 0 ? "-" : "") + std::to_string(size / 1'000'000'000) + "." + digits + "s";
}

std::string up_time_text(int64_t ns) {
  const auto seconds = static_cast<long long>(ns / 1'000'000'000);
  const long long hours = seconds / 3600, days = hours / 24, weeks = days / 7;
  char text[48];
  if (days == 0)
    std::snprintf(text, sizeof text, "%02lld:%02lld:%02lld", hours, seconds / 60 % 60,
                  seconds % 60);
  else if (weeks == 0)
    std::snprintf(text, sizeof text, "%lldd%02lldh", days, hours % 24);
  else
    std::snprintf(text, sizeof text, "%lldw%lldd", weeks, days % 7);
  return text;
}

std::string padded(std::string text, size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

std::string wrapped(std::string first, const std::string& text, size_t indent) {
  std::string out, line = padded(std::move(first), indent);
  std::istringstream words(text);
  bool begun = false;
  for (std::string word; words >> word; begun = true) {
    if (begun && line.size() + 1 + word.size() > kTerminalWidth) {
      out += line + "\n";
      line.assign(indent, ' ');
      begun = false;
    }
    line += (begun ? " " : "") + word;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return out + line + "\n";
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string script_safe(std::string json) {
  for (size_t at = 0; (at = json.find('<', at)) != std::string::npos;)
    json.replace(at, 1, "\\u003c");
  return json;
}

}  // namespace erbium::cp
