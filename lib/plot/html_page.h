// A page that is put together section by section, as HTML that needs no other file, or as text.
#ifndef TALLY_LIB_PLOT_HTML_PAGE_H_
#define TALLY_LIB_PLOT_HTML_PAGE_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "lib/plot/table.h"

namespace tally {

// `text` with the characters that HTML reads otherwise (& < > " ') as entities.
std::string HtmlEscaped(absl::string_view text);

// The <svg> element of gnuplot's `picture`, its ids made the page's only ones with `prefix`.
std::string InlineSvg(absl::string_view picture, absl::string_view prefix);

class HtmlPage {
 public:
  // `html`: else text. A browser loads the page again after `refresh` seconds; 0: never.
  HtmlPage(absl::string_view title, bool html, int refresh = 0);

  void Heading(absl::string_view text);
  void Paragraph(absl::string_view text);
  void Preformatted(absl::string_view text);
  void Table(const TextTable& table);

  // Runs gnuplot on `script()`, which draws SVG; the text form takes `text()`. Errors of RunGnuplot.
  absl::Status Picture(absl::FunctionRef<std::string()> script, absl::FunctionRef<std::string()> text);

  // The whole page.
  std::string Finish() &&;

 private:
  const bool html_;
  int pictures_ = 0;
  std::string page_;
};

}  // namespace tally

#endif  // TALLY_LIB_PLOT_HTML_PAGE_H_
