#include "control/report/html_cells.h"

#include "control/report/format.h"

namespace erbium::cp::html {
namespace {

std::string row_html(const char* tag, const HtmlRow& row) {
  std::string out;
  for (const HtmlCell& cell : row)
    out += std::string("<") + tag +
           (*cell.css != 0 ? " class=\"" + std::string(cell.css) + "\"" : "") + ">" + cell.html +
           "</" + tag + ">";
  return out;
}

}  // namespace

HtmlCell text(const std::string& s) { return {escaped(s)}; }
HtmlCell whole(const std::string& s) { return {escaped(s), "t"}; }
HtmlCell number(const std::string& s) { return {escaped(s), "n"}; }
HtmlCell count(uint64_t n) { return number(grouped_text(n)); }
HtmlCell duration(int64_t ns) { return number(rounded_duration_text(ns)); }

HtmlCell with_small(HtmlCell cell, const std::string& small) {
  if (!small.empty()) cell.html += "<small>" + escaped(small) + "</small>";
  return cell;
}

std::string unbroken(const std::string& s) {
  return "<span class=\"t\">" + escaped(s.empty() ? "none" : s) + "</span>";
}

Table::Table(const HtmlRow& head) : head_(row_html("th", head)) {}

void Table::add(const HtmlRow& row, bool first) {
  body_ += std::string(first && !body_.empty() ? "<tr class=\"first\">" : "<tr>") +
           row_html("td", row) + "</tr>\n";
}

std::string Table::html() const {
  return "<div class=\"scroll\"><table>\n<thead><tr>" + head_ + "</tr></thead>\n<tbody>\n" + body_ +
         "</tbody></table></div>\n";
}

std::string section(const std::string& id, const std::string& title, const std::string& note,
                    const std::string& content) {
  return "<section id=\"" + id + "\"><h2>" + title + "</h2>\n" +
         (note.empty() ? "" : "<p class=\"note\">" + note + "</p>\n") + content + "</section>\n";
}

}  // namespace erbium::cp::html
