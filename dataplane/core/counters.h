// Where every packet of a node went, by stage and reason. The names come from the stages'
// descriptors; the indices are the reasons of their verdicts.
#pragma once

#include <cstdint>
#include <vector>

namespace erbium::dp {

struct StageCounters {
  std::vector<uint64_t> drops;
  std::vector<uint64_t> consumed;
  std::vector<uint64_t> punted;
  std::vector<uint64_t> originated;
  std::vector<uint64_t> withheld;  // packets that the node did not make
};

// Conservation at a node, at any time between windows:
//   from_ports + from_links + originated + copied
//     = to_ports + to_links + dropped + consumed + punted + held + scheduled
// where scheduled are arrivals that the node itself emitted and has not yet run.
struct NodeCounters {
  uint64_t from_ports = 0;
  uint64_t from_links = 0;
  uint64_t copied = 0;
  uint64_t to_ports = 0;
  uint64_t to_links = 0;
  uint64_t held = 0;
  uint64_t scheduled = 0;
  std::vector<StageCounters> stages;  // in path order
};

}  // namespace erbium::dp
