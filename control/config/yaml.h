// A YAML 1.2 document as a tree that remembers where everything stood. Built from yaml-cpp's
// events and not from its nodes, because the nodes hide duplicate keys and whether a scalar was
// quoted. Scalars are typed by the core schema (YAML 1.2.2 section 10.3.2).
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "control/config/scenario.h"

namespace erbium::cp {

// An error inside a document whose file name is not known here.
struct Fault : std::runtime_error {
  Fault(SourceMark at, const std::string& message) : std::runtime_error(message), mark(at) {}
  SourceMark mark;
};

struct YamlEntry;

struct YamlNode {
  enum class Kind { null, boolean, integer, number, text, list, map };
  Kind kind = Kind::null;
  std::string text;  // of a scalar, as written
  SourceMark mark;
  std::vector<YamlNode> items;     // of a list
  std::vector<YamlEntry> entries;  // of a map, in file order, keys unique

  const YamlNode* find(std::string_view key) const;
  bool is_scalar() const { return kind != Kind::list && kind != Kind::map; }
  // "a list", "the number 10": for error messages.
  std::string describe() const;
};

struct YamlEntry {
  std::string key;
  SourceMark mark;
  YamlNode value;
};

// The single document of `text`. Throws Fault on a syntax error, a duplicate key, a key that is not
// a string, an unknown tag, a second document or none, and on aliases that expand without bound.
YamlNode parse_yaml(const std::string& text);

}  // namespace erbium::cp
