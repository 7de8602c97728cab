// The JSON Schema of the configuration file, from the tables.
#include "control/config/schema.h"

#include <nlohmann/json.hpp>

#include "control/config/pattern.h"
#include "control/config/shape.h"

namespace erbium::cp {
namespace {

using Json = nlohmann::ordered_json;

std::string definition_name(const Object& object) {
  std::string name = object.title;
  for (char& c : name)
    if (c == '.') c = '_';
  return name;
}

Json text_schema(const Scalar& type) {
  Json out{{"type", "string"}};
  if (type.pattern.empty())
    out["minLength"] = 1;
  else
    out["pattern"] = "^(" + type.pattern + ")$";
  out["maxLength"] = kMaxText;
  if (!type.hint.empty()) out["description"] = type.hint;
  if (!type.or_integer) return out;
  const Json integer{{"type", "integer"}, {"minimum", type.min}, {"maximum", type.max}};
  return {{"anyOf", Json::array({out, integer})}};
}

Json scalar_schema(const Scalar& type) {
  switch (type.is) {
    case Scalar::Is::text:
      return text_schema(type);
    case Scalar::Is::integer:
    case Scalar::Is::number:
      return {{"type", type.is == Scalar::Is::integer ? "integer" : "number"},
              {"minimum", type.min},
              {"maximum", type.max}};
    case Scalar::Is::boolean:
      return {{"type", "boolean"}};
    case Scalar::Is::words:
      return {{"enum", type.words}};
  }
  return {};
}

Json shape_schema(const Shape& shape, Json& definitions);

Json key_schema(const Key& key, Json& definitions) {
  Json out = shape_schema(key.shape, definitions);
  out["description"] = key.doc;
  if (key.fallback.empty()) return out;
  const Scalar& type = key.shape.scalar;
  if (type.is == Scalar::Is::integer)
    out["default"] = *parse_integer(key.fallback);
  else if (type.is == Scalar::Is::number)
    out["default"] = 1;
  else if (type.is == Scalar::Is::boolean)
    out["default"] = key.fallback == "true";
  else
    out["default"] = key.fallback;
  return out;
}

// Branch by branch: this set whole and nothing of the others.
Json one_of_schema(const Object& object) {
  Json branches = Json::array();
  for (const auto& chosen : object.one_of) {
    Json forbidden = Json::object();
    for (const auto& other : object.one_of)
      if (&other != &chosen)
        for (const std::string& key : other) forbidden[key] = false;
    branches.push_back({{"required", chosen}, {"properties", forbidden}});
  }
  return branches;
}

Json any_of_schema(const std::vector<std::string>& keys) {
  Json out = Json::array();
  for (const std::string& key : keys) out.push_back({{"required", Json::array({key})}});
  return out;
}

std::vector<std::string> keys_of(const Variant& variant) {
  std::vector<std::string> out{variant.word};
  for (const auto* keys : {&variant.required, &variant.optional, &variant.any_of})
    out.insert(out.end(), keys->begin(), keys->end());
  return out;
}

// Branch by branch: the key that says what it is about, with its own keys and no other's.
Json subjects_schema(const Object& object) {
  Json branches = Json::array();
  for (const Variant& chosen : object.subjects) {
    Json forbidden = Json::object();
    for (const Variant& other : object.subjects)
      for (const std::string& key : keys_of(other)) forbidden[key] = false;
    for (const std::string& key : keys_of(chosen)) forbidden.erase(key);
    std::vector<std::string> required{chosen.word};
    required.insert(required.end(), chosen.required.begin(), chosen.required.end());
    Json branch{{"required", required}, {"properties", forbidden}};
    if (!chosen.any_of.empty()) branch["anyOf"] = any_of_schema(chosen.any_of);
    branches.push_back(std::move(branch));
  }
  return branches;
}

Json variants_schema(const Object& object) {
  Json rules = Json::array();
  for (const Variant& chosen : object.variants) {
    Json then = Json::object();
    if (!chosen.required.empty()) then["required"] = chosen.required;
    Json forbidden = Json::object();
    for (const Variant& other : object.variants)
      for (const auto* keys : {&other.required, &other.optional})
        for (const std::string& key : *keys) forbidden[key] = false;
    for (const auto* keys : {&chosen.required, &chosen.optional})
      for (const std::string& key : *keys) forbidden.erase(key);
    if (!forbidden.empty()) then["properties"] = forbidden;
    if (then.empty()) continue;
    const Json when{{"properties", {{object.discriminator, {{"const", chosen.word}}}}},
                    {"required", Json::array({object.discriminator})}};
    rules.push_back({{"if", when}, {"then", then}});
  }
  return rules;
}

Json object_schema(const Object& object, Json& definitions) {
  Json out{{"type", "object"}, {"description", object.doc}, {"additionalProperties", false}};
  Json required = Json::array();
  out["properties"] = Json::object();
  for (const Key& key : object.keys) {
    out["properties"][key.name] = key_schema(key, definitions);
    if (key.required) required.push_back(key.name);
  }
  if (!required.empty()) out["required"] = required;
  if (!object.one_of.empty()) out["oneOf"] = one_of_schema(object);
  if (!object.subjects.empty()) out["oneOf"] = subjects_schema(object);
  if (!object.any_of.empty()) out["anyOf"] = any_of_schema(object.any_of);
  if (const Json rules = variants_schema(object); !rules.empty()) out["allOf"] = rules;
  return out;
}

Json shape_schema(const Shape& shape, Json& definitions) {
  switch (shape.kind) {
    case Shape::Kind::scalar:
      return scalar_schema(shape.scalar);
    case Shape::Kind::object: {
      const std::string name = definition_name(*shape.object);
      if (!definitions.contains(name)) {
        definitions[name] = nullptr;  // holds the place, so that definitions keep the file's order
        definitions[name] = object_schema(*shape.object, definitions);
      }
      return {{"$ref", "#/$defs/" + name}};
    }
    case Shape::Kind::list: {
      const Json out{{"type", "array"}, {"items", shape_schema(*shape.element, definitions)}};
      if (!shape.or_all) return out;
      return {{"anyOf", Json::array({Json{{"const", "all"}}, out})}};
    }
    case Shape::Kind::map:
      return {{"type", "object"},
              {"propertyNames", scalar_schema(shape.scalar)},
              {"additionalProperties", shape_schema(*shape.element, definitions)}};
  }
  return {};
}

}  // namespace

std::string json_schema() {
  Json definitions = Json::object();
  const Json top = object_schema(scenario_object(), definitions);
  Json out{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
           {"title", "erbium scenario"}};
  out.update(top);
  out["$defs"] = definitions;
  return out.dump(2) + "\n";
}

}  // namespace erbium::cp
