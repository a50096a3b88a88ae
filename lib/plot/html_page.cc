#include "lib/plot/html_page.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "lib/base/status_macros.h"
#include "lib/plot/picture.h"

namespace tally {
namespace {

constexpr char kStyle[] =
    "body{font:16px/1.5 'DejaVu Sans',sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#202020}"
    "svg{max-width:100%;height:auto}table{border-collapse:collapse}"
    "th,td{border-bottom:1px solid #d0d0d0;padding:.25rem .75rem;text-align:right}"
    "th:first-child,td:first-child{text-align:left}"
    "pre{background:#f6f6f6;padding:.75rem;overflow-x:auto;font-size:.85rem}";

std::string Row(const std::vector<std::string>& cells, absl::string_view element) {
  std::string row = "<tr>";
  for (const std::string& cell : cells) {
    absl::StrAppend(&row, "<", element, ">", HtmlEscaped(cell), "</", element, ">");
  }
  return row + "</tr>\n";
}

}  // namespace

std::string HtmlEscaped(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}});
}

std::string InlineSvg(absl::string_view picture, absl::string_view prefix) {
  const size_t begin = picture.find("<svg");
  if (begin != absl::string_view::npos) picture.remove_prefix(begin);
  const auto id = [&](absl::string_view before) { return absl::StrCat(before, prefix); };
  return absl::StrReplaceAll(picture, {{" id='", id(" id='")},
                                       {" id=\"", id(" id=\"")},
                                       {"href='#", id("href='#")},
                                       {"url(#", id("url(#")},
                                       {"<title>Gnuplot</title>", ""}});
}

HtmlPage::HtmlPage(absl::string_view title, bool html, int refresh) : html_(html) {
  const std::string again =
      refresh == 0 ? "" : absl::StrCat("<meta http-equiv=\"refresh\" content=\"", refresh, "\">\n");
  page_ = html ? absl::StrCat(
                     "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width\">\n",
                     again, "<title>", HtmlEscaped(title), "</title>\n<style>", kStyle,
                     "</style>\n</head>\n<body>\n<h1>", HtmlEscaped(title), "</h1>\n")
               : absl::StrCat(title, "\n", std::string(title.size(), '='), "\n");
}

void HtmlPage::Heading(absl::string_view text) {
  if (html_) {
    absl::StrAppend(&page_, "<h2>", HtmlEscaped(text), "</h2>\n");
  } else {
    absl::StrAppend(&page_, "\n", text, "\n", std::string(text.size(), '-'), "\n\n");
  }
}

void HtmlPage::Paragraph(absl::string_view text) {
  absl::StrAppend(&page_, html_ ? absl::StrCat("<p>", HtmlEscaped(text), "</p>\n") : absl::StrCat(text, "\n\n"));
}

void HtmlPage::Preformatted(absl::string_view text) {
  absl::StrAppend(&page_, html_ ? absl::StrCat("<pre>", HtmlEscaped(text), "</pre>\n") : std::string(text));
  if (!html_ && !absl::EndsWith(text, "\n")) absl::StrAppend(&page_, "\n");
}

void HtmlPage::Table(const TextTable& table) {
  if (!html_) {
    absl::StrAppend(&page_, FormatTable(table, TableFormat::kMarkdown));
    return;
  }
  absl::StrAppend(&page_, "<table>\n", Row(table.header, "th"));
  for (const std::vector<std::string>& row : table.rows) absl::StrAppend(&page_, Row(row, "td"));
  absl::StrAppend(&page_, "</table>\n");
}

absl::Status HtmlPage::Picture(absl::FunctionRef<std::string()> script, absl::FunctionRef<std::string()> text) {
  if (!html_) {
    absl::StrAppend(&page_, text(), "\n");
    return absl::OkStatus();
  }
  TALLY_ASSIGN_OR_RETURN(const std::string picture, RunGnuplot(script()));
  absl::StrAppend(&page_, "<figure>", InlineSvg(picture, absl::StrCat("p", ++pictures_, "-")), "</figure>\n");
  return absl::OkStatus();
}

std::string HtmlPage::Finish() && { return page_ + (html_ ? "</body>\n</html>\n" : ""); }

}  // namespace tally
