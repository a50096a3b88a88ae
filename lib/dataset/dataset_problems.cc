#include "lib/dataset/dataset_problems.h"

#include <algorithm>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"

namespace tally {
namespace {

// The same text for the same problem of the same task, and for no other.
std::string KeyOf(const ParsedProblem& problem, const ProblemFormat& format) {
  return absl::StrCat(format.task->name(), " ", format.task->Key(format.task->DrawnOperands(problem, format)));
}

absl::StatusOr<FoundProblem> ProblemOf(const TokenDataset& dataset, const std::vector<ProblemFormat>& formats,
                                       int64_t i, std::string* line, std::string* room) {
  *line = ExampleText(dataset, i, 0, dataset.ExampleLength(i) - 1);
  absl::StatusOr<FoundProblem> found = FindProblem(*line, formats, room);
  if (found.ok()) return found;
  return BadInputError(absl::StrCat(dataset.path(), ": in example ", i, " (from 0): ", found.status().message()));
}

}  // namespace

std::string ExampleText(const TokenDataset& dataset, int64_t i, int64_t begin, int64_t end) {
  std::string text;
  for (int64_t t = begin; t < end; ++t) {
    const uint8_t id = dataset.Example(i)[t];
    absl::StrAppend(&text, id == kPadId ? " " : dataset.vocabulary().TokenText(id));
  }
  return text;
}

absl::Status EachProblem(const TokenDataset& dataset, const std::vector<ProblemFormat>& formats,
                         absl::FunctionRef<void(int64_t i, const FoundProblem& problem)> visit) {
  std::string line, room;
  for (int64_t i = 0; i < dataset.examples(); ++i) {
    TALLY_ASSIGN_OR_RETURN(const FoundProblem found, ProblemOf(dataset, formats, i, &line, &room));
    visit(i, found);
  }
  return absl::OkStatus();
}

absl::StatusOr<KnownProblems> KnownProblems::Read(const std::vector<std::string>& paths) {
  KnownProblems known;
  for (const std::string& path : paths) {
    TALLY_ASSIGN_OR_RETURN(std::unique_ptr<TokenDataset> dataset, TokenDataset::Open(path));
    std::vector<ProblemFormat> formats = FormatsOf(dataset->tasks());
    const size_t number = known.datasets_.size();
    TALLY_RETURN_IF_ERROR(EachProblem(*dataset, formats, [&](int64_t i, const FoundProblem& found) {
      known.entries_.push_back({absl::HashOf(KeyOf(found.problem, formats[found.format])), number, i});
    }));
    known.datasets_.push_back(std::move(dataset));
    known.formats_.push_back(std::move(formats));
  }
  std::sort(known.entries_.begin(), known.entries_.end(),
            [](const Entry& a, const Entry& b) { return a.hash < b.hash; });
  return known;
}

bool KnownProblems::Has(const ParsedProblem& problem, const ProblemFormat& format) const {
  const std::string key = KeyOf(problem, format);
  const uint64_t hash = absl::HashOf(key);
  auto entry = std::lower_bound(entries_.begin(), entries_.end(), hash,
                                [](const Entry& e, uint64_t value) { return e.hash < value; });
  std::string line, room;
  for (; entry != entries_.end() && entry->hash == hash; ++entry) {
    const std::vector<ProblemFormat>& formats = formats_[entry->dataset];
    const absl::StatusOr<FoundProblem> found =
        ProblemOf(*datasets_[entry->dataset], formats, entry->example, &line, &room);
    if (found.ok() && KeyOf(found->problem, formats[found->format]) == key) return true;
  }
  return false;
}

std::string KnownProblems::Hashes() const {
  return absl::StrJoin(datasets_, " ", [](std::string* out, const std::unique_ptr<TokenDataset>& dataset) {
    absl::StrAppend(out, dataset->hash());
  });
}

}  // namespace tally
