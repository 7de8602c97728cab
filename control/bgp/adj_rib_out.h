// What one peer has been told (Adj-RIB-Out, RFC 4271 §3.2): for each prefix the attributes that
// went out last, as 12 bytes and a hash slot, so that a prefix is sent again only when what would
// be sent has changed; and the packing of what is to be said into UPDATEs.
#pragma once

#include <cstddef>
#include <vector>

#include "control/bgp/message.h"
#include "control/rib/attributes_pool.h"
#include "control/rib/prefix_table.h"

namespace erbium::cp::bgp {

class AdjRibOut {
 public:
  explicit AdjRibOut(rib::AttributesPool& pool) : pool_(pool) {}
  ~AdjRibOut() { clear(); }
  AdjRibOut(const AdjRibOut&) = delete;
  AdjRibOut& operator=(const AdjRibOut&) = delete;

  // kNoAttributes: nothing, or withdrawn since.
  rib::AttributesId told(const net::Prefix& prefix) const;
  // kNoAttributes: withdrawn. Takes a reference of its own.
  void tell(const net::Prefix& prefix, rib::AttributesId attributes);
  // The session is gone: the peer has forgotten all.
  void clear();

  // In order of prefix, IPv4 first.
  std::vector<net::Prefix> prefixes() const;
  size_t size(net::Family family) const {
    return family == net::Family::v4 ? v4_.size() : v6_.size();
  }
  size_t memory_bytes() const { return v4_.memory_bytes() + v6_.memory_bytes(); }

 private:
  template <class Table>
  void tell(Table& table, const net::Prefix& prefix, rib::AttributesId attributes);

  rib::AttributesPool& pool_;
  rib::PrefixTable<uint32_t> v4_;  // labels are attributes
  rib::PrefixTable<rib::Key6> v6_;
};

// Collects what is to be said to one peer. Withdrawals go first, then one UPDATE for each set of
// attributes, in order of its first prefix; the prefixes of each stand in the order of add().
class UpdatePacker {
 public:
  explicit UpdatePacker(const rib::AttributesPool& pool) : pool_(pool) {}

  // kNoAttributes: withdraw. The attributes must stay referenced until take().
  void add(const net::Prefix& prefix, rib::AttributesId attributes);
  std::vector<Update> take();

 private:
  struct Group {
    rib::AttributesId attributes;
    std::vector<net::Prefix> prefixes;
  };

  const rib::AttributesPool& pool_;
  std::vector<net::Prefix> withdrawn_;
  std::vector<Group> groups_;
  std::vector<uint32_t> group_of_;  // by AttributesId; 0 is none yet, else one more than the index
};

}  // namespace erbium::cp::bgp
