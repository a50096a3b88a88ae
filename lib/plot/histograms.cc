#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "lib/base/exit_code.h"
#include "lib/base/json/bounded_json.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/plot/plot.h"

namespace tally {
namespace {

using Json = nlohmann::json;

constexpr int kBarWidth = 60;  // of text

// Token -> its least id in any vocabulary, and count. An id may stand for different tokens in different data sets.
using TokenCounts = std::map<std::string, std::pair<int64_t, int64_t>>;

std::vector<std::pair<std::string, int64_t>> CountedById(const TokenCounts& tokens) {
  std::set<std::pair<int64_t, std::string>> by_id;
  for (const auto& [token, id_and_count] : tokens) {
    if (id_and_count.second > 0) by_id.emplace(id_and_count.first, token);
  }
  std::vector<std::pair<std::string, int64_t>> counted;
  for (const auto& [id, token] : by_id) counted.emplace_back(token, tokens.at(token).second);
  return counted;
}

// A line of a description.
class DescribedLine {
 public:
  explicit DescribedLine(absl::string_view line) : json_(ParseJson(line)) {}

  // Adds it to what it is of; false where it is none.
  bool AddTo(TokenCounts* tokens, Histograms* h) const {
    const std::string kind = Text("histogram");
    if (kind.empty() || !Have({"count"})) return false;
    const int64_t count = Number("count");
    if (kind == "token" && Have({"id"}) && HasText("token")) {
      auto& [id, sum] = tokens->try_emplace(Text("token"), Number("id"), 0).first->second;
      id = std::min(id, Number("id"));
      sum += count;
    } else if (kind == "row_length" && Have({"tokens"})) {
      h->row_lengths[Number("tokens")] += count;
    } else if (kind == "answer_length" && Have({"tokens"})) {
      h->answer_lengths[Number("tokens")] += count;
    } else if (kind == "operand_lengths" && Have({"first", "second"})) {
      h->operand_lengths[{Number("first"), Number("second")}] += count;
    } else if (kind == "measure" && Have({"value"}) && HasText("measure")) {
      h->measures[Text("measure")][Number("value")] += count;
    } else if (kind == "digit" && Have({"place", "digit"}) && Number("digit") <= 9 && HasText("part")) {
      h->digits[Text("part")][{Number("place"), Number("digit")}] += count;
    } else {
      return false;
    }
    return true;
  }

 private:
  bool HasText(const char* key) const { return json_.contains(key) && json_[key].is_string(); }
  std::string Text(const char* key) const { return json_.is_object() && HasText(key) ? json_[key] : ""; }
  int64_t Number(const char* key) const { return json_[key].get<int64_t>(); }

  // Whole numbers from 0 to 2^53, which a double holds.
  bool Have(std::initializer_list<const char*> keys) const {
    return std::all_of(keys.begin(), keys.end(), [&](const char* key) {
      return json_.contains(key) && json_[key].is_number_integer() && json_[key] >= 0 && json_[key] <= int64_t{1} << 53;
    });
  }

  const Json json_;
};

struct Extent {
  int64_t least = std::numeric_limits<int64_t>::max(), most = 0;

  void Add(int64_t value) {
    least = std::min(least, value);
    most = std::max(most, value);
  }
  // Between ticks: at most about `ticks` of them.
  int64_t Step(int64_t ticks) const { return RoundStep((most - least + ticks) / ticks); }
};

// A panel of bars: values, which are whole numbers or, where there are names, 0, 1, ...
struct Bars {
  std::string label;
  std::map<int64_t, int64_t> counts;
  std::vector<std::string> names = {};
};

std::string MeasureLabel(const std::string& name) { return absl::StrReplaceAll(name, {{"_", " "}}); }

std::vector<Bars> BarsOf(const Histograms& h) {
  std::vector<Bars> bars = {{"tokens of an example", h.row_lengths}};
  if (!h.answer_lengths.empty()) bars.push_back({"tokens of an answer", h.answer_lengths});
  Bars& tokens = bars.emplace_back(Bars{"token", {}});
  for (const auto& [token, count] : h.tokens) {
    tokens.counts[static_cast<int64_t>(tokens.names.size())] = count;
    tokens.names.push_back(token == "[EOS]" ? "end" : token);
  }
  for (const auto& [name, counts] : h.measures) bars.push_back({MeasureLabel(name), counts});
  return bars;
}

// Where panels are, in pixels.
struct Layout {
  explicit Layout(const Histograms& h) : bars(BarsOf(h)), bar_rows(static_cast<int>(bars.size() + 1) / 2) {
    height = kPlane + bar_rows * kRow + (h.digits.empty() ? 0 : kRow);
  }

