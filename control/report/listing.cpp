#include "control/report/listing.h"

#include <algorithm>
#include <utility>

#include "common/check.h"
#include "control/report/format.h"
#include "control/report/table.h"

namespace erbium::cp {
namespace {

using Json = nlohmann::ordered_json;
using Lines = std::vector<std::vector<std::string>>;

constexpr size_t kLeast = 12;  // columns that are worth cutting for

// A column without a title may still be one of the table: a mark in front of the others.
bool in_table(const Column& column) { return !column.title.empty() || column.key.empty(); }

Lines with_last_cut(const Lines& lines) {
  const size_t last = lines.front().size() - 1;
  size_t before = 0;
  for (size_t i = 0; i < last; i++) {
    size_t width = 0;
    for (const auto& line : lines) width = std::max(width, line[i].size());
    before += width + 2;
  }
  if (before + kLeast > kTerminalWidth) return lines;
  const size_t room = kTerminalWidth - before;
  Lines out;
  for (std::vector<std::string> line : lines) {
    std::string rest = line[last];
    do {
      const size_t cut = rest.size() > room ? rest.find_last_of(" -", room - 1) : std::string::npos;
      line[last] = cut == std::string::npos ? rest : rest.substr(0, cut + 1);
      rest.erase(0, line[last].size());
      out.push_back(line);
      line.assign(line.size(), "");
    } while (!rest.empty());
  }
  return out;
}

std::string with_first_apart(Lines lines, const std::vector<bool>& left) {
  std::vector<std::string> first;
  for (auto& line : lines) first.push_back(std::exchange(line[0], ""));
  lines[0][0] = first[0];
  const std::string text = table(lines, left);
  std::string out;
  size_t at = 0;
  for (size_t i = 0; i < lines.size(); i++) {
    const size_t end = text.find('\n', at) + 1;
    if (i == 1 || (i > 1 && first[i] != first[i - 1])) out += first[i] + "\n";
    out += text.substr(at, end - at);
    at = end;
  }
  return out;
}

std::string text_of(const Listing& listing) {
  if (listing.columns.empty()) return listing.title + "\n";
  Lines lines(1);
  std::vector<bool> left;
  for (const Column& column : listing.columns) {
    if (!in_table(column)) continue;
    lines.front().push_back(column.title);
    left.push_back(column.align == Column::Align::left);
  }
  for (const auto& row : listing.rows) {
    ERBIUM_CHECK(row.size() == listing.columns.size());
    std::vector<std::string>& line = lines.emplace_back();
    for (size_t i = 0; i < row.size(); i++)
      if (in_table(listing.columns[i])) line.push_back(row[i].text);
  }
  const std::string text = listing.first_apart ? with_first_apart(lines, left)
                           : left.back()       ? table(with_last_cut(lines), left)
                                               : table(lines, left);
  return (listing.title.empty() ? "" : listing.title + "\n") + text;
}

}  // namespace

std::string listings_text(const std::vector<Listing>& listings) {
  std::string out;
  for (const Listing& listing : listings) {
    if (!out.empty()) out += "\n";
    out += text_of(listing);
  }
  return out;
}

Json listings_json(const std::vector<Listing>& listings) {
  Json out = Json::array();
  for (const Listing& listing : listings) {
    Json& object = out.emplace_back(listing.object);
    Json& rows = object["rows"] = Json::array();
    for (const auto& row : listing.rows) {
      ERBIUM_CHECK(row.size() == listing.columns.size());
      Json& fields = rows.emplace_back(Json::object());
      for (size_t i = 0; i < row.size(); i++)
        if (!listing.columns[i].key.empty()) fields[listing.columns[i].key] = row[i].value;
    }
  }
  return out;
}

}  // namespace erbium::cp
