#include "dataplane/links/jitter.h"

#include <bit>

#include "dataplane/links/jitter_tables.h"

namespace erbium::dp {
namespace {

constexpr int kUnit = 20;     // log2 of what stands for 1 in the tables
constexpr int kOctaves = 16;  // of q that the tables have, below 1
constexpr int kSteps = 5;     // log2 of the points in an octave
constexpr int64_t kNormalMost = 4, kParetoMost = 30;

// The quantile for q * 2^-32, between two points of the table on a straight line.
int64_t quantile(const int32_t (&table)[kPoints], int64_t most, uint32_t q) {
  if (q < 1u << kOctaves) [[unlikely]] {
    const int64_t end = most << kUnit;
    return end + ((table[0] - end) * int64_t{q} >> kOctaves);
  }
  const int octave = std::countl_zero(q);
  const uint32_t within = q << octave << 1;  // what follows the leading one
  const size_t at = static_cast<size_t>(kOctaves - 1 - octave) << kSteps | within >> (32 - kSteps);
  const int64_t part = within << kSteps;
  return table[at] + ((table[at + 1] - table[at]) * part >> 32);
}

int64_t scale(int64_t size, int64_t quantile) {
  return (size * quantile + (1 << (kUnit - 1))) >> kUnit;
}

}  // namespace

Duration Jitter::draw(uint64_t bits) const {
  __extension__ using Wide = unsigned __int128;
  const auto q = static_cast<uint32_t>(bits >> 32);
  switch (distribution) {
    case Distribution::uniform: {
      const auto values = static_cast<uint64_t>(2 * size.ns() + 1);
      return Duration::ns(static_cast<int64_t>(Wide{bits} * values >> 64) - size.ns());
    }
    case Distribution::normal: {
      const int64_t away = scale(size.ns(), quantile(kNormal, kNormalMost, q));
      return Duration::ns(bits & 1 ? away : -away);
    }
    case Distribution::pareto:
      break;
  }
  return Duration::ns(scale(size.ns(), quantile(kPareto, kParetoMost, q)));
}

Duration Jitter::reach() const {
  if (distribution == Distribution::pareto) return {};
  return distribution == Distribution::uniform ? size : size * kNormalMost;
}

}  // namespace erbium::dp
