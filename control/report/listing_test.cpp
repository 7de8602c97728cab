#include "control/report/listing.h"

#include <gtest/gtest.h>

namespace erbium::cp {
namespace {

using enum Column::Align;

Listing neighbors() {
  return {.title = "er-sjc/primary/private",
          .object = {{"circuit", "er-sjc"}},
          .columns = {{"", ""}, {"Age", "age", right}, {"Address", "address"}, {"", "age_ns"}},
          .rows = {{"*", uint64_t{12}, "192.0.2.1", Cell::json(720'000'000'005)},
                   {"", uint64_t{0}, Cell("Incomplete", nullptr), Cell::json(0)}}};
}

TEST(Listing, AsText) {
  EXPECT_EQ(listings_text({neighbors(), {.columns = {{"Empty", "empty"}}}}),
            "er-sjc/primary/private\n"
            "   Age  Address\n"
            "*   12  192.0.2.1\n"
            "     0  Incomplete\n"
            "\n"
            "Empty\n");
  EXPECT_EQ(listings_text({}), "");
}

TEST(Listing, FirstCellsApart) {
  Listing listing = {.columns = {{"Peer", "peer"}, {"State", "state"}, {"Age", "age", right}},
                     .rows = {{"192.0.2.1 er-sjc", "Up", uint64_t{12}}, {"b", "Down", uint64_t{7}}},
                     .first_apart = true};
  EXPECT_EQ(listings_text({listing}),
            "Peer  State  Age\n"
            "192.0.2.1 er-sjc\n"
            "      Up      12\n"
            "b\n"
            "      Down     7\n");
  listing.rows[1][0] = "192.0.2.1 er-sjc";
  EXPECT_EQ(listings_text({listing}),
            "Peer  State  Age\n"
            "192.0.2.1 er-sjc\n"
            "      Up      12\n"
            "      Down     7\n")
      << "once over those that share it";
}

TEST(Listing, LongLastCellsAreCut) {
  std::string path = "12076";
  for (int i = 0; i < 14; i++) path += "-65001";
  const Listing listing = {.columns = {{"Network", "network"}, {"AsPath", "asPath"}},
                           .rows = {{"10.0.0.0/16", path}, {"10.1.0.0/16", std::string(90, 'x')}}};
  EXPECT_EQ(listings_text({listing}),
            "Network      AsPath\n"
            "10.0.0.0/16  12076-65001-65001-65001-65001-65001-65001-65001-65001-65001-65001-\n"
            "             65001-65001-65001-65001\n"
            "10.1.0.0/16  " +
                std::string(90, 'x') + "\n");
}

TEST(Listing, AsJson) {
  EXPECT_EQ(listings_json({neighbors(), {.columns = {{"Empty", "empty"}}}}).dump(),
            R"([{"circuit":"er-sjc","rows":[)"
            R"({"age":12,"address":"192.0.2.1","age_ns":720000000005},)"
            R"({"age":0,"address":null,"age_ns":0}]},)"
            R"({"rows":[]}])");
  EXPECT_EQ(listings_json({}).dump(), "[]");
}

}  // namespace
}  // namespace erbium::cp
