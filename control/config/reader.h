// Typed access to a mapping that the strict walk has accepted. Defaults come from the tables, so
// asking for a key that the tables lack is a mistake of the program and throws std::logic_error.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "common/net/address.h"
#include "control/config/impairment.h"
#include "control/config/shape.h"

namespace erbium::cp {

class Reader {
 public:
  // `node` may be null: an absent section, all defaults.
  Reader(const YamlNode* node, const Object& object) : node_(node), object_(object) {}

  bool has(std::string_view key) const { return value(key) != nullptr; }
  SourceMark mark() const { return node_ ? node_->mark : SourceMark{}; }
  // Of the value; of the whole mapping when the key is absent.
  SourceMark mark(std::string_view key) const { return has(key) ? value(key)->mark : mark(); }

  // The value or the table's default, as text; empty when there is neither.
  std::string text(std::string_view key) const;
  int64_t integer(std::string_view key) const;
  uint32_t u32(std::string_view key) const { return static_cast<uint32_t>(integer(key)); }
  bool boolean(std::string_view key) const;
  Duration duration(std::string_view key) const { return *parse_duration(text(key)); }
  Share share(std::string_view key) const { return {*parse_share(text(key))}; }
  BitRate rate(std::string_view key) const { return *parse_rate(text(key)); }
  net::Prefix prefix(std::string_view key) const { return *net::Prefix::parse(text(key)); }
  net::Ip ip(std::string_view key) const { return *net::Ip::parse(text(key)); }
  // The position of the word in the table, which is the order of the enumerators.
  template <class Enum>
  Enum word(std::string_view key) const {
    return static_cast<Enum>(word_index(key));
  }
  // The member function's value where the key is present: maybe(&Reader::rate, "rate").
  template <class T>
  std::optional<T> maybe(T (Reader::*get)(std::string_view) const, std::string_view key) const {
    return has(key) ? std::optional<T>((this->*get)(key)) : std::nullopt;
  }

  Reader child(std::string_view key) const { return {value(key), *key_of(key).shape.object}; }
  const std::vector<YamlNode>& items(std::string_view key) const;
  std::vector<std::string> texts(std::string_view key) const;
  // A list of objects, each as a Reader.
  std::vector<Reader> children(std::string_view key) const;
  // A map from names, with the marks of the names; values are read by `of` and by the element.
  const std::vector<YamlEntry>& entries(std::string_view key) const;
  Reader of(std::string_view key, const YamlEntry& entry) const {
    return {&entry.value, *key_of(key).shape.element->object};
  }

 private:
  const Key& key_of(std::string_view key) const;
  const YamlNode* value(std::string_view key) const;
  int word_index(std::string_view key) const;

  const YamlNode* node_;
  const Object& object_;
};

}  // namespace erbium::cp
