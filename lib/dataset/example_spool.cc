#include "lib/dataset/example_spool.h"

#include <cstring>
#include <utility>

#include "lib/base/random.h"
#include "lib/base/status_macros.h"

namespace tally {
namespace {

constexpr size_t kFiles = 64;  // of a shuffle

// What precedes the ids of an example in a file.
struct Record {
  int64_t first, second, answer_start, task, ids;
};

// Takes an example off the beginning of `*bytes`; false where it does not hold a whole one.
bool TakeExample(absl::string_view* bytes, TokenizedProblem* example) {
  Record record;
  if (bytes->size() < sizeof(record)) return false;
  std::memcpy(&record, bytes->data(), sizeof(record));
  if (bytes->size() < sizeof(record) + record.ids) return false;
  const auto* const ids = reinterpret_cast<const uint8_t*>(bytes->data() + sizeof(record));
  example->size = {record.first, record.second};
  example->answer_start = record.answer_start;
  example->task = record.task;
  example->ids.assign(ids, ids + record.ids);
  bytes->remove_prefix(sizeof(record) + record.ids);
  return true;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ExampleSpool>> ExampleSpool::Open(const std::string& folder, bool shuffle,
                                                                 uint64_t seed) {
  std::vector<std::unique_ptr<SpoolFile>> files(shuffle ? kFiles : 1);
  for (std::unique_ptr<SpoolFile>& file : files) {
    TALLY_ASSIGN_OR_RETURN(file, SpoolFile::Open(folder));
  }
  return std::unique_ptr<ExampleSpool>(new ExampleSpool(seed, std::move(files)));
}

absl::Status ExampleSpool::Add(const TokenizedProblem& example) {
  const uint64_t i = examples_++;
  const size_t file =
      files_.size() == 1 ? 0 : Random(seed_, RandomStream::kExampleShuffle, files_.size() + i).Below(files_.size());
  const Record record = {example.size.first, example.size.second, example.answer_start,
                         static_cast<int64_t>(example.task), static_cast<int64_t>(example.ids.size())};
  TALLY_RETURN_IF_ERROR(
      files_[file]->Append(absl::string_view(reinterpret_cast<const char*>(&record), sizeof(record))));
  return files_[file]->Append(absl::string_view(reinterpret_cast<const char*>(example.ids.data()), example.ids.size()));
}

absl::Status ExampleSpool::ReadAll(absl::FunctionRef<absl::Status(const TokenizedProblem&)> consume) {
  if (files_.size() > 1) {
    for (size_t file = 0; file < files_.size(); ++file) TALLY_RETURN_IF_ERROR(ReadShuffled(file, consume));
    return absl::OkStatus();
  }
  std::string rest;  // the beginning of an example whose end is in the next chunk
  TokenizedProblem example;
  return files_[0]->ReadAll([&](absl::string_view chunk) {
    rest.append(chunk.data(), chunk.size());
    absl::string_view bytes = rest;
    while (TakeExample(&bytes, &example)) TALLY_RETURN_IF_ERROR(consume(example));
    rest = std::string(bytes);
    return absl::OkStatus();
  });
}

absl::Status ExampleSpool::ReadShuffled(size_t file, absl::FunctionRef<absl::Status(const TokenizedProblem&)> consume) {
  std::string all;
  TALLY_RETURN_IF_ERROR(files_[file]->ReadAll([&](absl::string_view chunk) {
    all.append(chunk.data(), chunk.size());
    return absl::OkStatus();
  }));
  std::vector<absl::string_view> examples;  // each from its beginning on
  TokenizedProblem example;
  absl::string_view bytes = all;
  for (absl::string_view begin = bytes; TakeExample(&bytes, &example); begin = bytes) examples.push_back(begin);
  Random random(seed_, RandomStream::kExampleShuffle, file);
  for (size_t i = examples.size(); i > 1; --i) std::swap(examples[i - 1], examples[random.Below(i)]);
  for (absl::string_view begin : examples) {
    TakeExample(&begin, &example);
    TALLY_RETURN_IF_ERROR(consume(example));
  }
  return absl::OkStatus();
}

}  // namespace tally
