// From the RIB to the FIB through shared next-hop groups, so that the loss of a peer costs the same
// for ten prefixes and for a million (prefix-independent convergence).
//
// A prefix in the FIB names a group, and the group has the next hops. Prefixes may share a group
// only if they agree on more than where packets go now: when a peer is lost, all of them must go
// the same way next, and what is behind the lost path differs from prefix to prefix. So a group
// stands for a plan:
//
//   primary     the ECMP set, in order: (peer, next hop) each
//   loss of p   for each peer p that matters: the ECMP set chosen without p
//   last        the set chosen without any peer of the primary, where that has several
//
// Each is computed by the decision process from the prefix's paths, not by striking out members:
// without the lowest MED of its AS another path may come in. That is also why a peer outside the
// primary may matter: the path limit can cut off a path whose MED keeps others out. The loss of any
// one peer is then one change per group, exact for every prefix, and peer_down() looks at groups
// only. A second loss before the first has been cleaned up takes what the plan still has (a set
// less the lost peers, else the last); it never points at a lost peer, but may know no way.
//
// The clean-up per prefix follows: Rib::withdraw_peer() and refresh() of what it reports. A group
// that lost a peer adopts the plan of its first prefix that goes on the way the group already goes;
// prefixes with the same plan stay without a FIB change, the others move. In the usual case, where
// what is behind is the same for all, the clean-up sends nothing to the FIB. Two groups may thereby
// have the same plan; the older one takes new prefixes.
//
// Plans also distinguish prefixes that go the same way but would not later, so a change among
// standby paths moves prefixes between groups, unless the group has no other: the price of an exact
// switch. The RIB must report standby changes (RibConfig::report_standby).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "common/net/address.h"
#include "control/rib/dense.h"
#include "control/rib/rib.h"

namespace erbium::cp::rib {

using GroupId = uint32_t;  // dense from 1
inline constexpr GroupId kNoGroup = 0;

struct Hop {
  PeerId peer = kLocal;
  net::Ip address;
  auto operator<=>(const Hop&) const = default;
};

// To be applied as one generation, in this order.
struct FibDelta {
  struct Group {
    GroupId id = kNoGroup;
    std::vector<Hop> members;  // all of them; none: no way is known at the moment
  };
  struct Route {
    net::Prefix prefix;
    GroupId group = kNoGroup;  // kNoGroup: the route is removed
  };
  std::vector<Group> groups;     // new or changed, ascending
  std::vector<Route> routes;     // in the order of refresh(); of one prefix the last counts
  std::vector<GroupId> removed;  // ascending; used again in a later delta at the earliest

  bool empty() const { return groups.empty() && routes.empty() && removed.empty(); }
};

class FibGroups {
 public:
  // Keeps the group of a prefix as its label in the RIB, which must outlive this. Aborts where the
  // RIB does not report standby changes.
  explicit FibGroups(Rib& rib);

  // The peer cannot be reached: every group that had it gets other members. Until peer_up() no plan
  // has it. In time by the number of groups, not of prefixes.
  void peer_down(PeerId peer);
  // Its session is up again, before its first announcement.
  void peer_up(PeerId peer);
  // Brings these prefixes to what the RIB says about them: all of Changes, chosen and standby. A
  // prefix without a path, or with one of the router itself, has no route here.
  void refresh(std::span<const net::Prefix> prefixes);

  // What changed since the last call.
  FibDelta take();
  // Every group, and every route in order of prefix, as the last take() left them: for a FIB that
  // has nothing. Call take() before.
  FibDelta everything() const;

  size_t groups() const { return groups_.size(); }
  // Without what the labels take in the RIB.
  size_t memory_bytes() const;

 private:
  using HopId = uint32_t;
  using Hops = std::vector<HopId>;
  // Sets of HopIds, each behind the peer whose loss it is for and its size: first the primary (peer
  // 0), then by peer, then the last set (peer 0).
  using Plan = std::vector<uint32_t>;
  struct Group {
    Plan plan;
    Hops members;  // the plan's primary, or what losses have left of the plan
    uint32_t hash = 0;
    uint32_t prefixes = 0;
    bool used = false;
    bool indexed = false;   // takes new prefixes
    bool outdated = false;  // the plan has a lost peer
    uint32_t link = 0;      // of Slab
  };

  bool lost(PeerId peer) const { return peer < lost_.size() && lost_[peer]; }
  HopId hop_of(const Path& path, net::Family family);
  void append(PeerId loss, const std::vector<Path>& set, net::Family family);
  bool equally_good(const Path& a, const Path& b) const;
  bool make_plan(net::Family family);
  bool mentions(const Plan& plan, PeerId peer) const;
  Hops without_lost(std::span<const HopId> set) const;
  Hops members_left(const Plan& plan) const;

  uint32_t find_planned() const;
  GroupId group_as_planned(GroupId current);
  void set_plan(uint32_t slot);
  FibDelta::Group described(GroupId id) const;
  void unindex(uint32_t slot);

  Rib& rib_;
  std::vector<bool> lost_;        // by peer
  std::map<Hop, HopId> hop_ids_;  // of all that there ever were
  std::vector<Hop> hops_;
  std::vector<HopId> last_hop_;  // by peer: which is nearly always the next one too
  Slab<Group, 64> groups_;       // by GroupId - 1
  IdIndex index_;                // by plan
  std::vector<GroupId> changed_, maybe_empty_;
  std::vector<FibDelta::Route> routes_;
  // Of the prefix being refreshed.
  Plan plan_;
  uint32_t plan_hash_ = 0;
  std::vector<Path> paths_, primary_, rest_;
};

}  // namespace erbium::cp::rib
