#include "control/scenario/two_sides.h"

#include <algorithm>
#include <tuple>

namespace erbium::cp {
namespace {

// Trees of a forest, each end with its colour relative to its root.
class Forest {
 public:
  explicit Forest(uint32_t ends) : parent_(ends), flipped_(ends) {
    for (uint32_t i = 0; i < ends; i++) parent_[i] = i;
  }

  struct Place {
    uint32_t root = 0;
    bool flipped = false;
  };
  Place find(uint32_t end) {
    Place out{end, false};
    for (; parent_[out.root] != out.root; out.root = parent_[out.root])
      out.flipped ^= flipped_[out.root];
    for (bool flipped = out.flipped; parent_[end] != end;) {  // shortens the way for the next time
      const uint32_t up = parent_[end];
      const bool own = flipped_[end];
      parent_[end] = out.root;
      flipped_[end] = flipped;
      flipped ^= own;
      end = up;
    }
    return out;
  }

  // Puts them on opposite sides, unless a heavier tie has decided already.
  void part(uint32_t a, uint32_t b) {
    const Place at = find(a), other = find(b);
    if (at.root == other.root) return;
    parent_[other.root] = at.root;
    flipped_[other.root] = at.flipped == other.flipped;
  }

 private:
  std::vector<uint32_t> parent_;
  std::vector<bool> flipped_;
};

}  // namespace

std::vector<bool> two_sides(uint32_t ends,
                            const std::map<std::pair<uint32_t, uint32_t>, Tie>& ties) {
  using Entry = std::pair<std::pair<uint32_t, uint32_t>, Tie>;
  std::vector<Entry> heaviest(ties.begin(), ties.end());
  std::stable_sort(heaviest.begin(), heaviest.end(), [](const Entry& x, const Entry& y) {
    return x.second.packets > y.second.packets;
  });
  Forest forest(ends);
  for (const auto& [pair, tie] : heaviest) forest.part(pair.first, pair.second);

  struct Tree {
    int64_t evidence = 0;  // positive when ends that are not flipped are the customer's
    int64_t surplus = 0;   // of such ends
    bool lowest_flipped = false;
    bool any = false;
  };
  std::vector<Tree> trees(ends);
  for (const auto& [pair, tie] : heaviest) {
    const auto a = forest.find(pair.first), b = forest.find(pair.second);
    if (a.flipped != b.flipped) trees[a.root].evidence += a.flipped ? -tie.evidence : tie.evidence;
  }
  for (uint32_t end = 0; end < ends; end++) {
    const auto at = forest.find(end);
    Tree& tree = trees[at.root];
    tree.surplus += at.flipped ? -1 : 1;
    if (!tree.any) tree.lowest_flipped = at.flipped;
    tree.any = true;
  }
  std::vector<bool> azure(ends);
  for (uint32_t end = 0; end < ends; end++) {
    const auto at = forest.find(end);
    const Tree& tree = trees[at.root];
    const int64_t verdict = tree.evidence != 0 ? tree.evidence : tree.surplus;
    const bool customer_flipped = verdict != 0 ? verdict < 0 : tree.lowest_flipped;
    azure[end] = at.flipped != customer_flipped;
  }
  return azure;
}

}  // namespace erbium::cp
