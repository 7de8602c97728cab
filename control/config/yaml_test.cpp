#include "control/config/yaml.h"

#include <gtest/gtest.h>

namespace erbium::cp {
namespace {

using Kind = YamlNode::Kind;

std::string fault_of(const std::string& text) {
  try {
    parse_yaml(text);
  } catch (const Fault& fault) {
    return std::to_string(fault.mark.line) + ":" + std::to_string(fault.mark.column) + " " +
           fault.what();
  }
  return "";
}

TEST(Yaml, KeepsOrderAndMarks) {
  const YamlNode root = parse_yaml("b: 1\na: { c: x, d: [1, 2] }\n");
  ASSERT_EQ(root.entries.size(), 2U);
  EXPECT_EQ(root.entries[0].key, "b");
  EXPECT_EQ(root.entries[1].mark.line, 2);
  const YamlNode& d = *root.find("a")->find("d");
  EXPECT_EQ(d.mark.column, 15);
  EXPECT_EQ(d.items[1].mark.column, 19);
  EXPECT_EQ(root.find("none"), nullptr);
}

TEST(Yaml, TypesPlainScalarsByTheCoreSchema) {
  const YamlNode root = parse_yaml(
      "[1, 0x1f, 1.5, true, yes, on, '1', \"true\", 0000:03:00.0, 2026-01-01, ~, 1_000]");
  std::vector<Kind> kinds;
  for (const YamlNode& item : root.items) kinds.push_back(item.kind);
  EXPECT_EQ(kinds, (std::vector<Kind>{Kind::integer, Kind::integer, Kind::number, Kind::boolean,
                                      Kind::text, Kind::text, Kind::text, Kind::text, Kind::text,
                                      Kind::text, Kind::null, Kind::text}));
}

TEST(Yaml, ExpandsAnchors) {
  const YamlNode root = parse_yaml("a: &x { p: 1 }\nb: *x\n");
  EXPECT_EQ(root.find("b")->find("p")->text, "1");
  EXPECT_EQ(root.find("b")->mark.line, 2);
}

TEST(Yaml, RefusesAliasesThatExplode) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; i++) {
    const std::string n = std::to_string(i), p = "*a" + std::to_string(i - 1);
    text += "a" + n + ": &a" + n + " [" + p;
    for (int k = 0; k < 9; k++) text += ", " + p;
    text += "]\n";
  }
  EXPECT_NE(fault_of(text).find("more than a million values"), std::string::npos);
}

TEST(Yaml, RefusesWhatHasNoMeaningHere) {
  EXPECT_EQ(fault_of("a: 1\nb: 2\na: 3\n"),
            "3:1 duplicate key 'a', first written in line 1; remove one of them");
  EXPECT_NE(fault_of("a: 1\n---\nb: 2\n"), "");
  EXPECT_NE(fault_of("a: !thing 1\n"), "");
  EXPECT_NE(fault_of("1: x\n"), "");
  EXPECT_EQ(fault_of(""), "1:1 the file is empty; start with 'erbium: 1'");
  EXPECT_EQ(fault_of("# only a comment\n"), "1:1 the file is empty; start with 'erbium: 1'");
}

TEST(Yaml, SyntaxErrorsHaveAPlace) {
  EXPECT_EQ(fault_of("a:\n\tb: 1\n"), "2:1 not YAML: a tab in the indentation; indent with spaces");
  EXPECT_EQ(fault_of("a: [1, 2\n"), "1:4 not YAML: this bracket is not closed; close it with ']'");
  EXPECT_EQ(fault_of("a: [{ b: 1\nc: 2\n").substr(0, 13), "2:2 not YAML:");
  EXPECT_EQ(fault_of("a: [{ b: 1 }\n").substr(0, 13), "1:4 not YAML:");
  EXPECT_EQ(fault_of("a: '[{'\nb: x{ # [\n"), "");
  EXPECT_EQ(fault_of("a: \"open\n").substr(0, 13), "2:1 not YAML:");
  EXPECT_EQ(fault_of("a: 'open").substr(0, 13), "2:1 not YAML:");
  EXPECT_NE(fault_of(std::string(5'000, '[')), "");
}

}  // namespace
}  // namespace erbium::cp
