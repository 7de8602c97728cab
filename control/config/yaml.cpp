#include "control/config/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "control/config/pattern.h"

namespace erbium::cp {
namespace {

constexpr size_t kMaxNodes = 1'000'000;
constexpr size_t kMostOpen = 50;

SourceMark at(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

YamlNode::Kind plain_kind(const std::string& text) {
  static const std::string kInteger = "[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+";
  static const std::string kNumber =
      "[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\\.(inf|Inf|INF)|"
      "\\.(nan|NaN|NAN)";
  static const std::string kBoolean = "true|True|TRUE|false|False|FALSE";
  if (text.find_first_of("-+.0123456789tTfF") != 0) return YamlNode::Kind::text;
  if (matches_whole(text, kBoolean)) return YamlNode::Kind::boolean;
  if (matches_whole(text, kInteger)) return YamlNode::Kind::integer;
  if (matches_whole(text, kNumber)) return YamlNode::Kind::number;
  return YamlNode::Kind::text;
}

size_t count_nodes(const YamlNode& node) {
  size_t count = 1;
  for (const YamlNode& item : node.items) count += count_nodes(item);
  for (const YamlEntry& entry : node.entries) count += count_nodes(entry.value);
  return count;
}

// Assembles the tree from events. open_ holds the collections that have not ended yet; a map waits
// for a key or, when has_key is set, for that key's value.
class TreeBuilder : public YAML::EventHandler {
 public:
  YamlNode root;
  bool any = false;

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (any) throw Fault(at(mark), "a second YAML document; keep one document in one file");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode node;
    node.mark = at(mark);
    add(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end())
      throw Fault(at(mark), "an alias inside its own anchor; write the value out");
    YamlNode copy = found->second;
    copy.mark = at(mark);
    count_ += count_nodes(copy);
    add(std::move(copy), 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node;
    node.mark = at(mark);
    node.text = value;
    if (tag == "?")
      node.kind = plain_kind(value);
    else if (tag == "!" || tag == "tag:yaml.org,2002:str")
      node.kind = YamlNode::Kind::text;
    else
      throw Fault(node.mark, "the tag '" + tag + "' has no meaning here; remove it");
    add(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, anchor, YamlNode::Kind::list);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, anchor, YamlNode::Kind::map);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    YamlNode node;
    YAML::anchor_t anchor = 0;
    bool has_key = false;
  };

  void open(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode::Kind kind) {
    Open level;
    level.node.kind = kind;
    level.node.mark = at(mark);
    level.anchor = anchor;
    open_.push_back(std::move(level));
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    add(std::move(done.node), done.anchor);
  }

  void add(YamlNode node, YAML::anchor_t anchor) {
    if (++count_ > kMaxNodes)
      throw Fault(node.mark, "more than a million values; split the file or remove aliases");
    if (anchor != 0) anchors_[anchor] = node;
    if (open_.empty()) {
      root = std::move(node);
      any = true;
    } else if (open_.back().node.kind == YamlNode::Kind::list) {
      open_.back().node.items.push_back(std::move(node));
    } else if (open_.back().has_key) {
      YamlEntry& entry = open_.back().node.entries.back();
      // yaml-cpp places a missing value at whatever comes next.
      if (node.kind == YamlNode::Kind::null) node.mark = entry.mark;
      entry.value = std::move(node);
      open_.back().has_key = false;
    } else {
      add_key(std::move(node));
    }
  }

  void add_key(YamlNode key) {
    if (key.kind != YamlNode::Kind::text)
      throw Fault(key.mark, "a key is " + key.describe() + "; keys are strings, put it in quotes");
    YamlNode& map = open_.back().node;
    for (const YamlEntry& entry : map.entries)
      if (entry.key == key.text)
        throw Fault(key.mark, "duplicate key '" + key.text + "', first written in line " +
                                  std::to_string(entry.mark.line) + "; remove one of them");
    map.entries.push_back({key.text, key.mark, {}});
    open_.back().has_key = true;
  }

  std::vector<Open> open_;
  std::map<YAML::anchor_t, YamlNode> anchors_;
  size_t count_ = 0;
};

// yaml-cpp reports a tab in indentation as one of several vaguer mistakes.
Fault syntax_fault(const YAML::ParserException& error, const std::string& text) {
  std::istringstream lines(text);
  std::string line;
  for (int i = 0; i <= error.mark.line && std::getline(lines, line); i++) continue;
  const size_t tab = line.substr(0, line.find_first_not_of(" \t")).find('\t');
  if (tab != std::string::npos)
    return {{error.mark.line + 1, static_cast<int>(tab) + 1},
            "not YAML: a tab in the indentation; indent with spaces"};
  return {at(error.mark),
          "not YAML: " + error.msg + "; check indentation, colons, quotes and brackets here"};
}

void parse_into(TreeBuilder& builder, const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  while (parser.HandleNextDocument(builder)) continue;
}

// yaml-cpp closes a bracket that is open at the end of the file in ways of its own. A closer behind
// a complete document is always an error, so when it is none, the bracket was open. The scan knows
// nothing of quotes and comments: it only proposes.
void refuse_open_bracket(const std::string& text) {
  std::string closers;
  std::vector<SourceMark> marks;
  SourceMark here{1, 0};
  for (const char c : text) {
    here = c == '\n' ? SourceMark{here.line + 1, 0} : SourceMark{here.line, here.column + 1};
    if (c == '[' || c == '{') {
      closers.push_back(c == '[' ? ']' : '}');
      marks.push_back(here);
    } else if (!closers.empty() && c == closers.back()) {
      closers.pop_back();
      marks.pop_back();
    }
  }
  if (closers.empty() || closers.size() > kMostOpen) return;
  std::reverse(closers.begin(), closers.end());
  try {
    TreeBuilder trial;
    parse_into(trial, text + "\n" + closers + "\n");
  } catch (const std::runtime_error&) {
    return;
  }
  throw Fault(marks.back(), std::string("not YAML: this bracket is not closed; close it with '") +
                                closers.front() + "'");
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  for (const YamlEntry& entry : entries)
    if (entry.key == key) return &entry.value;
  return nullptr;
}

std::string YamlNode::describe() const {
  switch (kind) {
    case Kind::null:
      return "empty";
    case Kind::boolean:
      return "the boolean " + text;
    case Kind::integer:
    case Kind::number:
      return "the number " + text;
    case Kind::text:
      return "'" + text + "'";
    case Kind::list:
      return "a list";
    case Kind::map:
      return "a mapping";
  }
  return {};
}

YamlNode parse_yaml(const std::string& text) {
  TreeBuilder builder;
  refuse_open_bracket(text);
  try {
    // The end of the file would end an open quote; the end of a document does not.
    parse_into(builder, text + (text.ends_with('\n') ? "...\n" : "\n...\n"));
  } catch (const YAML::ParserException& error) {
    throw syntax_fault(error, text);
  }
  if (builder.root.kind == YamlNode::Kind::null)
    throw Fault({1, 1}, "the file is empty; start with 'erbium: 1'");
  return std::move(builder.root);
}

}  // namespace erbium::cp
