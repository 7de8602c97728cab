// The ways that packets take through the network, as small numbers: a path is the one before it and
// one link more.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace erbium::dp {

class Paths {
 public:
  using Id = uint16_t;  // 0: no link

  // When so many paths are known that another has no number, packets stay on the one they had.
  Id extend(Id path, uint32_t link);
  // Its links as RunStats counts them, from 0, in the order of travel.
  std::vector<uint32_t> links(Id path) const;

 private:
  struct Step {
    Id before;
    uint32_t link;
    auto operator<=>(const Step&) const = default;
  };
  std::vector<Step> steps_{1};  // by path
  std::map<Step, Id> known_;
};

// Numbers paths anew by first use: nodes meet new ones in an order that depends on how the run was
// cut.
class PathNumbers {
 public:
  explicit PathNumbers(const Paths& paths) : paths_(paths) {}
  Paths::Id of(Paths::Id path);
  // By number.
  std::vector<std::vector<uint32_t>> take() { return std::move(links_); }

 private:
  const Paths& paths_;
  std::map<Paths::Id, Paths::Id> numbers_;
  std::vector<std::vector<uint32_t>> links_;
};

}  // namespace erbium::dp
