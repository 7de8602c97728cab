// The strict walk of a document along the tables.
#include "control/config/shape.h"

#include <algorithm>

#include "control/config/nearest.h"

namespace erbium::cp {
namespace {

std::string quoted_list(const std::vector<std::string>& words, const std::string& between) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "'" : between + "'") + word + "'";
  return out;
}

bool contains(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::vector<std::string> key_names(const Object& object) {
  std::vector<std::string> out;
  for (const Key& key : object.keys) out.push_back(key.name);
  return out;
}

void check_shape(const YamlNode& node, const Shape& shape, const std::string& where);

void check_key(const YamlEntry& entry, const Object& object, const std::string& where) {
  const Key* key = object.find(entry.key);
  if (key == nullptr)
    throw Fault(entry.mark, "unknown key '" + entry.key + "' in " + where + "; " +
                                suggestion(entry.key, key_names(object), "keys"));
  check_shape(entry.value, key->shape, where == "scenario" ? key->name : where + "." + key->name);
}

bool allows(const Variant& variant, const std::string& key) {
  return variant.word == key || contains(variant.required, key) ||
         contains(variant.optional, key) || contains(variant.any_of, key);
}

void check_chosen(const YamlNode& node, const std::vector<Variant>& variants, const Variant& chosen,
                  const std::string& where, const std::string& advice) {
  for (const std::string& key : chosen.required)
    if (node.find(key) == nullptr)
      throw Fault(node.mark, where + ": '" + chosen.word + "' needs '" + key + "'; add it");
  for (const YamlEntry& entry : node.entries) {
    if (allows(chosen, entry.key)) continue;
    for (const Variant& other : variants)
      if (allows(other, entry.key))
        throw Fault(entry.mark,
                    where + ": '" + chosen.word + "' has no '" + entry.key + "'; " + advice);
  }
  if (!chosen.any_of.empty() &&
      std::none_of(chosen.any_of.begin(), chosen.any_of.end(),
                   [&](const std::string& key) { return node.find(key) != nullptr; }))
    throw Fault(node.mark, where + " says nothing of '" + chosen.word +
                               "'; write at least one of " + quoted_list(chosen.any_of, ", "));
}

void check_variant(const YamlNode& node, const Object& object, const std::string& where) {
  const std::string& word = node.find(object.discriminator)->text;
  const auto chosen = std::find_if(object.variants.begin(), object.variants.end(),
                                   [&](const Variant& v) { return v.word == word; });
  check_chosen(node, object.variants, *chosen, where,
               "remove it or choose another '" + object.discriminator + "'");
}

void check_subject(const YamlNode& node, const Object& object, const std::string& where) {
  const Variant* chosen = nullptr;
  std::vector<std::string> words;
  for (const Variant& variant : object.subjects) {
    words.push_back(variant.word);
    if (node.find(variant.word) == nullptr) continue;
    if (chosen)
      throw Fault(node.mark, where + " is about both '" + chosen->word + "' and '" + variant.word +
                                 "'; make two of it");
    chosen = &variant;
  }
  if (!chosen)
    throw Fault(node.mark, where + " is about nothing; write one of " + quoted_list(words, ", "));
  check_chosen(node, object.subjects, *chosen, where, "remove it");
}

void check_alternatives(const YamlNode& node, const Object& object, const std::string& where) {
  std::string choices;
  size_t whole = 0, touched = 0;
  for (const auto& set : object.one_of) {
    const auto present = static_cast<size_t>(std::count_if(
        set.begin(), set.end(), [&](const auto& key) { return node.find(key) != nullptr; }));
    whole += present == set.size();
    touched += present > 0;
    choices += (choices.empty() ? "" : " or ") + quoted_list(set, " and ");
  }
  if (!object.one_of.empty() && (whole != 1 || touched != 1))
    throw Fault(node.mark, where + " has " + (touched == 0 ? "nothing" : "the wrong keys") +
                               "; write " + choices);
  if (object.any_of.empty()) return;
  for (const std::string& key : object.any_of)
    if (node.find(key) != nullptr) return;
  throw Fault(node.mark,
              where + " says nothing; write at least one of " + quoted_list(object.any_of, ", "));
}

void check_list(const YamlNode& node, const Shape& shape, const std::string& where) {
  if (shape.or_all && node.kind == YamlNode::Kind::text && node.text == "all") return;
  if (node.kind != YamlNode::Kind::list)
    throw Fault(node.mark, where + " is " + node.describe() + "; write a list in brackets" +
                               (shape.or_all ? " or the word all" : ""));
  for (size_t i = 0; i < node.items.size(); i++)
    check_shape(node.items[i], *shape.element, where + "[" + std::to_string(i) + "]");
}

void check_map(const YamlNode& node, const Shape& shape, const std::string& where) {
  if (node.kind != YamlNode::Kind::map)
    throw Fault(node.mark, where + " is " + node.describe() +
                               "; write a mapping from names to values, or remove the key");
  for (const YamlEntry& entry : node.entries) {
    YamlNode key;
    key.kind = YamlNode::Kind::text;
    key.text = entry.key;
    key.mark = entry.mark;
    check_scalar(key, shape.scalar, "the name in " + where);
    check_shape(entry.value, *shape.element, where + "." + entry.key);
  }
}

void check_shape(const YamlNode& node, const Shape& shape, const std::string& where) {
  switch (shape.kind) {
    case Shape::Kind::scalar:
      return check_scalar(node, shape.scalar, where);
    case Shape::Kind::object:
      return check_object(node, *shape.object, where);
    case Shape::Kind::list:
      return check_list(node, shape, where);
    case Shape::Kind::map:
      return check_map(node, shape, where);
  }
}

}  // namespace

const Key* Object::find(std::string_view name) const {
  for (const Key& key : keys)
    if (key.name == name) return &key;
  return nullptr;
}

Shape scalar(const Scalar& type) {
  Shape shape;
  shape.scalar = type;
  return shape;
}

Shape object(const Object& table) {
  Shape shape;
  shape.kind = Shape::Kind::object;
  shape.object = &table;
  return shape;
}

Shape list(Shape element) {
  Shape shape;
  shape.kind = Shape::Kind::list;
  shape.element = std::make_shared<const Shape>(std::move(element));
  return shape;
}

Shape list_or_all(Shape element) {
  Shape shape = list(std::move(element));
  shape.or_all = true;
  return shape;
}

Shape map(const Scalar& key, Shape element) {
  Shape shape = list(std::move(element));
  shape.kind = Shape::Kind::map;
  shape.scalar = key;
  return shape;
}

void check_object(const YamlNode& node, const Object& object, const std::string& where) {
  if (node.kind != YamlNode::Kind::map) {
    if (!object.not_a_scalar.empty() && node.is_scalar())
      throw Fault(node.mark, where + ": " + object.not_a_scalar);
    throw Fault(node.mark, where + " is " + node.describe() + "; write a mapping with the keys " +
                               quoted_list(key_names(object), ", "));
  }
  for (const YamlEntry& entry : node.entries) check_key(entry, object, where);
  for (const Key& key : object.keys)
    if (key.required && node.find(key.name) == nullptr)
      throw Fault(node.mark, where + " has no '" + key.name + "'; add it");
  if (!object.discriminator.empty()) check_variant(node, object, where);
  if (!object.subjects.empty()) check_subject(node, object, where);
  check_alternatives(node, object, where);
}

}  // namespace erbium::cp
