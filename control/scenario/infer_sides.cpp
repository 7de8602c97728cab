#include "control/scenario/infer_sides.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "control/scenario/cover.h"
#include "control/scenario/two_sides.h"

namespace erbium::cp {
namespace {

using net::Family;
using net::Ip;
using net::Prefix;

const std::vector<Prefix>& private_prefixes() {
  static const std::vector<Prefix> kPrivate = [] {
    std::vector<Prefix> out;
    for (const char* text :
         {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"})
      out.push_back(*Prefix::parse(text));
    return out;
  }();
  return kPrivate;
}

bool any_contains(const std::vector<Prefix>& prefixes, const Ip& ip) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const Prefix& prefix) { return prefix.contains(ip); });
}

// Addresses that no router forwards from or to: they are on no side.
bool is_local(const Ip& ip) {
  static const std::vector<Prefix> kLocal = [] {
    std::vector<Prefix> out;
    for (const char* text : {"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/127",
                             "fe80::/10", "ff00::/8"})
      out.push_back(*Prefix::parse(text));
    return out;
  }();
  return any_contains(kLocal, ip);
}

std::vector<Prefix> of_family(const std::vector<Prefix>& prefixes, Family family) {
  std::vector<Prefix> out;
  std::copy_if(prefixes.begin(), prefixes.end(), std::back_inserter(out),
               [&](const Prefix& prefix) { return prefix.address.family == family; });
  return out;
}

std::vector<Conversation> of_family(const CaptureSummary& summary, Family family) {
  std::vector<Conversation> out;
  for (const Conversation& talk : summary.conversations)
    if (talk.a.family == family && !is_local(talk.a) && !is_local(talk.b)) out.push_back(talk);
  return out;
}

Ip network_of(const Ip& ip) {
  return Prefix{ip, static_cast<uint8_t>(ip.is_v4() ? 24 : 64)}.canonical().address;
}

// Positive when a is the customer's, negative when b is.
int64_t evidence(const Conversation& talk) {
  const int64_t flows = int64_t{talk.a_opened} + talk.b_opened + talk.a_first + talk.b_first;
  int64_t out =
      2 * (int64_t{talk.a_opened} - talk.b_opened) + (int64_t{talk.a_first} - talk.b_first);
  if (is_private(talk.a) != is_private(talk.b))
    out += (is_private(talk.a) ? 4 : -4) * std::max<int64_t>(flows, 1);
  return out;
}

// Whether more packets stay within networks than leave them.
bool mostly_within(const std::vector<Conversation>& talks) {
  uint64_t within = 0, between = 0;
  for (const Conversation& talk : talks)
    (network_of(talk.a) == network_of(talk.b) ? within : between) += talk.packets;
  return within > between;
}

// One family's hosts, each with its side; true: Azure's.
using HostSides = std::map<Ip, bool>;

HostSides vote(const std::vector<Conversation>& talks, bool by_host) {
  const auto unit = [&](const Ip& ip) { return by_host ? ip : network_of(ip); };
  std::map<Ip, uint32_t> units;
  for (const Conversation& talk : talks)
    for (const Ip& ip : {talk.a, talk.b}) units.emplace(unit(ip), 0);
  uint32_t next = 0;
  for (auto& [ip, id] : units) id = next++;
  std::map<std::pair<uint32_t, uint32_t>, Tie> ties;
  for (const Conversation& talk : talks) {
    const uint32_t a = units[unit(talk.a)], b = units[unit(talk.b)];
    if (a == b) continue;
    Tie& tie = ties[std::minmax(a, b)];
    tie.packets += talk.packets;
    tie.evidence += a < b ? evidence(talk) : -evidence(talk);
  }
  const std::vector<bool> azure = two_sides(next, ties);
  HostSides out;
  for (const Conversation& talk : talks)
    for (const Ip& ip : {talk.a, talk.b}) out[ip] = azure[units[unit(ip)]];
  return out;
}

HostSides as_given(const std::vector<Conversation>& talks, const std::vector<Prefix>& onprem,
                   const std::vector<Prefix>& azure) {
  HostSides out;
  for (const Conversation& talk : talks)
    for (const Ip& ip : {talk.a, talk.b}) {
      if (!azure.empty() && any_contains(azure, ip))
        out[ip] = true;
      else if (onprem.empty() || any_contains(onprem, ip))
        out[ip] = false;
      else if (azure.empty())
        out[ip] = true;
    }
  return out;
}

uint64_t hosts_of(const HostSides& hosts, bool azure) {
  const auto mine = [&](const auto& host) { return host.second == azure; };
  return static_cast<uint64_t>(std::count_if(hosts.begin(), hosts.end(), mine));
}

// What is found for one side keeps clear of what is given for the other.
void add_ends(const std::vector<Prefix>& given, bool azure, HostSides& hosts) {
  for (const Prefix& prefix : given) {
    const Ip first = prefix.canonical().address;
    hosts[first] = azure;
    const unsigned behind = first.bits() - prefix.length;
    hosts[first.plus(behind >= 32 ? UINT32_MAX : (uint32_t{1} << behind) - 1)] = azure;
  }
}

void add(Side& side, const std::vector<Prefix>& given, const HostSides& hosts, bool azure,
         bool by_host) {
  const std::vector<Prefix> prefixes = !given.empty() ? given
                                       : azure        ? cover_azure(hosts, by_host)
                                                      : cover_onprem(hosts, by_host);
  side.prefixes.insert(side.prefixes.end(), prefixes.begin(), prefixes.end());
}

void count(const std::vector<Conversation>& talks, const HostSides& hosts, Sides& out) {
  for (const Conversation& talk : talks) {
    const auto a = hosts.find(talk.a), b = hosts.find(talk.b);
    if (a == hosts.end() || b == hosts.end() || a->second == b->second) {
      out.staying += talk.packets;
      continue;
    }
    out.crossing += talk.packets;
    out.opened_onprem += a->second ? talk.b_opened + talk.b_first : talk.a_opened + talk.a_first;
    out.opened_azure += a->second ? talk.a_opened + talk.a_first : talk.b_opened + talk.b_first;
  }
}

std::string reason(const HostSides& hosts, bool given) {
  if (given) return "as given";
  const auto all = [&](bool azure, bool is) {
    return std::all_of(hosts.begin(), hosts.end(), [&](const auto& host) {
      return host.second != azure || is_private(host.first) == is;
    });
  };
  return all(false, true) && all(true, false) ? "private addresses against public ones"
                                              : "by who opens the flows";
}

}  // namespace

