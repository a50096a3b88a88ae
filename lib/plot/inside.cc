// What a model computed for one line, as `predict --attention` and `--hidden_states` write it: read and drawn.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "lib/base/exit_code.h"
#include "lib/base/json/bounded_json.h"
#include "lib/base/status_macros.h"
#include "lib/plot/plot.h"
#include "lib/safetensors/safetensors.h"

namespace tally {
namespace {

using Json = nlohmann::json;

constexpr size_t kMostColumns = 6, kMostRows = 8;                    // panels of attention
constexpr int kPanelPixels = 230, kLeast = 500, kMostPixels = 2000;  // usual size
constexpr size_t kMostTokens = 40;                                   // that have a tick each

// A key of the file's metadata.
absl::StatusOr<std::string> MetadataOf(const SafetensorsFile& file, const std::string& key) {
  const auto found = file.metadata().find(key);
  if (found != file.metadata().end()) return found->second;
  return BadInputError(absl::StrCat(file.path(), ": found no metadata key ", key,
                                    ", expected a file of predict --attention or --hidden_states"));
}

absl::StatusOr<std::vector<std::string>> TokensOf(const SafetensorsFile& file) {
  TALLY_ASSIGN_OR_RETURN(const std::string text, MetadataOf(file, "tokens"));
  const Json json = ParseJson(text);
  const bool texts = json.is_array() && !json.empty() &&
                     std::all_of(json.begin(), json.end(), [](const Json& token) { return token.is_string(); });
  if (texts) return json.get<std::vector<std::string>>();
  return BadInputError(
      absl::StrCat(file.path(), ": metadata key tokens: found ", text.substr(0, 60), ", expected a list of texts"));
}

// The tensor `name` with `rank` axes, those of `token_axes` being tokens.
absl::StatusOr<TokenTensor> ReadTokenTensor(const std::string& path, const char* name, size_t rank,
                                            const std::vector<size_t>& token_axes) {
  TALLY_ASSIGN_OR_RETURN(const auto file, SafetensorsFile::Open(path));
  TokenTensor tensor;
  TALLY_ASSIGN_OR_RETURN(tensor.line, MetadataOf(*file, "line"));
  TALLY_ASSIGN_OR_RETURN(tensor.tokens, TokensOf(*file));
  TALLY_ASSIGN_OR_RETURN(const TensorView view, file->Find(name, DType::kF32));
  tensor.shape = view.shape;
  const auto tokens = static_cast<int64_t>(tensor.tokens.size());
  bool fits = view.shape.size() == rank && view.elements() > 0;
  for (const size_t axis : token_axes) fits = fits && view.shape[axis] == tokens;
  if (!fits) {
    return BadInputError(absl::StrCat(path, ": ", name, ": found shape [", absl::StrJoin(view.shape, ", "),
                                      "], expected ", rank, " axes and ", tokens, " tokens"));
  }
  tensor.values.resize(view.elements());
  std::memcpy(tensor.values.data(), view.bytes.data(), view.bytes.size());
  const auto odd = std::find_if(tensor.values.begin(), tensor.values.end(), [](float v) { return !std::isfinite(v); });
  if (odd == tensor.values.end()) return tensor;
  return BadInputError(absl::StrCat(path, ": ", name, ": found ", *odd, ", expected numbers"));
}

// At most `most` of 0, ..., count - 1, evenly spread, first and last among them.
std::vector<size_t> Spread(size_t count, size_t most) {
  std::vector<size_t> chosen;
  const size_t n = std::min(count, most);
  for (size_t i = 0; i < n; ++i) chosen.push_back(n == 1 ? 0 : i * (count - 1) / (n - 1));
  return chosen;
}

// Rows of a matrix as data of a script; value(row, column).
template <typename Value>
std::string Matrix(const std::string& name, size_t rows, size_t columns, Value value) {
  std::string block = absl::StrCat(name, " << END\n");
  for (size_t r = 0; r < rows; ++r) {
    for (size_t c = 0; c < columns; ++c) absl::StrAppendFormat(&block, "%s%.4g", c == 0 ? "" : " ", value(r, c));
    absl::StrAppend(&block, "\n");
  }
  return block + "END\n";
}

// Heads are numbered through all layers.
struct AttentionShape {
  explicit AttentionShape(const TokenTensor& a)
      : recurrences(a.shape[0]), layers(a.shape[1]), heads(a.shape[1] * a.shape[2]), tokens(a.shape[3]) {}

  size_t recurrences, layers, heads, tokens;

