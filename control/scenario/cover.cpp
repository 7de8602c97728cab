#include "control/scenario/cover.h"

#include <algorithm>
#include <span>

namespace erbium::cp {
namespace {

using net::Ip;
using net::Prefix;
using Host = std::pair<Ip, bool>;
using Hosts = std::span<const Host>;

constexpr size_t kFew = 16;

struct Covered {
  Prefix prefix;
  size_t hosts = 0;
};

bool bit(const Ip& ip, unsigned at) { return ip.bytes[at / 8] >> (7 - at % 8) & 1; }

// `hosts` share their first `length` bits. Prefixes are not shorter than `shortest`.
void cover(Hosts hosts, unsigned length, unsigned shortest, bool azure, std::vector<Covered>& out) {
  const auto mine = [&](const Host& host) { return host.second == azure; };
  const auto count = std::count_if(hosts.begin(), hosts.end(), mine);
  if (count == 0) return;
  if (static_cast<size_t>(count) == hosts.size() && length >= shortest) {
    const Prefix prefix{hosts.front().first, static_cast<uint8_t>(length)};
    out.push_back({prefix.canonical(), hosts.size()});
    return;
  }
  const auto middle = std::partition_point(
      hosts.begin(), hosts.end(), [&](const Host& host) { return !bit(host.first, length); });
  const auto low = static_cast<size_t>(middle - hosts.begin());
  cover(hosts.first(low), length + 1, shortest, azure, out);
  cover(hosts.subspan(low), length + 1, shortest, azure, out);
}

std::vector<Covered> cover(const std::map<Ip, bool>& hosts, bool by_host, bool azure) {
  std::vector<Covered> out;
  if (hosts.empty()) return out;
  const std::vector<Host> list(hosts.begin(), hosts.end());
  const bool v4 = list.front().first.is_v4();
  const unsigned step = v4 ? 4 : 8, least = v4 ? 8 : 32;
  for (unsigned shortest = by_host ? (v4 ? 32 : 128) : (v4 ? 24 : 64);; shortest -= step) {
    out.clear();
    cover(list, 0, shortest, azure, out);
    if (out.size() <= kFew || shortest <= least) return out;
  }
}

std::vector<Prefix> prefixes(const std::vector<Covered>& list) {
  std::vector<Prefix> out;
  for (const Covered& one : list) out.push_back(one.prefix);
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

std::vector<Prefix> cover_azure(const std::map<Ip, bool>& hosts, bool by_host) {
  std::vector<Covered> list = cover(hosts, by_host, true);
  const size_t most = !list.empty() && list.front().prefix.address.is_v4() ? 400 : 90;
  if (list.size() > most) {
    std::stable_sort(list.begin(), list.end(),
                     [](const Covered& a, const Covered& b) { return a.hosts > b.hosts; });
    list.resize(most);
  }
  return prefixes(list);
}

std::vector<Prefix> cover_onprem(const std::map<Ip, bool>& hosts, bool by_host) {
  const std::vector<Covered> list = cover(hosts, by_host, false);
  if (list.size() <= kFew) return prefixes(list);
  return {{{list.front().prefix.address.family, {}}, 0}};
}

}  // namespace erbium::cp