  static constexpr int kTitle = 40, kPlane = 464, kRow = 336;  // heights; that of a title is part of a plane's

  const std::vector<Bars> bars;
  const int bar_rows;
  int height;
};

// A panel that begins `down` of the picture's height from its top.
std::string PlaceOf(double left, double down, double width, double height) {
  return absl::StrFormat("set origin %.4f,%.4f\nset size %.4f,%.4f\n", left, 1 - down - height, width, height);
}

// Above: the plane of lengths.
std::string LengthsPanel(const Histograms& h, const Layout& layout) {
  Extent first, second;
  std::string script = "$lengths << END\n";
  for (const auto& [lengths, count] : h.operand_lengths) {
    first.Add(lengths.first);
    second.Add(lengths.second);
    absl::StrAppendFormat(&script, "%d %d %d\n", lengths.second, lengths.first, count);
  }
  const double title = static_cast<double>(Layout::kTitle) / layout.height;
  return absl::StrCat(
      script, "END\n", PlaceOf(0, title, 1, static_cast<double>(Layout::kPlane) / layout.height - title),
      absl::StrFormat(
          "set xtics out nomirror %d\nset ytics out nomirror %d\n"
          "set xrange [%d-0.5:%d+0.5]\nset yrange [%d-0.5:%d+0.5]\n"
          "set style fill solid 1 noborder\nset cbrange [0:*]\n"
          "set cblabel 'problems'\nset xlabel 'digits of the second operand'\nset ylabel 'digits of the first'\n"
          "plot $lengths using 1:2:($1-0.5):($1+0.5):($2-0.5):($2+0.5):3 with boxxyerror linecolor palette "
          "notitle\n",
          second.Step(15), first.Step(8), second.least, second.most, first.least, first.most));
}

// Below, two in a row.
std::string BarPanels(const Layout& layout) {
  std::string script =
      "unset colorbox\nset ytics auto\nset yrange [0:*]\nset offsets 0,0,graph 0.08,0\n"
      "set ylabel 'count'\nset boxwidth 0.9\n";
  for (size_t i = 0; i < layout.bars.size(); ++i) {
    const Bars& bars = layout.bars[i];
    Extent extent;
    absl::StrAppendFormat(&script, "$bars%d << END\n", i);
    for (const auto& [value, count] : bars.counts) {
      extent.Add(value);
      absl::StrAppendFormat(&script, "%d %d\n", value, count);
    }
    const double height = static_cast<double>(Layout::kRow) / layout.height;
    const double down =
        static_cast<double>(Layout::kPlane) / layout.height + std::floor(static_cast<double>(i) / 2) * height;
    const std::string ticks = bars.names.empty()
                                  ? absl::StrCat("font ',13' ", extent.Step(10))
                                  : absl::StrCat("noenhanced font ',10' (", NamedTicks(bars.names, 18), ")");
    // gnuplot's own range would go to a round number below 0.
    absl::StrAppendFormat(&script, "END\nset xrange [%d-0.75:%d+0.75]\n", extent.least, extent.most);
    absl::StrAppend(&script, PlaceOf(static_cast<double>(i % 2) / 2, down, 0.5, height), "set xlabel ",
                    Quoted(bars.label), " noenhanced\nset xtics out nomirror ", ticks, "\nplot $bars", i,
                    " using 1:2 with boxes linecolor rgb '", i % 2 == 0 ? "#225ea8" : "#41b6c4", "' notitle\n");
  }
  return script;
}

// Last, beside each other: at each place the shares of digits.
std::string DigitPanels(const Histograms& h, const Layout& layout) {
  if (h.digits.empty()) return "";
  std::string script =
      "set offsets 0,0,0,0\nset colorbox\nset cblabel 'share, %'\nset yrange [-0.5:9.5]\nset ytics 1\n"
      "set ylabel 'digit'\n";
  const double width = 1.0 / static_cast<double>(h.digits.size());
  const double height = static_cast<double>(Layout::kRow) / layout.height;
  size_t number = 0;
  for (const auto& [part, counts] : h.digits) {
    std::map<int64_t, int64_t> totals;  // of places
    for (const auto& [digit, count] : counts) totals[digit.first] += count;
    absl::StrAppendFormat(&script, "$digits%d << END\n", number);
    for (const auto& [digit, count] : counts) {
      absl::StrAppendFormat(&script, "%d %d %.6g\n", digit.first, digit.second,
                            100.0 * static_cast<double>(count) / static_cast<double>(totals[digit.first]));
    }
    const std::string name = part == "first"    ? "the first operand"
                             : part == "others" ? "the other operands"
                                                : absl::StrCat("the ", part);
    const int64_t last = totals.rbegin()->first;
    absl::StrAppend(&script, "END\n", PlaceOf(static_cast<double>(number) * width, 1 - height, width, height),
                    "set xtics out nomirror font ',13' 0,", RoundStep((last + 8) / 8), "\nset xrange [-0.5:", last,
                    ".5]\nset xlabel ", Quoted(absl::StrCat("place in ", name)), " noenhanced\nplot $digits", number,
                    " using 1:2:($1-0.5):($1+0.5):($2-0.5):($2+0.5):3 with boxxyerror linecolor palette notitle\n");
    ++number;
  }
  return script;
}

std::string Script(const Histograms& h, const std::string& title, const PictureSize& size, absl::string_view format) {
  const Layout layout(h);
  return absl::StrCat(TerminalLine(format, size), kPalette, "set multiplot title ", Quoted(title),
                      " noenhanced font ',", TitleFont(title, size), "'\n", LengthsPanel(h, layout), BarPanels(layout),
                      DigitPanels(h, layout), "unset multiplot\n");
}

// A line of text for each count.
void AppendBar(const std::string& name, int64_t count, int64_t largest, std::string* text) {
  const double share = largest == 0 ? 0 : static_cast<double>(count) / static_cast<double>(largest);
  const auto width = static_cast<size_t>(std::lround(kBarWidth * share));
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
  AppendBars("tokens of an example", h.row_lengths, number, &text);
  if (!h.answer_lengths.empty()) AppendBars("tokens of an answer", h.answer_lengths, number, &text);
  AppendBars(
      "token", h.tokens, [](const std::string& token) { return token == " " ? "space" : token; }, &text);
  for (const auto& [name, counts] : h.measures) AppendBars(MeasureLabel(name).c_str(), counts, number, &text);
  return text;
}

}  // namespace

absl::StatusOr<Histograms> ReadHistograms(const std::vector<std::string>& files) {
  Histograms histograms;
  TokenCounts tokens;
  for (const std::string& file : files) {
    TALLY_ASSIGN_OR_RETURN(const std::unique_ptr<LineReader> in, LineReader::Open(file));
    absl::string_view line;
    while (true) {
      TALLY_ASSIGN_OR_RETURN(const bool more, in->Next(&line));
      if (!more) break;
      if (!DescribedLine(line).AddTo(&tokens, &histograms)) {
        return in->ErrorHere("expected a line written by tokenize --describe");
      }
    }
  }
  histograms.tokens = CountedById(tokens);
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
  const PictureSize fitting = {size.width, size.height > 0 ? size.height : Layout(histograms).height};
  return DrawPicture(
      path, fitting, [&](absl::string_view format) { return Script(histograms, shown, fitting, format); },
      [&] { return Text(histograms); });
}

}  // namespace tally
