#include "control/report/listing.h"

#include "common/check.h"
#include "control/report/table.h"

namespace erbium::cp {
namespace {

using Json = nlohmann::ordered_json;

// A column without a title may still be one of the table: a mark in front of the others.
bool in_table(const Column& column) { return !column.title.empty() || column.key.empty(); }

std::string text_of(const Listing& listing) {
  if (listing.columns.empty()) return listing.title + "\n";
  std::vector<std::vector<std::string>> lines(1);
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
  return (listing.title.empty() ? "" : listing.title + "\n") + table(lines, left);
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
