// Up to 32 packets that walk a node's path together, in (time, id, copy) order.
#pragma once

#include <cstdint>

#include "dataplane/core/packet.h"
#include "dataplane/core/verdict.h"

namespace erbium::dp {

class Burst {
 public:
  static constexpr unsigned kMax = 32;

  unsigned size() const { return size_; }
  bool empty() const { return size_ == 0; }
  Packet operator[](unsigned i) const { return Packet(packets_[i]); }
  rte_mbuf** raw() { return packets_; }
  void push(Packet p) { packets_[size_++] = p.mbuf(); }
  void clear() {
    size_ = 0;
    protocols_ = 0;
  }
  void resize(unsigned n) { size_ = n; }

  // Union of the protocols of the packets, set by the stage that classifies them.
  unsigned protocols() const { return protocols_; }
  void set_protocols(unsigned mask) { protocols_ = mask; }

  // The one loop over packets: `decide` turns a packet into a verdict; packets that go on are
  // compacted in place, every other one is handed to `settle(packet, verdict)`.
  template <typename Decide, typename Settle>
  void retain(Decide&& decide, Settle&& settle) {
    unsigned kept = 0;
    for (unsigned i = 0; i < size_; i++) {
      const Packet p(packets_[i]);
      const Verdict verdict = decide(p);
      packets_[kept] = p.mbuf();
      kept += verdict.is_next();
      if (!verdict.is_next()) [[unlikely]]
        settle(p, verdict);
    }
    size_ = kept;
  }

 private:
  rte_mbuf* packets_[kMax];
  unsigned size_ = 0;
  unsigned protocols_ = 0;
};

}  // namespace erbium::dp
