// What changed between two runs of the same packets: whose verdict, path, delay or order is another
// one, grouped by cause (`erbium diff`).
//
// A packet's verdict is where and how it ended; its path the links that it crossed; its delay the
// time from its entry to its end. Its order has changed when it leaves behind a packet that it left
// ahead of before, both by the same port. A packet stands in the group of the first of these that
// changed.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/packet_fates.h"

namespace erbium::cp {

struct Change {
  enum What : uint8_t { verdict = 1, path = 2, delay = 4, order = 8 };
  uint64_t id = 0;
  std::string stream;  // empty: of the captures
  uint32_t number = 0;
  uint8_t what = 0;  // What, as bits
  std::string place_a, place_b;
  std::string path_a, path_b;
  int64_t delay_a = 0, delay_b = 0;  // ns
};

struct ChangeGroup {
  Change::What what = Change::verdict;
  std::string a, b;             // what it was and is; of a delay only `a`, where it changed
  std::vector<size_t> changes;  // of Difference::changes, ascending
};

struct Difference {
  size_t packets = 0;  // that entered in A, or in B, or in both
  std::vector<Change> changes;
  std::vector<ChangeGroup> groups;  // those of verdicts first; of each kind the largest first
};

Difference difference(const RunFates& a, const RunFates& b);

// `a` and `b` name the runs.
std::string difference_text(const Difference& difference, const std::string& a,
                            const std::string& b);
nlohmann::ordered_json difference_json(const Difference& difference, const std::string& a,
                                       const std::string& b);

}  // namespace erbium::cp
