#include "lib/dataset/row_spool.h"

#include <cstring>
#include <utility>

#include "lib/base/random.h"
#include "lib/base/status_macros.h"

namespace tally {
namespace {

constexpr size_t kFiles = 64;  // of a shuffle

// What stands before the ids of a row in a file.
struct Record {
  int64_t first, second, answer_start, ids;
};

// Takes a row off the beginning of `*bytes`; false where it does not hold a whole one.
bool TakeRow(absl::string_view* bytes, TokenRow* row) {
  Record record;
  if (bytes->size() < sizeof(record)) return false;
  std::memcpy(&record, bytes->data(), sizeof(record));
  if (bytes->size() < sizeof(record) + record.ids) return false;
  const auto* const ids = reinterpret_cast<const uint8_t*>(bytes->data() + sizeof(record));
  row->size = {record.first, record.second};
  row->answer_start = record.answer_start;
  row->ids.assign(ids, ids + record.ids);
  bytes->remove_prefix(sizeof(record) + record.ids);
  return true;
}

}  // namespace

absl::StatusOr<std::unique_ptr<RowSpool>> RowSpool::Open(const std::string& folder, bool shuffle, uint64_t seed) {
  std::vector<std::unique_ptr<SpoolFile>> files(shuffle ? kFiles : 1);
  for (std::unique_ptr<SpoolFile>& file : files) {
    TALLY_ASSIGN_OR_RETURN(file, SpoolFile::Open(folder));
  }
  return std::unique_ptr<RowSpool>(new RowSpool(seed, std::move(files)));
}

absl::Status RowSpool::Add(const TokenRow& row) {
  const uint64_t i = rows_++;
  const size_t file =
      files_.size() == 1 ? 0 : Random(seed_, RandomStream::kRowShuffle, files_.size() + i).Below(files_.size());
  const Record record = {row.size.first, row.size.second, row.answer_start, static_cast<int64_t>(row.ids.size())};
  TALLY_RETURN_IF_ERROR(
      files_[file]->Append(absl::string_view(reinterpret_cast<const char*>(&record), sizeof(record))));
  return files_[file]->Append(absl::string_view(reinterpret_cast<const char*>(row.ids.data()), row.ids.size()));
}

absl::Status RowSpool::ReadAll(absl::FunctionRef<absl::Status(const TokenRow&)> consume) {
  if (files_.size() > 1) {
    for (size_t file = 0; file < files_.size(); ++file) TALLY_RETURN_IF_ERROR(ReadShuffled(file, consume));
    return absl::OkStatus();
  }
  std::string rest;  // the beginning of a row whose end is in the next chunk
  TokenRow row;
  return files_[0]->ReadAll([&](absl::string_view chunk) {
    rest.append(chunk.data(), chunk.size());
    absl::string_view bytes = rest;
    while (TakeRow(&bytes, &row)) TALLY_RETURN_IF_ERROR(consume(row));
    rest = std::string(bytes);
    return absl::OkStatus();
  });
}

absl::Status RowSpool::ReadShuffled(size_t file, absl::FunctionRef<absl::Status(const TokenRow&)> consume) {
  std::string all;
  TALLY_RETURN_IF_ERROR(files_[file]->ReadAll([&](absl::string_view chunk) {
    all.append(chunk.data(), chunk.size());
    return absl::OkStatus();
  }));
  std::vector<absl::string_view> rows;  // each from its beginning on
  TokenRow row;
  absl::string_view bytes = all;
  for (absl::string_view begin = bytes; TakeRow(&bytes, &row); begin = bytes) rows.push_back(begin);
  Random random(seed_, RandomStream::kRowShuffle, file);
  for (size_t i = rows.size(); i > 1; --i) std::swap(rows[i - 1], rows[random.Below(i)]);
  for (absl::string_view begin : rows) {
    TakeRow(&begin, &row);
    TALLY_RETURN_IF_ERROR(consume(row));
  }
  return absl::OkStatus();
}

}  // namespace tally
