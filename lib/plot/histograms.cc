#include <algorithm>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/plot/plot.h"

namespace tally {
namespace {

using Json = nlohmann::json;

constexpr int kBarWidth = 60;  // of text

// Adds one line.
absl::Status AddLine(absl::string_view line, std::map<int64_t, std::pair<std::string, int64_t>>* tokens,
                     Histograms* histograms) {
  const Json json = Json::parse(line.begin(), line.end(), /*callback=*/nullptr, /*allow_exceptions=*/false);
  const auto number = [&](const char* key) -> int64_t {
    return json.contains(key) && json[key].is_number_integer() ? json[key].get<int64_t>() : -1;
  };
  const std::string kind =
      json.is_object() && json.contains("histogram") && json["histogram"].is_string() ? json["histogram"] : "";
  const int64_t count = kind.empty() ? -1 : number("count");
  if (kind == "token" && count >= 0 && number("id") >= 0 && json.contains("token") && json["token"].is_string()) {
    auto& token = (*tokens)[number("id")];
    token.first = json["token"].get<std::string>();
    token.second += count;
  } else if (kind == "row_length" && count >= 0 && number("tokens") >= 0) {
    histograms->row_lengths[number("tokens")] += count;
  } else if (kind == "operand_lengths" && count >= 0 && number("first") >= 0 && number("second") >= 0) {
    histograms->operand_lengths[{number("first"), number("second")}] += count;
  } else {
    return BadInputError("expected a line written by tokenize --describe");
  }
  return absl::OkStatus();
}

struct Extent {
  int64_t least = std::numeric_limits<int64_t>::max(), most = 0;