bool is_private(const Ip& ip) { return any_contains(private_prefixes(), ip); }

Sides infer_sides(const CaptureSummary& summary, const GivenSides& given) {
  Sides out;
  for (const Conversation& talk : summary.conversations)
    if (is_local(talk.a) || is_local(talk.b)) out.local += talk.packets;
  for (const Family family : {Family::v4, Family::v6}) {
    const std::vector<Conversation> talks = of_family(summary, family);
    const std::vector<Prefix> onprem = of_family(given.onprem, family);
    const std::vector<Prefix> azure = of_family(given.azure, family);
    const bool is_given = !onprem.empty() || !azure.empty();
    if (talks.empty() && !is_given) continue;
    const bool by_host = mostly_within(talks);
    HostSides hosts = is_given ? as_given(talks, onprem, azure) : vote(talks, by_host);
    out.onprem.hosts += hosts_of(hosts, false);
    out.azure.hosts += hosts_of(hosts, true);
    count(talks, hosts, out);
    const std::string why = reason(hosts, is_given);
    add_ends(onprem, false, hosts);
    add_ends(azure, true, hosts);
    add(out.onprem, onprem, hosts, false, by_host);
    add(out.azure, azure, hosts, true, by_host);
    if (out.because.empty())
      out.because = why;
    else if (out.because != why)
      out.because += ", IPv6 " + why;
  }
  return out;
}

}  // namespace erbium::cp
