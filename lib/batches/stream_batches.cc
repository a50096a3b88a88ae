#include "lib/batches/stream_batches.h"

#include <algorithm>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "lib/base/exit_code.h"
#include "lib/base/process.h"
#include "lib/base/progress.h"
#include "lib/base/status_macros.h"

namespace tally {
namespace {

constexpr size_t kPoolsAhead = 2;

template <typename T>
absl::string_view BytesOf(const std::vector<T>& values) {
  return absl::string_view(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
}

}  // namespace

absl::StatusOr<std::unique_ptr<StreamBatches>> StreamBatches::Open(const std::string& path,
                                                                   const BatchOptions& options) {
  TALLY_ASSIGN_OR_RETURN(std::unique_ptr<TokenStreamReader> reader, TokenStreamReader::Open(path));
  return absl::WrapUnique(new StreamBatches(std::move(reader), options));
}

StreamBatches::StreamBatches(std::unique_ptr<TokenStreamReader> reader, const BatchOptions& options)
    : options_(options),
      reader_(std::move(reader)),
      formats_(FormatsOf(reader_->data_format().tasks)),
      queue_(kPoolsAhead) {
  facts_.format = reader_->data_format();
  facts_.description = "a stream of problems";
  hash_.Add(StreamHeader(facts_.format));
  hash_before_ = hash_.Hex();
  thread_ = std::thread([this] { ReadAhead(); });
}

StreamBatches::~StreamBatches() {
  queue_.Close();
  reader_->Cancel();
  thread_.join();
}

void StreamBatches::ReadAhead() {
  auto end = std::make_unique<Pool>();
  end->end = ReadExamples();
  queue_.Push(std::move(end));
}

// Returns what ends the stream; never OK.
absl::Status StreamBatches::ReadExamples() {
  ExampleBlock block;
  int64_t examples = 0;
  auto pool = std::make_unique<Pool>();
  while (true) {
    TALLY_ASSIGN_OR_RETURN(const bool more, reader_->Next(&block));
    if (!more) {
      return BadInputError(absl::StrCat("the token stream ends after ", examples, " examples, expected ",
                                        (pools_read_ + 1) * PoolExamples(options_),
                                        ": a run takes whole pools of train.pool_batches * train.batch_size examples"));
    }
    auto ids = block.ids.begin();
    for (const StreamExampleHead& head : block.examples) {
      pool->heads.push_back(head);
      pool->ids.insert(pool->ids.end(), ids, ids + head.ids);
      ids += head.ids;
      ++examples;
      if (static_cast<int64_t>(pool->heads.size()) < PoolExamples(options_)) continue;
      if (!Finish(std::move(pool))) return OutputClosedError();
      pool = std::make_unique<Pool>();
    }
  }
}

// Orders the examples of a full pool and puts it into the queue; false where nobody wants it any more.
bool StreamBatches::Finish(std::unique_ptr<Pool> pool) {
  hash_.Add(BytesOf(pool->heads));
  hash_.Add(BytesOf(pool->ids));
  pool->hash = hash_.Hex();
  std::vector<Example> examples;
  std::vector<PoolKey> keys;
  size_t begin = 0;
  pool->tasks = reader_->data_format().tasks;
  for (const StreamExampleHead& head : pool->heads) {
    const absl::Span<const uint8_t> ids(pool->ids.data() + begin, head.ids);
    begin += head.ids;
    examples.push_back(
        {ids, head.answer_start, pools_read_ * PoolExamples(options_) + static_cast<int64_t>(examples.size())});
    keys.push_back(PoolKeyOf(ids, options_));
    TaskFacts& task = pool->tasks[FormatOfExample(ids, formats_, reader_->data_format().vocabulary)];
    task.first_operand.Widen(head.first);
    task.second_operand.Widen(head.second);
    pool->extent.Add(ids);
  }
  for (const int64_t i : PoolOrder(keys, pools_read_, options_)) pool->examples.push_back(examples[i]);
  ++pools_read_;
  return queue_.Push(std::move(pool));
}

// The next pool from the thread.
absl::Status StreamBatches::Next(std::unique_ptr<Pool>* pool) {
  constexpr absl::Duration kLookForSignals = absl::Milliseconds(100);
  while (true) {
    const bool popped = queue_.Pop(kLookForSignals, pool);
    if (popped && (*pool)->end.ok()) return absl::OkStatus();
    // Signals often go to all programs of a pipe, so that the end of the stream is the signal's doing.
    if (popped) absl::SleepFor(kLookForSignals);
    if (StopRequested()) return StoppedError("stopped while waiting for the token stream");
    if (!popped) continue;
    const absl::Status end = (*pool)->end;
    queue_.Push(std::move(*pool));  // for later calls
    return end;
  }
}

absl::Status StreamBatches::LoadPool() {
  std::unique_ptr<Pool> pool;
  TALLY_RETURN_IF_ERROR(Next(&pool));
  for (size_t t = 0; t < pool->tasks.size(); ++t) {
    facts_.format.tasks[t].first_operand.Widen(pool->tasks[t].first_operand);
    facts_.format.tasks[t].second_operand.Widen(pool->tasks[t].second_operand);
  }
  facts_.longest_example = std::max(facts_.longest_example, pool->extent.longest_example);
  facts_.longest_number = std::max(facts_.longest_number, pool->extent.longest_number);
  pools_.push_back(std::move(pool));
  return absl::OkStatus();
}

absl::Status StreamBatches::DropPoolsBefore(int64_t pool) {
  if (pool < first_pool_) return absl::InternalError(absl::StrCat("a stream cannot go back to pool ", pool));
  Progress progress("passing over used problems", pool * PoolExamples(options_));
  for (; first_pool_ < pool; ++first_pool_) {
    if (pools_.empty()) {  // never while a run takes problem after problem: it continues here
      if (StopRequested()) return StoppedError("stopped while passing over used problems");
      TALLY_RETURN_IF_ERROR(LoadPool());
      progress.Update(first_pool_ * PoolExamples(options_));
    }
    hash_before_ = pools_.front()->hash;
    pools_.pop_front();
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> StreamBatches::Fingerprint(int64_t first) {
  TALLY_RETURN_IF_ERROR(DropPoolsBefore(first / PoolExamples(options_)));
  // A run that saved in the middle of a pool had seen all of it: facts() must be the same when it continues.
  if (first % PoolExamples(options_) > 0 && pools_.empty()) TALLY_RETURN_IF_ERROR(LoadPool());
  return absl::StrCat("a stream whose first ", first_pool_ * PoolExamples(options_), " problems have hash ",
                      hash_before_);
}

absl::StatusOr<Batch> StreamBatches::Take(int64_t first, int64_t count) {
  const int64_t size = PoolExamples(options_);
  TALLY_RETURN_IF_ERROR(DropPoolsBefore(first / size));
  while (first_pool_ + static_cast<int64_t>(pools_.size()) <= (first + count - 1) / size) {
    TALLY_RETURN_IF_ERROR(LoadPool());
  }
  std::vector<Example> examples;
  for (int64_t i = first; i < first + count; ++i) {
    examples.push_back(pools_[i / size - first_pool_]->examples[i % size]);
  }
  return MakeBatch(examples, options_.answer_only);
}

}  // namespace tally
