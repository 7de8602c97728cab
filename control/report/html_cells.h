// Tables of the HTML report: cells, rows, and the sections that they stand in.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace erbium::cp::html {

// A cell's HTML and class: "n" for numbers, "t" for text that does not wrap.
struct HtmlCell {
  std::string html;
  const char* css = "";
};
using HtmlRow = std::vector<HtmlCell>;

// Escaped.
HtmlCell text(const std::string& s);
HtmlCell whole(const std::string& s);
HtmlCell number(const std::string& s);
HtmlCell count(uint64_t n);
HtmlCell duration(int64_t ns);
HtmlCell with_small(HtmlCell cell, const std::string& small);
// Names keep together; lines break between them. Empty: "none".
std::string unbroken(const std::string& s);

class Table {
 public:
  explicit Table(const HtmlRow& head);
  // first: begins a group.
  void add(const HtmlRow& row, bool first = false);
  bool empty() const { return body_.empty(); }
  std::string html() const;

 private:
  std::string head_, body_;
};

std::string section(const std::string& id, const std::string& title, const std::string& note,
                    const std::string& content);

}  // namespace erbium::cp::html
