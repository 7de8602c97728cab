// The instruction set that the whole project is compiled for. DPDK's pkg-config file carries
// -march=corei7 and meson puts it behind project arguments, so a target that forgets `isa_args`
// silently loses AVX2; this target links DPDK the way the stages do and would lose it too.
// tests/lint/isa_test.py looks for the instructions themselves in the shipped binary.
#include <gtest/gtest.h>
#include <rte_config.h>
#include <rte_vect.h>

namespace erbium::dp {
namespace {

#if defined(__AVX2__) && defined(__BMI2__) && defined(__FMA__) && defined(__LZCNT__)
constexpr bool kBaseline = true;
#else
constexpr bool kBaseline = false;
#endif
static_assert(kBaseline, "compiled below x86-64-v3: pass cpp_args: isa_args to this target");

TEST(Isa, MachineRunsTheBaseline) {
  EXPECT_TRUE(__builtin_cpu_supports("avx2"));
  EXPECT_TRUE(__builtin_cpu_supports("bmi2"));
  EXPECT_TRUE(__builtin_cpu_supports("fma"));
}

TEST(Isa, DpdkVectorsAreThirtyTwoBytes) {
  const rte_ymm_t ones{.y = _mm256_set1_epi32(1)};
  const __m256i sum = _mm256_add_epi32(ones.y, ones.y);
  for (int i = 0; i < 8; i++) EXPECT_EQ(reinterpret_cast<const uint32_t*>(&sum)[i], 2u);
}

}  // namespace
}  // namespace erbium::dp
