#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/os/same_file.h"
#include "lib/base/status_macros.h"
#include "lib/base/streams.h"
#include "lib/tasks/sampling/generate.h"
#include "lib/tasks/sampling/tell_apart.h"

namespace tally {
namespace {

constexpr int64_t kReported = 10;  // offenders of each kind

struct Seen {
  absl::uint128 hash;
  uint32_t file;
  uint32_t line;  // from 1; later ones of a file with more than 2^32 lines count from 0 again

  bool operator<(const Seen& other) const {
    return hash != other.hash ? hash < other.hash : file != other.file ? file < other.file : line < other.line;
  }
};

class Checker {
 public:
  explicit Checker(const CheckOptions& options) : options_(options) {}

  absl::Status Run() {
    TALLY_ASSIGN_OR_RETURN(out_, OutputStream::Open(options_.out));
    for (size_t file = 0; file < options_.files.size(); ++file) TALLY_RETURN_IF_ERROR(ReadFile(file));
    TALLY_RETURN_IF_ERROR(CompareFiles());
    TALLY_RETURN_IF_ERROR(
        out_->Write(absl::StrCat(seen_.size(), " lines in ", options_.files.size(), " files: ", wrong_,
                                 " wrong answers, ", shared_, " lines with a problem of an earlier file\n")));
    TALLY_RETURN_IF_ERROR(out_->Commit());
    if (wrong_ + shared_ == 0) return absl::OkStatus();
    return CheckFailedError(absl::StrCat(wrong_, " wrong answers, ", shared_, " shared problems"));
  }

 private:
  absl::Status ReadFile(size_t file) {
    TALLY_ASSIGN_OR_RETURN(const auto in, LineReader::Open(options_.files[file]));
    std::string room;
    absl::string_view line;
    for (uint32_t number = 1;; ++number) {
      TALLY_ASSIGN_OR_RETURN(const bool more, in->Next(&line));
      if (!more) return absl::OkStatus();
      const absl::StatusOr<FoundProblem> found = FindProblem(line, options_.formats, &room);
      if (!found.ok()) return in->ErrorHere(found.status().message());
      const auto& [task, problem] = *found;
      seen_.push_back({ProblemHash(problem, options_.formats[task]), static_cast<uint32_t>(file), number});
      const std::string right = OracleAnswer(problem, options_.formats[task]);
      if (problem.answer == right) continue;
      if (wrong_++ >= kReported) continue;
      TALLY_RETURN_IF_ERROR(out_->Write(
          absl::StrCat(in->name(), ":", number, ": found the answer ", problem.answer, ", expected ", right, "\n")));
    }
  }

  absl::Status CompareFiles() {
    std::sort(seen_.begin(), seen_.end());
    std::vector<std::pair<Seen, Seen>> offenders;  // a line, and the first one with its problem; by places of lines
    const auto before = [](const auto& a, const auto& b) {
      return std::tie(a.first.file, a.first.line) < std::tie(b.first.file, b.first.line);
    };
    size_t first = 0;
    for (size_t i = 1; i < seen_.size(); ++i) {
      if (seen_[i].hash != seen_[first].hash) first = i;
      if (seen_[i].file == seen_[first].file) continue;
      ++shared_;
      const std::pair<Seen, Seen> offender(seen_[i], seen_[first]);
      offenders.insert(std::upper_bound(offenders.begin(), offenders.end(), offender, before), offender);
      if (static_cast<int64_t>(offenders.size()) > kReported) offenders.pop_back();
    }
    for (const auto& [later, earlier] : offenders) {
      TALLY_RETURN_IF_ERROR(out_->Write(absl::StrCat(Place(later), ": the problem of ", Place(earlier), "\n")));
    }
    return absl::OkStatus();
  }

  std::string Place(const Seen& seen) const { return absl::StrCat(options_.files[seen.file], ":", seen.line); }

  const CheckOptions& options_;
  std::unique_ptr<OutputStream> out_;
  std::vector<Seen> seen_;
  int64_t wrong_ = 0, shared_ = 0;
};

}  // namespace

absl::Status CheckProblems(const CheckOptions& options) {
  for (const ProblemFormat& format : options.formats) TALLY_RETURN_IF_ERROR(ValidateProblemFormat(format));
  const std::string clash = FirstClash(options.formats);
  if (!clash.empty()) return UsageError(absl::StrCat("--task: ", clash));
  if (options.files.empty()) return UsageError("check: expected files of problems");
  TALLY_RETURN_IF_ERROR(CheckReplacesNoInput("--out", options.out, options.files));
  return Checker(options).Run();
}

}  // namespace tally
