#include "lib/results/cell_writer.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <limits>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"

namespace tally {
namespace {

// What the lines of FILE.partial begin with.
constexpr char kSettings[] = "settings ";
constexpr char kLog[] = "log ";
constexpr char kAnswer[] = "answer ";
constexpr char kCell[] = "cell ";
constexpr char kDone[] = "done";

// Adds the cell of a line of FILE.partial, if it has one, to `*group`.
absl::Status ReadGroupLine(absl::string_view line, std::vector<Cell>* group) {
  if (line == kDone || absl::StartsWith(line, kLog) || absl::StartsWith(line, kAnswer)) return absl::OkStatus();
  if (!absl::ConsumePrefix(&line, kCell)) return BadInputError("found no line of an unfinished evaluation");
  TALLY_ASSIGN_OR_RETURN(const Cell cell, CellFromJson(line));
  group->push_back(cell);
  return absl::OkStatus();
}

// Whether cells for `path` have to be written at once: what is there is not a regular file.
bool WritesThrough(const std::string& path) {
  struct stat info;
  return path == "-" || path == "/dev/stdout" || (stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode));
}

absl::Status ValidateLogs(const std::string& out, const LogFiles& logs) {
  const auto refused = [](const char* flag, const std::string& file) {
    return UsageError(absl::StrCat(flag, "=", file, "; expected a file of its own"));
  };
  if (logs.wrong == "-" || (!logs.wrong.empty() && logs.wrong == out)) return refused("--log_samples", logs.wrong);
  const bool shared = !logs.answers.empty() && (logs.answers == out || logs.answers == logs.wrong);
  return logs.answers == "-" || shared ? refused("--log_answers", logs.answers) : absl::OkStatus();
}

// The stream of a log; null for none.
absl::StatusOr<std::unique_ptr<OutputStream>> OpenLog(const std::string& file) {
  if (file.empty()) return std::unique_ptr<OutputStream>();
  return OutputStream::Open(file);
}

absl::Status WriteLines(const std::vector<std::string>& lines, OutputStream* out) {
  for (const std::string& line : lines) TALLY_RETURN_IF_ERROR(out->Write(absl::StrCat(line, "\n")));
  return absl::OkStatus();
}

}  // namespace

CellWriter::CellWriter(std::string out, LogFiles logs)
    : out_(std::move(out)), logs_(std::move(logs)), partial_(absl::StrCat(out_, ".partial")) {}

CellWriter::~CellWriter() {
  if (keeps() && groups_ == 0 && !committed_) unlink(partial_.c_str());
}

absl::StatusOr<std::unique_ptr<CellWriter>> CellWriter::Open(const std::string& out, const LogFiles& logs,
                                                             const Settings& settings) {
  TALLY_RETURN_IF_ERROR(ValidateLogs(out, logs));
  std::unique_ptr<CellWriter> writer(new CellWriter(out, logs));
  // Opened in any case, so that a file that cannot be made is an error before the work and not after it.
  TALLY_ASSIGN_OR_RETURN(writer->direct_, OutputStream::Open(out));
  TALLY_ASSIGN_OR_RETURN(writer->direct_wrong_, OpenLog(logs.wrong));
  TALLY_ASSIGN_OR_RETURN(writer->direct_answers_, OpenLog(logs.answers));
  if (WritesThrough(out)) return writer;
  writer->direct_.reset();
  writer->direct_wrong_.reset();
  writer->direct_answers_.reset();
  TALLY_RETURN_IF_ERROR(writer->OpenPartial(settings));
  return writer;
}

