#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "lib/base/version.h"
#include "lib/config/manual.h"

namespace tally {
namespace {

// `text` as roff shows it unchanged: a dash that can be copied, and no line that begins with a request.
std::string Roff(absl::string_view text) {
  const std::string escaped = absl::StrReplaceAll(text, {{"\\", "\\e"}, {"-", "\\-"}, {"\n", " "}});
  const bool request = !escaped.empty() && (escaped[0] == '.' || escaped[0] == '\'');
  return absl::StrCat(request ? "\\&" : "", escaped);
}

// The same as an argument of a request, which ends at a quote.
std::string RoffArgument(absl::string_view text) {
  return absl::StrCat("\"", absl::StrReplaceAll(Roff(text), {{"\"", "\\(dq"}}), "\"");
}

std::string Entry(absl::string_view head, absl::string_view body) {
  return absl::StrCat(".TP\n\\fB", Roff(head), "\\fR\n", Roff(body), "\n");
}

}  // namespace

std::string ManPage(const Tool& tool) {
  std::string page =
      absl::StrCat(".TH ", RoffArgument(absl::AsciiStrToUpper(tool.name)), " 1 \"\" ",
                   RoffArgument(absl::StrCat("Tally ", TallyVersion())), " Tally\n.SH NAME\n", Roff(tool.name), " \\- ",
                   Roff(tool.purpose), "\n.SH SYNOPSIS\n", Roff(tool.synopsis), "\n.SH EXAMPLES\n");
  for (const ToolExample& example : tool.examples) absl::StrAppend(&page, Entry(example.command, example.comment));
  absl::StrAppend(&page, ".SH OPTIONS\n");
  for (const FlagGroup& group : FlagGroups(tool)) {
    absl::StrAppend(&page, ".SS ", RoffArgument(group.title), "\n");
    for (const Flag& flag : group.flags) {
      absl::StrAppend(&page, Entry(absl::StrCat("--", ShownName(flag)), HelpOf(flag)));
    }
  }
  return page;
}

}  // namespace tally
