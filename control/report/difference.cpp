#include "control/report/difference.h"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

namespace erbium::cp {
namespace {

constexpr const char* kNotSent = "not sent";

// A packet in both runs; null where it did not enter.
struct Pair {
  const PacketRecord* a = nullptr;
  const PacketRecord* b = nullptr;
};

std::string stream_name(const RunFates& run, const PacketRecord& packet) {
  return packet.stream == 0 ? std::string() : run.streams[packet.stream];
}

// By position in the captures; packets of streams by the stream's name and their number.
std::vector<Pair> pairs(const RunFates& a, const RunFates& b) {
  std::map<std::string, std::vector<const PacketRecord*>> others;
  for (const PacketRecord& packet : b.packets) others[stream_name(b, packet)].push_back(&packet);
  std::map<std::string, size_t> taken;
  std::vector<Pair> out;
  for (const PacketRecord& packet : a.packets) {
    const std::string name = stream_name(a, packet);
    const auto& list = others[name];
    size_t& next = taken[name];
    out.push_back({&packet, next < list.size() ? list[next] : nullptr});
    next++;
  }
  for (const auto& [name, list] : others)
    for (size_t i = taken[name]; i < list.size(); i++) out.push_back({nullptr, list[i]});
  return out;
}

std::string place(const RunFates& run, const PacketRecord* packet) {
  if (!packet) return kNotSent;
  const std::string& text = run.places[packet->place];
  const std::string times =
      packet->repeated == 0 ? "" : ", " + std::to_string(packet->repeated + 1) + " times";
  return (packet->fate == EndKind::left ? "left by " : "") + text + times;
}

std::string path_text(const RunFates& run, const PacketRecord* packet) {
  std::string out;
  if (packet)
    for (const RunFates::Hop& hop : run.path(*packet))
      out += (out.empty() ? "" : ", ") + run.links[hop.link];
  return out.empty() ? "no link" : out;
}

int64_t delay_of(const PacketRecord* packet) {
  return !packet || packet->fate == EndKind::inside ? 0 : packet->ended_ns - packet->entered_ns;
}

// Of packets that are inside the network at the end of both runs, as far as both have come.
bool same_path(const RunFates& a, const RunFates& b, const Pair& pair) {
  const auto before = a.path(*pair.a), now = b.path(*pair.b);
  const bool inside = pair.a->fate == EndKind::inside && pair.b->fate == EndKind::inside;
  if (!inside && before.size() != now.size()) return false;
  for (size_t i = 0; i < std::min(before.size(), now.size()); i++)
    if (a.links[before[i].link] != b.links[now[i].link]) return false;
  return true;
}

// Where on the way, which is the same in both, the first difference of the delay arose.
std::string delay_cause(const RunFates& a, const RunFates& b, const Pair& pair) {
  const auto before = a.path(*pair.a), now = b.path(*pair.b);
  int64_t from_a = pair.a->entered_ns, from_b = pair.b->entered_ns;
  for (size_t i = 0; i < before.size(); i++) {
    const int64_t sent_a = before[i].departed_ns - from_a, sent_b = now[i].departed_ns - from_b;
    const std::string& link = a.links[before[i].link];
    if (sent_a != sent_b) return link + (sent_b > sent_a ? ": departs later" : ": departs sooner");
    const int64_t travel_a = before[i].arrived_ns - before[i].departed_ns;
    const int64_t travel_b = now[i].arrived_ns - now[i].departed_ns;
    if (travel_a != travel_b)
      return link + (travel_b > travel_a ? ": travels longer" : ": travels shorter");
    from_a = before[i].arrived_ns;
    from_b = now[i].arrived_ns;
  }
  const char* const when =
      pair.b->ended_ns - from_b > pair.a->ended_ns - from_a ? "later" : "sooner";
  if (pair.a->fate == EndKind::left) return place(a, pair.a) + ", " + when;
  // "impair_loss: link er-sjc/primary to_azure"
  const std::string& text = a.places[pair.a->place];
  return text.substr(text.rfind(": ") == std::string::npos ? 0 : text.rfind(": ") + 2) +
         ": ends there " + when;
}

// By pair: whether in B it leaves behind a packet that it left ahead of in A.
std::vector<bool> overtaken(const RunFates& a, const RunFates& b, const std::vector<Pair>& all) {
  std::map<std::string, std::vector<size_t>> by_port;
  for (size_t i = 0; i < all.size(); i++) {
    const Pair& pair = all[i];
    if (!pair.a || !pair.b || pair.a->fate != EndKind::left || pair.b->fate != EndKind::left)
      continue;
    if (a.places[pair.a->place] == b.places[pair.b->place])
      by_port[a.places[pair.a->place]].push_back(i);
  }
  std::vector<bool> out(all.size());
  for (auto& [port, order] : by_port) {
    const auto left_a = [&](size_t i) { return std::pair(all[i].a->ended_ns, all[i].a->id); };
    const auto left_b = [&](size_t i) { return std::pair(all[i].b->ended_ns, all[i].b->id); };
    std::sort(order.begin(), order.end(),
              [&](size_t i, size_t k) { return left_a(i) < left_a(k); });
    auto first = std::pair(std::numeric_limits<int64_t>::max(), UINT64_MAX);
    for (auto at = order.rbegin(); at != order.rend(); ++at) {
      out[*at] = first < left_b(*at);
      first = std::min(first, left_b(*at));
    }
  }
  return out;
}

uint8_t changes_of(const RunFates& a, const RunFates& b, const Pair& pair, bool order) {
  uint8_t what = order ? Change::order : 0;
  if (place(a, pair.a) != place(b, pair.b)) what |= Change::verdict;
  if (!pair.a || !pair.b) return what;
  if (!same_path(a, b, pair)) what |= Change::path;
  if (delay_of(pair.a) != delay_of(pair.b)) what |= Change::delay;
  return what;
}

using GroupKey = std::tuple<Change::What, std::string, std::string>;

GroupKey group_of(const RunFates& a, const RunFates& b, const Pair& pair, const Change& change) {
  if (change.what & Change::verdict) return {Change::verdict, change.place_a, change.place_b};
  if (change.what & Change::path) return {Change::path, change.path_a, change.path_b};
  if (change.what & Change::delay) return {Change::delay, delay_cause(a, b, pair), ""};
  return {Change::order, change.place_a, ""};
}

}  // namespace

Difference difference(const RunFates& a, const RunFates& b) {
  const std::vector<Pair> all = pairs(a, b);
  const std::vector<bool> order = overtaken(a, b, all);
  Difference out{.packets = all.size(), .changes = {}, .groups = {}};
  std::map<GroupKey, std::vector<size_t>> groups;
  for (size_t i = 0; i < all.size(); i++) {
    const Pair& pair = all[i];
    const uint8_t what = changes_of(a, b, pair, order[i]);
    if (what == 0) continue;
    const PacketRecord& known = pair.a ? *pair.a : *pair.b;
    Change& change = out.changes.emplace_back();
    change = {.id = known.id,
              .stream = stream_name(pair.a ? a : b, known),
              .number = known.number,
              .what = what,
              .place_a = place(a, pair.a),
              .place_b = place(b, pair.b),
              .path_a = path_text(a, pair.a),
              .path_b = path_text(b, pair.b),
              .delay_a = delay_of(pair.a),
              .delay_b = delay_of(pair.b)};
    groups[group_of(a, b, pair, change)].push_back(out.changes.size() - 1);
  }
  for (auto& [key, changes] : groups)
    out.groups.push_back(
        {std::get<0>(key), std::get<1>(key), std::get<2>(key), std::move(changes)});
  std::stable_sort(
      out.groups.begin(), out.groups.end(), [](const ChangeGroup& x, const ChangeGroup& y) {
        return x.what != y.what ? x.what < y.what : x.changes.size() > y.changes.size();
      });
  return out;
}

}  // namespace erbium::cp