  void Add(int64_t value) {
    least = std::min(least, value);
    most = std::max(most, value);
  }
  // Between ticks: at most about `ticks` of them.
  int64_t Step(int64_t ticks) const { return RoundStep((most - least + ticks) / ticks); }
};

// The counts as data of a script: $lengths, $rows and $tokens.
std::string DataBlocks(const Histograms& h) {
  std::string script = "$lengths << END\n";
  for (const auto& [lengths, count] : h.operand_lengths) {
    absl::StrAppendFormat(&script, "%d %d %d\n", lengths.second, lengths.first, count);
  }
  absl::StrAppend(&script, "END\n$rows << END\n");
  for (const auto& [length, count] : h.row_lengths) absl::StrAppendFormat(&script, "%d %d\n", length, count);
  absl::StrAppend(&script, "END\n$tokens << END\n");
  for (size_t i = 0; i < h.tokens.size(); ++i) absl::StrAppendFormat(&script, "%d %d\n", i, h.tokens[i].second);
  return script + "END\n";
}

// Above: the plane of lengths.
std::string LengthsPanel(const Histograms& h) {
  Extent first, second;
  for (const auto& [lengths, count] : h.operand_lengths) {
    first.Add(lengths.first);
    second.Add(lengths.second);
  }
  return absl::StrFormat(
      "set xtics out nomirror %d\nset ytics out nomirror %d\n"
      "set xrange [%d-0.5:%d+0.5]\nset yrange [%d-0.5:%d+0.5]\n"
      "set origin 0,0.42\nset size 1,0.53\nset style fill solid 1 noborder\nset cbrange [0:*]\n"
      "set cblabel 'problems'\nset xlabel 'digits of the second operand'\nset ylabel 'digits of the first'\n"
      "plot $lengths using 1:2:($1-0.5):($1+0.5):($2-0.5):($2+0.5):3 with boxxyerror linecolor palette "
      "notitle\nunset colorbox\n",
      second.Step(15), first.Step(8), second.least, second.most, first.least, first.most);
}

// Below, on the left: bars of the lengths of rows. Sets what both panels below share.
std::string RowsPanel(const Histograms& h) {
  Extent rows;
  for (const auto& [length, count] : h.row_lengths) rows.Add(length);
  return absl::StrCat(
      "set autoscale x\nset ytics auto\nset yrange [0:*]\nset offsets 0,0,graph 0.08,0\nset ylabel 'count'\n"
      "set boxwidth 0.9\nset origin 0,0\nset size 0.5,0.42\nset xlabel 'tokens in a row'\n"
      "set xtics ",
      rows.Step(10), "\nplot $rows using 1:2 with boxes linecolor rgb '#225ea8' notitle\n");
}

// A percent sign in a label would begin a number's format.
std::string TokenLabel(const std::string& token) {
  return Quoted(token == "[EOS]" ? "end" : token == "%" ? "%%" : token);
}

// Below, on the right: bars of tokens.
std::string TokensPanel(const Histograms& h) {
  std::string script = "set origin 0.5,0\nset xlabel 'token'\nset xtics noenhanced font ',10' (";
  // Many tokens get a mark each only where there is room.
  const size_t step = 1 + h.tokens.size() / 18;
  for (size_t i = 0; i < h.tokens.size(); i += step) {
    absl::StrAppend(&script, i == 0 ? "" : ", ", TokenLabel(h.tokens[i].first), " ", i);
  }
  return script + ")\nplot $tokens using 1:2 with boxes linecolor rgb '#41b6c4' notitle\n";
}

// Three panels.
std::string Script(const Histograms& h, const std::string& title, const PictureSize& size, absl::string_view format) {
  return absl::StrCat(TerminalLine(format, size), kPalette, DataBlocks(h), "set multiplot title ", Quoted(title),
                      " noenhanced font ',", TitleFont(title, size), "'\n", LengthsPanel(h), RowsPanel(h),
                      TokensPanel(h), "unset multiplot\n");
}

// A line of text for each count.
void AppendBar(const std::string& name, int64_t count, int64_t largest, std::string* text) {
  const auto width = static_cast<int>(largest == 0 ? 0 : (count * kBarWidth + largest / 2) / largest);
  absl::StrAppendFormat(text, "%10s %12d %s\n", name, count, std::string(width, '#'));
}

template <typename Entries, typename Name>
void AppendBars(const char* title, const Entries& entries, Name name, std::string* text) {
  absl::StrAppend(text, title, "\n");
  int64_t largest = 0;
  for (const auto& entry : entries) largest = std::max<int64_t>(largest, entry.second);
  for (const auto& entry : entries) AppendBar(name(entry.first), entry.second, largest, text);
}

std::string Text(const Histograms& h) {
  std::string text;
  std::map<int64_t, int64_t> first, second;
  for (const auto& [lengths, count] : h.operand_lengths) {
    first[lengths.first] += count;
    second[lengths.second] += count;
  }
  const auto number = [](int64_t n) { return absl::StrCat(n); };
  AppendBars("first length", first, number, &text);
  AppendBars("second length", second, number, &text);
  AppendBars("tokens in a row", h.row_lengths, number, &text);
  AppendBars(
      "token", h.tokens, [](const std::string& token) { return token == " " ? "space" : token; }, &text);
  return text;
}

}  // namespace

absl::StatusOr<Histograms> ReadHistograms(const std::vector<std::string>& files) {
  Histograms histograms;
  std::map<int64_t, std::pair<std::string, int64_t>> tokens;  // id -> token, count
  for (const std::string& file : files) {
    TALLY_ASSIGN_OR_RETURN(const std::unique_ptr<LineReader> in, LineReader::Open(file));
    absl::string_view line;
    while (true) {
      TALLY_ASSIGN_OR_RETURN(const bool more, in->Next(&line));
      if (!more) break;
      const absl::Status added = AddLine(line, &tokens, &histograms);
      if (!added.ok()) return in->ErrorHere(added.message());
    }
  }
  for (const auto& [id, token] : tokens) {
    if (token.second > 0) histograms.tokens.push_back(token);
  }
  if (histograms.tokens.empty() || histograms.row_lengths.empty() || histograms.operand_lengths.empty()) {
    return BadInputError("found no histograms, expected the lines of tokenize --describe");
  }
  return histograms;
}

absl::Status DrawHistograms(const Histograms& histograms, const std::string& title, const PictureSize& size,
                            const std::string& path) {
  int64_t rows = 0;
  for (const auto& [length, count] : histograms.row_lengths) rows += count;
  const std::string shown = title.empty() ? absl::StrCat("data set of ", rows, " problems") : title;
  return DrawPicture(
      path, size, [&](absl::string_view format) { return Script(histograms, shown, size, format); },
      [&] { return Text(histograms); });
}

}  // namespace tally
