// Why something was decided, in words and in values: what a stage, a link or a port says of a
// packet when it is asked (`erbium explain`). Clauses are short and have no full stop; names of
// values end in _ns, _bits or _bytes where that is their unit.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "common/net/address.h"

namespace erbium {

struct Explanation {
  using Value = std::variant<bool, int64_t, uint64_t, std::string, std::vector<std::string>>;
  // A destination that was looked up: who knows the routes can say more of it.
  struct Lookup {
    uint32_t vrf = 0;
    net::Ip destination;
  };

  std::vector<std::string> clauses;
  std::vector<std::pair<std::string, Value>> values;  // in the order they were given
  std::optional<Lookup> lookup;

  void say(std::string clause) { clauses.push_back(std::move(clause)); }
  void set(std::string name, Value value) {
    values.emplace_back(std::move(name), std::move(value));
  }
  void set(std::string name, const char* text) { set(std::move(name), Value(std::string(text))); }
  template <std::integral Number>
  void set(std::string name, Number n) {
    if constexpr (std::is_same_v<Number, bool>)
      set(std::move(name), Value(n));
    else if constexpr (std::is_signed_v<Number>)
      set(std::move(name), Value(int64_t{n}));
    else
      set(std::move(name), Value(uint64_t{n}));
  }
};

}  // namespace erbium
