// What a BGP speaker holds; shared by the files that implement it. speaker.cpp has the sessions,
// speaker_import.cpp what comes in, speaker_export.cpp what goes out.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "control/bgp/adj_rib_out.h"
#include "control/bgp/speaker.h"
#include "control/bgp/stale_routes.h"
#include "control/rib/rib.h"

namespace erbium::cp::bgp {

inline constexpr std::array<Family, 2> kFamilies = {Family::v4, Family::v6};
inline size_t slot_of(Family family) { return family == Family::v4 ? 0 : 1; }

struct Speaker::PeerState {
  PeerState(PeerConfig c, rib::AttributesPool& pool)
      : config(std::move(c)), session(config.session), told(pool) {}

  PeerConfig config;
  Session session;
  bool up = false;
  bool forgotten = true;                              // nothing of a lost session is left
  std::vector<Family> families{};                     // negotiated, while up
  std::optional<GracefulRestart> graceful_restart{};  // the peer's, of its last OPEN
  AdjRibOut told;
  StaleRoutes stale{};
  bool stale_of_own_restart = false;

  // What flush() owes the peer beyond changes, by family.
  struct Owed {
    bool look = false;   // at every prefix
    bool again = false;  // also what it has been told already
    bool end_of_rib = false;
  };
  std::array<Owed, 2> owed{};
};

struct Speaker::State {
  State(SpeakerConfig c, const Policy& p);

  SpeakerConfig config;
  const Policy& policy;
  rib::Rib rib;
  std::vector<std::unique_ptr<PeerState>> peers;
  rib::Changes changes;  // since the last flush
  Time restart_until;    // of the own control plane
  bool hidden = false;   // they are of an originated route, and packets have nowhere new to go
  UpdatePacker packer;
};

}  // namespace erbium::cp::bgp
