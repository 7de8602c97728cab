#include "control/config/nearest.h"

#include <gtest/gtest.h>

namespace erbium::cp {
namespace {

const std::vector<std::string> kWords{"primary", "secondary", "police", "rate", "rate_limit"};

TEST(Nearest, FindsSlipsOfOneOrTwoLetters) {
  EXPECT_EQ(nearest("primry", kWords), "primary");
  EXPECT_EQ(nearest("pirmary", kWords), "primary");
  EXPECT_EQ(nearest("rates", kWords), "rate");
  EXPECT_EQ(nearest("rate_limt", kWords), "rate_limit");
}

TEST(Nearest, LetterCaseCostsNothing) { EXPECT_EQ(nearest("PRIMARY", kWords), "primary"); }

TEST(Nearest, FarWordsHaveNoNeighbour) {
  EXPECT_EQ(nearest("xyz", kWords), "");
  EXPECT_EQ(nearest(std::string(5'000, 'a'), kWords), "");
}

TEST(Suggestion, ListsWordsWhenNothingIsNear) {
  EXPECT_EQ(suggestion("zzz", {"a", "bb"}, "keys"), "valid keys: a, bb");
  EXPECT_EQ(suggestion("zzz", {}, "ports"), "the file defines no ports");
}

}  // namespace
}  // namespace erbium::cp
