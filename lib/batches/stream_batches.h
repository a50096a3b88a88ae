// The batches of a token stream: those that a data set with the same examples gives in the order of its file.
// Torch-free.
//
//   1. A thread reads examples ahead, checks them, and cuts them into pools of pool_batches * batch_size, a few of
//      which wait in a queue: training does not wait for the pipe.
//   2. Take sorts a pool (example_order.h) and returns its batches.
//   3. A run that continues is given the stream from its first example. Asked for examples further on, Take and
//      Fingerprint pass over the pools before them, and hash these, so that another stream is noticed.
#ifndef TALLY_LIB_BATCHES_STREAM_BATCHES_H_
#define TALLY_LIB_BATCHES_STREAM_BATCHES_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/base/bounded_queue.h"
#include "lib/base/checksums.h"
#include "lib/batches/batch.h"
#include "lib/batches/example_order.h"
#include "lib/dataset/token_stream_reader.h"

namespace tally {

class StreamBatches : public BatchSource {
 public:
  // Reads the header of the stream in `path`, "-" for standard input, and starts to read ahead. BadInput where there is
  // no such header. MissingInput.
  static absl::StatusOr<std::unique_ptr<StreamBatches>> Open(const std::string& path, const BatchOptions& options);
  ~StreamBatches() override;

  // Of the examples so far; lengths grow as examples come.
  const DataFacts& facts() const override { return facts_; }

  // Not before the problems of an earlier call. BadInput where the stream is damaged, cut off, or ends before all pools
  // that the problems are in; Stopped where a stop signal comes while the pipe is silent.
  absl::StatusOr<Batch> Take(int64_t first, int64_t count) override;

  // Names the hash of the examples in the pools before that of problem `first`. Errors of Take.
  absl::StatusOr<std::string> Fingerprint(int64_t first) override;

 private:
  struct Pool {
    std::vector<StreamExampleHead> heads;
    std::vector<uint8_t> ids;       // of all examples, one after another
    std::vector<Example> examples;  // in the order of the run; they point into ids
    std::vector<TaskFacts> tasks;   // those of facts_, with the lengths of the pool's operands
    ExampleExtent extent;
    std::string hash;  // of the stream up to the pool's end
    absl::Status end;  // where not OK, there is no pool, but this is why the stream has ended
  };

  StreamBatches(std::unique_ptr<TokenStreamReader> reader, const BatchOptions& options);
  void ReadAhead();
  absl::Status ReadExamples();
  bool Finish(std::unique_ptr<Pool> pool);
  absl::Status Next(std::unique_ptr<Pool>* pool);
  absl::Status DropPoolsBefore(int64_t pool);
  absl::Status LoadPool();

  const BatchOptions options_;
  const std::unique_ptr<TokenStreamReader> reader_;
  const std::vector<ProblemFormat> formats_;
  DataFacts facts_;

  // Of the reading thread.
  ContentHash hash_;
  int64_t pools_read_ = 0;
  BoundedQueue<std::unique_ptr<Pool>> queue_;

  std::deque<std::unique_ptr<Pool>> pools_;  // that Take still needs
  int64_t first_pool_ = 0;                   // number of pools_[0], or of the next pool
  std::string hash_before_;                  // of the stream up to the beginning of first_pool_
  std::thread thread_;
};

}  // namespace tally

#endif  // TALLY_LIB_BATCHES_STREAM_BATCHES_H_