  const float* Weights(const TokenTensor& a, size_t recurrence, size_t head) const {
    return a.values.data() + (recurrence * heads + head) * tokens * tokens;
  }
  std::string PanelName(size_t recurrence, size_t head) const {
    const size_t of_layer = heads / layers;
    const std::string layer = layers == 1 ? "" : absl::StrCat("layer ", head / of_layer + 1, ", ");
    return absl::StrCat(layer, "head ", head % of_layer + 1, ", recurrence ", recurrence + 1);
  }
};

std::string Some(size_t shown, size_t all, const char* what) {
  return shown == all ? "" : absl::StrCat(", ", shown, " of ", all, " ", what);
}

std::string AttentionScript(const TokenTensor& a, const std::string& title, const PictureSize& size,
                            absl::string_view format) {
  const AttentionShape shape(a);
  const std::vector<size_t> columns = Spread(shape.recurrences, kMostColumns), rows = Spread(shape.heads, kMostRows);
  const std::string name = !title.empty() ? title
                                          : absl::StrCat(ShortTitle(a.line), ": attention, queries down, keys along",
                                                         Some(columns.size(), shape.recurrences, "recurrences"),
                                                         Some(rows.size(), shape.heads, "heads"));
  const double side = std::min(size.width / columns.size(), size.height / rows.size()) * 0.7;
  const size_t ticks = std::max<size_t>(2, std::min<size_t>(kMostTokens, static_cast<size_t>(side / 9)));
  const std::string named = NamedTicks(a.tokens, ticks);
  std::string script = absl::StrCat(TerminalLine(format, size), kPalette);
  std::string panels;
  for (const size_t head : rows) {
    for (const size_t recurrence : columns) {
      const float* const weights = shape.Weights(a, recurrence, head);
      const std::string block = absl::StrFormat("$h%dr%d", head, recurrence);
      absl::StrAppend(&script, Matrix(block, shape.tokens, shape.tokens,
                                      [&](size_t query, size_t key) { return weights[query * shape.tokens + key]; }));
      absl::StrAppend(&panels, "set title ", Quoted(shape.PanelName(recurrence, head)), " noenhanced font ',10'\nplot ",
                      block, " matrix with image notitle\n");
    }
  }
  absl::StrAppendFormat(&script,
                        "set multiplot layout %d,%d title %s noenhanced font ',%d'\nset cbrange [0:1]\nunset colorbox\n"
                        "set size ratio -1\nset xrange [-0.5:%g]\nset yrange [%g:-0.5]\n"
                        "set xtics out nomirror noenhanced font ',8' (%s)\nset ytics out nomirror noenhanced font ',8' "
                        "(%s)\nset lmargin 4\nset rmargin 1\nset tmargin 2.5\nset bmargin 2\n",
                        rows.size(), columns.size(), Quoted(name), TitleFont(name, size), shape.tokens - 0.5,
                        shape.tokens - 0.5, named, named);
  return absl::StrCat(script, panels, "unset multiplot\n");
}

// The token that each query looks at most.
std::string AttentionText(const TokenTensor& a) {
  const AttentionShape shape(a);
  std::string text = absl::StrCat(a.line, "\n\nqueries                          ", absl::StrJoin(a.tokens, " "), "\n");
  for (size_t recurrence = 0; recurrence < shape.recurrences; ++recurrence) {
    for (size_t head = 0; head < shape.heads; ++head) {
      absl::StrAppendFormat(&text, "%-32s", shape.PanelName(recurrence, head));
      const float* row = shape.Weights(a, recurrence, head);
      for (size_t query = 0; query < shape.tokens; ++query, row += shape.tokens) {
        absl::StrAppend(&text, " ", a.tokens[std::max_element(row, row + query + 1) - row]);
      }
      absl::StrAppend(&text, "\n");
    }
  }
  return text;
}

// Norms of states [recurrences][tokens], and cosines with the state before, from the second recurrence on.
struct StateMeasures {
  explicit StateMeasures(const TokenTensor& states)
      : recurrences(states.shape[0]), tokens(states.shape[1]), features(states.shape[2]), values(states.values) {}

  double Product(size_t r, size_t other, size_t token) const {
    const float *a = At(r, token), *b = At(other, token);
    double sum = 0;
    for (size_t f = 0; f < features; ++f) sum += static_cast<double>(a[f]) * b[f];
    return sum;
  }
  double Norm(size_t r, size_t token) const { return std::sqrt(Product(r, r, token)); }
  double Cosine(size_t r, size_t token) const {  // of recurrences r and r + 1
    const double norms = Norm(r, token) * Norm(r + 1, token);
    return norms == 0 ? 0 : Product(r, r + 1, token) / norms;
  }

