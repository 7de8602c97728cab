// docs/config.md, from the tables and the rules.
#include "control/config/rules.h"
#include "control/config/schema.h"
#include "control/config/shape.h"

namespace erbium::cp {
namespace {

// A pipe would end the cell.
std::string cell(std::string text) {
  for (size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2))
    text.replace(at, 1, "\\|");
  return text;
}

std::string shape_text(const Shape& shape) {
  switch (shape.kind) {
    case Shape::Kind::scalar: {
      const Scalar& type = shape.scalar;
      if (type.is == Scalar::Is::words) {
        std::string out;
        for (const std::string& word : type.words) out += (out.empty() ? "`" : ", `") + word + "`";
        return out;
      }
      if (type.is != Scalar::Is::integer && type.is != Scalar::Is::number) return type.name;
      if (type.min == type.max) return std::to_string(type.min);
      return type.name + " " + std::to_string(type.min) + ".." + std::to_string(type.max);
    }
    case Shape::Kind::object:
      return "mapping `" + shape.object->title + "`";
    case Shape::Kind::list:
      return "list of " + shape_text(*shape.element) + (shape.or_all ? ", or `all`" : "");
    case Shape::Kind::map:
      return shape.scalar.name + ": " + shape_text(*shape.element);
  }
  return {};
}

void collect(const Shape& shape, std::vector<const Object*>& out) {
  if (shape.element) collect(*shape.element, out);
  if (shape.kind != Shape::Kind::object) return;
  for (const Object* seen : out)
    if (seen == shape.object) return;
  out.push_back(shape.object);
  for (const Key& key : shape.object->keys) collect(key.shape, out);
}

std::string backticked(const std::vector<std::string>& keys) {
  std::string out;
  for (const std::string& key : keys) out += (out.empty() ? "`" : ", `") + key + "`";
  return out;
}

std::string constraints(const Object& object) {
  std::string out;
  for (const auto& set : object.one_of) out += (out.empty() ? "Either " : " or ") + backticked(set);
  if (!out.empty()) out += ".\n";
  if (!object.any_of.empty()) out += "At least one of " + backticked(object.any_of) + ".\n";
  for (const Variant& subject : object.subjects) {
    out += "- about `" + subject.word + "`:";
    if (!subject.required.empty()) out += " needs " + backticked(subject.required) + ";";
    if (!subject.optional.empty()) out += " may have " + backticked(subject.optional) + ";";
    if (!subject.any_of.empty()) out += " at least one of " + backticked(subject.any_of) + ";";
    out.back() = '\n';
  }
  for (const Variant& variant : object.variants) {
    if (variant.required.empty() && variant.optional.empty()) continue;
    out += "- `" + object.discriminator + ": " + variant.word + "`";
    if (!variant.required.empty()) out += " needs " + backticked(variant.required);
    if (!variant.optional.empty())
      out += (variant.required.empty() ? " may have " : " and may have ") +
             backticked(variant.optional);
    out += "\n";
  }
  return out.empty() ? out : out + "\n";
}

std::string section(const Object& object) {
  std::string out = "## " + object.title + "\n\n" + object.doc + "\n\n" + constraints(object) +
                    "| key | value | default | meaning |\n|---|---|---|---|\n";
  for (const Key& key : object.keys) {
    const std::string fallback = key.required           ? "required"
                                 : key.fallback.empty() ? ""
                                                        : "`" + key.fallback + "`";
    out += "| `" + key.name + "` | " + cell(shape_text(key.shape)) + " | " + fallback + " | " +
           cell(key.doc) + " |\n";
  }
  return out + "\n";
}

std::string scalar_section(const std::vector<const Object*>& objects) {
  std::string out = "## Kinds of values\n\n| kind | write |\n|---|---|\n";
  std::vector<std::string> seen;
  auto add = [&](const Scalar& type) {
    for (const std::string& name : seen)
      if (name == type.name) return;
    if (type.hint.empty()) return;
    seen.push_back(type.name);
    out += "| " + type.name + " | " + cell(type.hint) + " |\n";
  };
  for (const Object* object : objects)
    for (const Key& key : object->keys) {
      const Shape* shape = &key.shape;
      for (; shape->element; shape = shape->element.get())
        if (shape->kind == Shape::Kind::map) add(shape->scalar);
      if (shape->kind == Shape::Kind::scalar) add(shape->scalar);
    }
  return out + "\n";
}

std::string rule_section() {
  std::string out =
      "## Rules\n\n`erbium check` applies these to a file whose shape is right. Errors refuse the "
      "file, warnings do not.\n\n| rule | severity | what it says | source |\n|---|---|---|---|\n";
  for (const RuleInfo& rule : rules())
    out += "| `" + rule.id + "` | " + (rule.severity == Severity::error ? "error" : "warning") +
           " | " + cell(rule.summary) + " | " + cell(rule.source) + " |\n";
  return out;
}

}  // namespace

std::string config_reference() {
  std::vector<const Object*> objects;
  collect(object(scenario_object()), objects);
  std::string out =
      "# The configuration file\n\nGenerated from the tables that the decoder walks "
      "(control/config/sections_*.cpp); `erbium schema` prints the same as JSON Schema. Put this "
      "line at the head of a file for completion in an editor:\n\n"
      "    # yaml-language-server: $schema=./erbium.schema.json\n\n"
      "Unknown and duplicate keys, missing units and dangling names are errors that name file, "
      "line and column and the nearest valid word.\n\n";
  for (const Object* table : objects) out += section(*table);
  return out + scalar_section(objects) + rule_section();
}

}  // namespace erbium::cp
