// Typed access to accepted mappings.
#include "control/config/reader.h"

namespace erbium::cp {

const Key& Reader::key_of(std::string_view key) const {
  const Key* found = object_.find(key);
  if (found == nullptr)
    throw std::logic_error("no key '" + std::string(key) + "' in table " + object_.title);
  return *found;
}

const YamlNode* Reader::value(std::string_view key) const {
  key_of(key);
  return node_ ? node_->find(key) : nullptr;
}

std::string Reader::text(std::string_view key) const {
  const YamlNode* node = value(key);
  return node ? node->text : key_of(key).fallback;
}

int64_t Reader::integer(std::string_view key) const { return *parse_integer(text(key)); }

bool Reader::boolean(std::string_view key) const {
  const std::string word = text(key);
  return word.front() == 't' || word.front() == 'T';
}

int Reader::word_index(std::string_view key) const {
  const std::vector<std::string>& words = key_of(key).shape.scalar.words;
  const std::string word = text(key);
  for (size_t i = 0; i < words.size(); i++)
    if (words[i] == word) return static_cast<int>(i);
  throw std::logic_error("no default for '" + std::string(key) + "' in " + object_.title);
}

const std::vector<YamlNode>& Reader::items(std::string_view key) const {
  static const std::vector<YamlNode> none;
  const YamlNode* node = value(key);
  return node ? node->items : none;
}

std::vector<std::string> Reader::texts(std::string_view key) const {
  std::vector<std::string> out;
  for (const YamlNode& item : items(key)) out.push_back(item.text);
  return out;
}

std::vector<Reader> Reader::children(std::string_view key) const {
  std::vector<Reader> out;
  for (const YamlNode& item : items(key))
    out.emplace_back(&item, *key_of(key).shape.element->object);
  return out;
}

const std::vector<YamlEntry>& Reader::entries(std::string_view key) const {
  static const std::vector<YamlEntry> none;
  const YamlNode* node = value(key);
  return node ? node->entries : none;
}

}  // namespace erbium::cp
