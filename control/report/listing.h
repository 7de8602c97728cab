// A list as a table for people and as JSON for programs, both from one description, so that no
// command can forget one of them.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace erbium::cp {

struct Column {
  enum class Align : uint8_t { left, right };
  std::string title;  // of the table; empty with `key`: not in the table
  std::string key;    // of the JSON object; empty: not there
  Align align = Align::left;
};

// What stands in the table, and what the JSON has for it.
struct Cell {
  Cell(const char* t) : text(t), value(t) {}
  Cell(std::string t) : text(t), value(std::move(t)) {}
  Cell(uint64_t n) : text(std::to_string(n)), value(n) {}
  Cell(std::string t, nlohmann::ordered_json v) : text(std::move(t)), value(std::move(v)) {}
  // Where only the JSON, or only the table, shows the column.
  static Cell json(nlohmann::ordered_json v) { return {"", std::move(v)}; }

  std::string text;
  nlohmann::ordered_json value;
};

struct Listing {
  std::string title;                    // a line over the table; empty: none
  nlohmann::ordered_json object;        // what it is a list of: {"router": "msee-a"}
  std::vector<Column> columns;          // none: the title says all
  std::vector<std::vector<Cell>> rows;  // a cell for each column
  // First cells stand on lines of their own, over the others; once over those that share it.
  bool first_apart = false;
};

// One after the other with an empty line between, each with its heading, also when it has no rows.
// The last cell of a line that would be longer than 80 columns goes on below, cut at spaces and
// hyphens.
std::string listings_text(const std::vector<Listing>& listings);
// An array of the objects, each with its rows as "rows".
nlohmann::ordered_json listings_json(const std::vector<Listing>& listings);

}  // namespace erbium::cp