  size_t recurrences, tokens, features;

 private:
  const float* At(size_t r, size_t token) const { return values.data() + (r * tokens + token) * features; }

  const std::vector<float>& values;
};

// A panel of rows of recurrences, the first of which is number `first`.
std::string StatesPanel(const char* title, const char* block, size_t rows, size_t first) {
  return absl::StrFormat(
      "set title '%s' font ',12'\nset yrange [%g:%g]\nset ytics out nomirror %d\n"
      "plot %s matrix using 1:($2+%d):3 with image notitle\n",
      title, first + rows - 0.5, first - 0.5, RoundStep(1 + static_cast<int64_t>(rows) / 12), block, first);
}

std::string StatesScript(const TokenTensor& states, const std::string& title, const PictureSize& size,
                         absl::string_view format) {
  const StateMeasures measures(states);
  const std::string name = title.empty() ? absl::StrCat(ShortTitle(states.line), ": hidden states") : title;
  const bool several = measures.recurrences > 1;
  std::string script = absl::StrCat(
      TerminalLine(format, size), kPalette,
      Matrix("$norms", measures.recurrences, measures.tokens, [&](size_t r, size_t t) { return measures.Norm(r, t); }));
  if (several) {
    absl::StrAppend(&script, Matrix("$cosines", measures.recurrences - 1, measures.tokens,
                                    [&](size_t r, size_t t) { return measures.Cosine(r, t); }));
  }
  absl::StrAppendFormat(&script,
                        "set multiplot layout %d,1 title %s noenhanced font ',%d'\nset xrange [-0.5:%g]\n"
                        "set xtics out nomirror noenhanced font ',10' (%s)\nset xlabel 'token'\nset ylabel "
                        "'recurrence'\nset cbrange [0:*]\n",
                        several ? 2 : 1, Quoted(name), TitleFont(name, size), measures.tokens - 0.5,
                        NamedTicks(states.tokens, size.width / 14));
  absl::StrAppend(&script, StatesPanel("norm of the state", "$norms", measures.recurrences, 1));
  if (several) {
    absl::StrAppend(
        &script, "set cbrange [*:1]\n",
        StatesPanel("cosine of the state with that one recurrence before", "$cosines", measures.recurrences - 1, 2));
  }
  return script + "unset multiplot\n";
}

std::string StatesText(const TokenTensor& states) {
  const StateMeasures measures(states);
  std::string text = absl::StrCat(states.line, "\n\nrecurrence   mean norm   mean cosine with the one before\n");
  for (size_t r = 0; r < measures.recurrences; ++r) {
    double norm = 0, cosine = 0;
    for (size_t t = 0; t < measures.tokens; ++t) {
      norm += measures.Norm(r, t) / static_cast<double>(measures.tokens);
      if (r > 0) cosine += measures.Cosine(r - 1, t) / static_cast<double>(measures.tokens);
    }
    absl::StrAppendFormat(&text, "%10d %11.4g", r + 1, norm);
    absl::StrAppend(&text, r == 0 ? "             -" : absl::StrFormat(" %13.4f", cosine), "\n");
  }
  return text;
}

}  // namespace

absl::StatusOr<TokenTensor> ReadAttention(const std::string& path) {
  return ReadTokenTensor(path, "attention", 5, {3, 4});
}

absl::StatusOr<TokenTensor> ReadHiddenStates(const std::string& path) {
  return ReadTokenTensor(path, "hidden_states", 3, {1});
}

absl::Status DrawAttention(const TokenTensor& attention, const std::string& title, const PictureSize& size,
                           const std::string& path) {
  const AttentionShape shape(attention);
  const auto usual = [](size_t panels) {
    return std::clamp(static_cast<int>(panels) * kPanelPixels, kLeast, kMostPixels);
  };
  const PictureSize fitting = {size.width > 0 ? size.width : usual(std::min(shape.recurrences, kMostColumns)),
                               size.height > 0 ? size.height : usual(std::min(shape.heads, kMostRows))};
  return DrawPicture(
      path, fitting, [&](absl::string_view format) { return AttentionScript(attention, title, fitting, format); },
      [&] { return AttentionText(attention); });
}

absl::Status DrawHiddenStates(const TokenTensor& states, const std::string& title, const PictureSize& size,
                              const std::string& path) {
  return DrawPicture(
      path, size, [&](absl::string_view format) { return StatesScript(states, title, size, format); },
      [&] { return StatesText(states); });
}

}  // namespace tally
