#include "lib/dataset/report.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/dataset/token_dataset.h"
#include "lib/tasks/problem.h"
#include "nlohmann/json.hpp"

namespace tally {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kInspectedExamples = 10;

std::string Range(const DigitRange& range) { return absl::StrCat(range.min, "..", range.max); }

// The text of ids [begin, end) of example i; PAD within an example is a space.
std::string ExampleText(const TokenDataset& dataset, int64_t i, int64_t begin, int64_t end) {
  std::string text;
  for (int64_t t = begin; t < end; ++t) {
    const uint8_t id = dataset.Example(i)[t];
    absl::StrAppend(&text, id == kPadId ? " " : dataset.vocabulary().TokenText(id));
  }
  return text;
}

absl::Status WriteLine(const Json& json, OutputStream* out) { return out->Write(json.dump() + "\n"); }

}  // namespace

absl::Status InspectDataset(const std::string& path, const std::string& out_path) {
  TALLY_ASSIGN_OR_RETURN(const std::unique_ptr<TokenDataset> dataset, TokenDataset::Open(path));
  TALLY_ASSIGN_OR_RETURN(const std::unique_ptr<OutputStream> out, OutputStream::Open(out_path));
  const ProblemFormat& format = dataset->format();
  const std::string layout = LayoutText(format);
  const std::vector<std::pair<const char*, std::string>> facts = {
      {"file", path},
      {"rows", absl::StrCat(dataset->examples())},
      {"tokens", absl::StrCat(dataset->tokens(), ", ", dataset->longest_example(), " in the longest row")},
      {"task", std::string(format.task->name())},
      {"digits reversed", std::string(DigitOrderName(format.order))},
      {"layout", layout.empty() ? "plain" : layout},
      {"vocabulary", absl::StrCat(dataset->vocabulary().name(), ", ", dataset->vocabulary().size(), " tokens")},
      {"first operand", Range(dataset->first_operand())},
      {"second operand", Range(dataset->second_operand())},
      {"hash (xxh3)", dataset->hash()},
  };
  for (const auto& [name, value] : facts) {
    TALLY_RETURN_IF_ERROR(out->Write(absl::StrFormat("%-16s %s\n", name, value)));
  }
  for (int64_t i = 0; i < std::min(kInspectedExamples, dataset->examples()); ++i) {
    TALLY_RETURN_IF_ERROR(
        out->Write(absl::StrFormat("row %-12d %s\n", i, ExampleText(*dataset, i, 0, dataset->ExampleLength(i)))));
  }
  return out->Commit();
}

absl::Status DescribeDataset(const std::string& path, const std::string& out_path) {
  TALLY_ASSIGN_OR_RETURN(const std::unique_ptr<TokenDataset> dataset, TokenDataset::Open(path));
  TALLY_ASSIGN_OR_RETURN(const std::unique_ptr<OutputStream> out, OutputStream::Open(out_path));
  std::vector<int64_t> tokens(dataset->vocabulary().size());
  std::map<int64_t, int64_t> row_lengths;
  std::map<std::pair<int64_t, int64_t>, int64_t> sizes;
  std::string room;
  for (int64_t i = 0; i < dataset->examples(); ++i) {
    for (const uint8_t id : dataset->Example(i)) ++tokens[id];
    ++row_lengths[dataset->ExampleLength(i)];
    const std::string line = ExampleText(*dataset, i, 0, dataset->ExampleLength(i) - 1);
    const absl::StatusOr<ParsedProblem> problem = ParseProblem(line, dataset->format(), &room);
    if (!problem.ok()) return BadInputError(absl::StrCat(path, ": row ", i, ": ", problem.status().message()));
    const ProblemSize size = dataset->format().task->Size(*problem);
    ++sizes[{size.first, size.second}];
  }
  for (size_t id = 0; id < tokens.size(); ++id) {
    const std::string token(dataset->vocabulary().TokenText(static_cast<int64_t>(id)));
    TALLY_RETURN_IF_ERROR(
        WriteLine({{"histogram", "token"}, {"id", id}, {"token", token}, {"count", tokens[id]}}, out.get()));
  }
  for (const auto& [length, count] : row_lengths) {
    TALLY_RETURN_IF_ERROR(WriteLine({{"histogram", "row_length"}, {"tokens", length}, {"count", count}}, out.get()));
  }
  for (const auto& [size, count] : sizes) {
    TALLY_RETURN_IF_ERROR(
        WriteLine({{"histogram", "operand_lengths"}, {"first", size.first}, {"second", size.second}, {"count", count}},
                  out.get()));
  }
  return out->Commit();
}

absl::Status ExportDataset(const std::string& path, const std::string& out_path) {
  TALLY_ASSIGN_OR_RETURN(const std::unique_ptr<TokenDataset> dataset, TokenDataset::Open(path));
  TALLY_ASSIGN_OR_RETURN(const std::unique_ptr<OutputStream> out, OutputStream::Open(out_path));
  for (int64_t i = 0; i < dataset->examples(); ++i) {
    const int64_t answer = dataset->AnswerStart(i), end = dataset->ExampleLength(i) - 1;
    TALLY_RETURN_IF_ERROR(WriteLine(
        {{"context", ExampleText(*dataset, i, 0, answer)}, {"completion", ExampleText(*dataset, i, answer, end)}},
        out.get()));
  }
  return out->Commit();
}

}  // namespace tally
