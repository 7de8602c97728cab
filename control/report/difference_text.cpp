// How differences are shown: groups for people, every packet for programs.
#include <algorithm>
#include <array>

#include "control/report/difference.h"
#include "control/report/format.h"

namespace erbium::cp {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kExamples = 5;
constexpr size_t kIndent = 12;  // columns
constexpr std::array kWhats = {std::pair{Change::verdict, "verdict"},
                               std::pair{Change::path, "path"}, std::pair{Change::delay, "delay"},
                               std::pair{Change::order, "order"}};

const char* name(Change::What what) {
  return std::find_if(kWhats.begin(), kWhats.end(), [&](const auto& w) { return w.first == what; })
      ->second;
}

// As `erbium explain --packet` takes it.
std::string packet_name(const Change& change) {
  return change.stream.empty() ? std::to_string(change.id)
                               : change.stream + " " + std::to_string(change.number) + " (packet " +
                                     std::to_string(change.id) + ")";
}

std::string signed_text(int64_t ns) { return (ns < 0 ? "" : "+") + interval_text(ns); }

// The least and the most that the group's packets gained.
std::pair<int64_t, int64_t> gains(const Difference& difference, const ChangeGroup& group) {
  std::vector<int64_t> out;
  for (const size_t i : group.changes)
    out.push_back(difference.changes[i].delay_b - difference.changes[i].delay_a);
  const auto [least, most] = std::minmax_element(out.begin(), out.end());
  return {*least, *most};
}

std::string group_text(const Difference& difference, const ChangeGroup& group) {
  const std::string indent(kIndent, ' ');
  const auto line = [&](const std::string& first, const std::string& text) {
    return wrapped(indent + first, text, kIndent + first.size());
  };
  std::string out = std::string(name(group.what)) + " of " + grouped_text(group.changes.size()) +
                    (group.changes.size() == 1 ? " packet\n" : " packets\n");
  switch (group.what) {
    case Change::verdict:
    case Change::path:
      out += line("A  ", group.a) + line("B  ", group.b);
      break;
    case Change::delay: {
      const auto [least, most] = gains(difference, group);
      out += line("", group.a) + indent + signed_text(least) +
             (least == most ? "" : " to " + signed_text(most)) + "\n";
      break;
    }
    case Change::order:
      out += line("", group.a + ", behind one that it was ahead of");
  }
  std::string examples;
  for (size_t i = 0; i < std::min(kExamples, group.changes.size()); i++)
    examples += (i == 0 ? "" : ", ") + packet_name(difference.changes[group.changes[i]]);
  return out + line("such as ", examples);
}

Json change_json(const Change& change) {
  Json what = Json::array();
  for (const auto& [bit, text] : kWhats)
    if (change.what & bit) what.push_back(text);
  Json out = {{"packet", change.id}};
  if (!change.stream.empty()) out["stream"] = change.stream;
  out["number"] = change.number;
  out["changed"] = what;
  out["a"] = {{"verdict", change.place_a}, {"path", change.path_a}, {"delay_ns", change.delay_a}};
  out["b"] = {{"verdict", change.place_b}, {"path", change.path_b}, {"delay_ns", change.delay_b}};
  return out;
}

}  // namespace

std::string difference_text(const Difference& difference, const std::string& a,
                            const std::string& b) {
  std::string out = "A  " + a + "\nB  " + b + "\n" + grouped_text(difference.packets) +
                    " packets, " + grouped_text(difference.changes.size()) + " differ\n";
  for (const ChangeGroup& group : difference.groups) out += "\n" + group_text(difference, group);
  return out;
}

Json difference_json(const Difference& difference, const std::string& a, const std::string& b) {
  Json out = {{"a", a},
              {"b", b},
              {"packets", difference.packets},
              {"differ", difference.changes.size()},
              {"groups", Json::array()}};
  for (const ChangeGroup& group : difference.groups) {
    Json& to = out["groups"].emplace_back(Json{{"changed", name(group.what)}});
    const bool both = group.what == Change::verdict || group.what == Change::path;
    if (both) {
      to["a"] = group.a;
      to["b"] = group.b;
    } else {
      to["where"] = group.a;
    }
    to["packets"] = Json::array();
    for (const size_t i : group.changes)
      to["packets"].push_back(change_json(difference.changes[i]));
  }
  return out;
}

}  // namespace erbium::cp
