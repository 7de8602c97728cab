// Tables of the HTML report: cells, rows, and the sections that they stand in.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace erbium::cp::html {

// A cell's HTML and class: "n" for numbers, "t" for text that does not wrap.
struct Cell {
  std::string html;
  const char* css = "";
};
using Row = std::vector<Cell>;

// Escaped.
Cell text(const std::string& s);
Cell whole(const std::string& s);
Cell number(const std::string& s);
Cell count(uint64_t n);
Cell duration(int64_t ns);
Cell with_small(Cell cell, const std::string& small);
// Names keep together; lines break between them. Empty: "none".
std::string unbroken(const std::string& s);

class Table {
 public:
  explicit Table(const Row& head);
  // first: begins a group.
  void add(const Row& row, bool first = false);
  bool empty() const { return body_.empty(); }
  std::string html() const;

 private:
  std::string head_, body_;
};

std::string section(const std::string& id, const std::string& title, const std::string& note,
                    const std::string& content);

}  // namespace erbium::cp::html