absl::Status CellWriter::OpenPartial(const Settings& settings) {
  TALLY_ASSIGN_OR_RETURN(kept_, AppendFile::Open(partial_));
  // Some network file systems have no locks; nothing is lost there but this check.
  if (flock(kept_->fd(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    kept_.reset();
    return CannotCreateError(absl::StrCat(partial_, ": another process is writing it"));
  }
  const absl::Status status = ReadPartial(settings);
  if (!status.ok()) kept_.reset();  // what is there stays
  return status;
}

// Counts whole groups and cuts off the rest.
absl::Status CellWriter::ReadPartial(const Settings& settings) {
  TALLY_ASSIGN_OR_RETURN(const std::string text, ReadFile(partial_, std::numeric_limits<int64_t>::max()));
  std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  lines.pop_back();  // what follows the last newline was torn
  std::vector<Cell> group;
  int64_t number = 0, end = 0, kept = 0;
  for (const absl::string_view line : lines) {
    end += static_cast<int64_t>(line.size()) + 1;
    const absl::Status status = ++number == 1 ? CheckSettings(line, settings) : ReadGroupLine(line, &group);
    if (ExitCodeOf(status) == kExitBadInput) {
      return BadInputError(absl::StrCat(partial_, ":", number, ": ", status.message(), "; remove it to start again"));
    }
    TALLY_RETURN_IF_ERROR(status);
    if (line == kDone) {
      ++groups_;
      cells_.insert(cells_.end(), group.begin(), group.end());
      group.clear();
    }
    if (line == kDone || number == 1) kept = end;
  }
  TALLY_RETURN_IF_ERROR(kept_->Cut(kept));
  return kept > 0 ? absl::OkStatus() : kept_->Append(absl::StrCat(kSettings, SettingsToJson(settings), "\n"));
}

absl::Status CellWriter::CheckSettings(absl::string_view line, const Settings& settings) const {
  if (!absl::ConsumePrefix(&line, kSettings)) return BadInputError("found no settings of an unfinished evaluation");
  TALLY_ASSIGN_OR_RETURN(const Settings found, SettingsFromJson(line));
  const std::string difference = Difference(settings, found);
  if (difference.empty()) return absl::OkStatus();
  return UsageError(
      absl::StrCat(partial_, " has cells of another evaluation: ", difference, "; remove it to start again"));
}

absl::Status CellWriter::Add(const std::vector<Cell>& cells, const LogLines& lines) {
  cells_.insert(cells_.end(), cells.begin(), cells.end());
  ++groups_;
  std::string group;
  if (keeps()) {
    for (const std::string& line : lines.wrong) absl::StrAppend(&group, kLog, line, "\n");
    for (const std::string& line : lines.answers) absl::StrAppend(&group, kAnswer, line, "\n");
    for (const Cell& cell : cells) absl::StrAppend(&group, kCell, CellToJson(cell), "\n");
    return kept_->Append(absl::StrCat(group, kDone, "\n"));
  }
  for (const Cell& cell : cells) absl::StrAppend(&group, CellToJson(cell), "\n");
  TALLY_RETURN_IF_ERROR(direct_->Write(group));
  TALLY_RETURN_IF_ERROR(WriteLines(lines.wrong, direct_wrong_.get()));
  TALLY_RETURN_IF_ERROR(WriteLines(lines.answers, direct_answers_.get()));
  return direct_->Flush();
}

// Writes the lines of FILE.partial that begin with `kind` to `path`, without that word.
absl::Status CellWriter::CopyLines(const std::string& kind, const std::string& path) {
  TALLY_ASSIGN_OR_RETURN(const auto reader, LineReader::Open(partial_));
  TALLY_ASSIGN_OR_RETURN(const auto stream, OutputStream::Open(path));
  absl::string_view line;
  while (true) {
    TALLY_ASSIGN_OR_RETURN(const bool more, reader->Next(&line));
    if (!more) break;
    if (absl::ConsumePrefix(&line, kind)) TALLY_RETURN_IF_ERROR(stream->Write(absl::StrCat(line, "\n")));
  }
  return stream->Commit();
}

absl::Status CellWriter::Commit() {
  if (keeps()) {
    if (!logs_.wrong.empty()) TALLY_RETURN_IF_ERROR(CopyLines(kLog, logs_.wrong));
    if (!logs_.answers.empty()) TALLY_RETURN_IF_ERROR(CopyLines(kAnswer, logs_.answers));
    TALLY_RETURN_IF_ERROR(CopyLines(kCell, out_));
    unlink(partial_.c_str());
  } else {
    if (direct_wrong_ != nullptr) TALLY_RETURN_IF_ERROR(direct_wrong_->Commit());
    if (direct_answers_ != nullptr) TALLY_RETURN_IF_ERROR(direct_answers_->Commit());
    TALLY_RETURN_IF_ERROR(direct_->Commit());
  }
  committed_ = true;
  return absl::OkStatus();
}

}  // namespace tally
