// What readers ask of memory for files that lie about their sizes, or are made of the dearest parts that a format has:
// at most the multiple of the file's size, and the constant, of docs/formats/limits.md.
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <new>
#include <string>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/json/bounded_json.h"
#include "lib/checkpoint/pickle_for_test.h"
#include "lib/checkpoint/saved_tensor.h"
#include "lib/config/config.h"
#include "lib/dataset/token_stream_reader.h"
#include "lib/problems/arrow_for_test.h"
#include "lib/problems/pack_for_test.h"
#include "lib/problems/problem_reader.h"
#include "lib/results/cell.h"
#include "lib/results/grid.h"
#include "lib/runs/run_config.pb.h"
#include "lib/safetensors/safetensors.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

std::atomic<int64_t> held{0}, most_held{0};

void* Counted(size_t size) {
  void* const memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  const int64_t now = held += static_cast<int64_t>(malloc_usable_size(memory));
  int64_t most = most_held;
  while (now > most && !most_held.compare_exchange_weak(most, now)) {
  }
  return memory;
}

void Freed(void* memory) {
  if (memory != nullptr) held -= static_cast<int64_t>(malloc_usable_size(memory));
  std::free(memory);
}

}  // namespace

void* operator new(size_t size) { return Counted(size); }
void* operator new[](size_t size) { return Counted(size); }
void operator delete(void* memory) noexcept { Freed(memory); }
void operator delete[](void* memory) noexcept { Freed(memory); }
void operator delete(void* memory, size_t) noexcept { Freed(memory); }
void operator delete[](void* memory, size_t) noexcept { Freed(memory); }

namespace tally {
namespace {

constexpr int64_t kMiB = 1 << 20;

// What `read`, which says whether it took the file, has held at most beyond what was held before.
int64_t MemoryOf(const std::function<absl::Status()>& read, bool taken) {
  const int64_t before = held;
  most_held = before;
  const absl::Status status = read();
  EXPECT_EQ(status.ok(), taken) << status;
  return most_held - before;
}

void ExpectMemory(absl::string_view what, int64_t file_bytes, int64_t multiple, int64_t constant, bool taken,
                  const std::function<absl::Status()>& read) {
  const int64_t memory = MemoryOf(read, taken);
  EXPECT_LE(memory, multiple * file_bytes + constant) << what << ": a file of " << file_bytes << " bytes";
  std::printf("%s: %.1f MB file, %.1f MB memory, %.1f times\n", std::string(what).c_str(), file_bytes / 1e6,
              memory / 1e6, static_cast<double>(memory) / std::max<int64_t>(file_bytes, 1));
}

TEST(MemoryTest, SafetensorsHeaders) {
  const auto read = [](const std::string& file) {
    return [&file] { return ReadSafetensorsContents(file, "file").status(); };
  };
  std::string tensors = "{";
  for (int i = 0; i < 1'000'000; ++i) {
    absl::StrAppend(&tensors, i > 0 ? ",\"" : "\"", i, R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})");
  }
  tensors += "}";
  const std::string million = LittleEndian(tensors.size(), 8) + tensors;
  ExpectMemory("a million tensors", million.size(), 32, kMiB, true, read(million));
  std::string keys = R"({"__metadata__":{)";
  for (int i = 0; i < 200'000; ++i) absl::StrAppend(&keys, i > 0 ? ",\"" : "\"", i, "\":\"\"");
  keys += "}}";
  const std::string metadata = LittleEndian(keys.size(), 8) + keys;
  ExpectMemory("200,000 keys", metadata.size(), 32, kMiB, true, read(metadata));
  for (const uint64_t size : {uint64_t{99'999'999}, uint64_t{1} << 40, UINT64_MAX}) {
    const std::string lie = LittleEndian(size, 8) + "{";
    ExpectMemory("a header that is not there", lie.size(), 32, kMiB, false, read(lie));
  }
  const std::string deep_text = "{\"a\":{\"shape\":" + std::string(kMiB, '[');
  const std::string deep = LittleEndian(deep_text.size(), 8) + deep_text;
  ExpectMemory("a deep header", deep.size(), 32, kMiB, false, read(deep));
}

TEST(MemoryTest, Json) {
  const auto read = [](const std::string& text) {
    return [&text] { return ParseJson(text).is_discarded() ? BadInputError("no JSON") : absl::OkStatus(); };
  };
  std::string lists = "[[]";
  while (lists.size() < kMaxJsonBytes - 8) lists += ",[]";
  lists += "]";
  ExpectMemory("lists of nothing", lists.size(), 40, kMiB, true, read(lists));
  const std::string deep(kMaxJsonBytes, '[');
  ExpectMemory("deep lists", deep.size(), 40, kMiB, false, read(deep));
  const std::string cell = "{\"errors\":" + lists + "}";
  ExpectMemory("a cell", cell.size(), 40, kMiB, false, [&] { return CellFromJson(cell).status(); });
}

TEST(MemoryTest, ConfigurationText) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += "data:\"\" ";
  RunConfig config;
  ExpectMemory("empty texts", text.size(), 40, kMiB, true, [&] { return MergeConfigText(text, "file", &config); });
  const std::string deep = absl::StrCat(std::string(kMiB, '{'));
  ExpectMemory("deep text", deep.size(), 40, kMiB, false, [&] { return MergeConfigText(deep, "file", &config); });
}

TEST(MemoryTest, Pickles) {
  const auto read = [](const std::string& pickle) {
    return [&pickle] { return ReadSavedTensors(pickle, "file").status(); };
  };
  // A dictionary whose keys are empty tuples, of a byte each; and one number that says how large a memo is.
  const std::string tuples =
      PickleOf(absl::StrCat("}", PickledText("model_state"), "}(", std::string(4'000'000, ')'), "us"));
  ExpectMemory("empty tuples", tuples.size(), 110, kMiB, false, read(tuples));
  const std::string memo = PickleOf("Nr\xff\xff\xff\xff");
  ExpectMemory("a memo that is not there", memo.size(), 110, kMiB, false, read(memo));
}

TEST(MemoryTest, TokenStreams) {
  fuzz::MemoryFile file;
  StreamBlockHead head;
  head.examples = 1;
  head.bytes = kMaxStreamBlockBytes;
  const std::string lie = StreamHeader(DataFormat()) + "\n" + std::string(reinterpret_cast<char*>(&head), sizeof(head));
  const std::string path = file.Holding(lie);
  ExpectMemory("a block that is not there", lie.size(), 8, 2 * kMiB, false, [&]() -> absl::Status {
    const auto reader = TokenStreamReader::Open(path);
    ExampleBlock block;
    return reader.ok() ? (*reader)->Next(&block).status() : reader.status();
  });
}

// The lines of `file`, read to the end.
std::function<absl::Status()> ReadProblems(fuzz::MemoryFile* memory, const std::string& file) {
  const std::string path = memory->Holding(file);
  return [path]() -> absl::Status {
    const Vocabulary vocabulary = Vocabulary::Arithmetic();
    const auto reader = ProblemReader::Open({path}, "all", vocabulary);
    if (!reader.ok()) return reader.status();
    absl::string_view line;
    while (true) {
      const absl::StatusOr<bool> more = (*reader)->Next(&line);
      if (!more.ok() || !*more) return more.status();
    }
  };
}

TEST(MemoryTest, ArrowStreams) {
  fuzz::MemoryFile memory;
  const std::string right = ArrowForTest();
  const std::string lie = "\xff\xff\xff\xff" + LittleEndian(1 << 26, 4) + right.substr(8);
  ExpectMemory("a message that is not there", lie.size(), 4, 40 * kMiB, false, ReadProblems(&memory, lie));
  std::string body = right;
  const size_t batch = body.find(LittleEndian(0xB0, 8), 200);  // its body's length
  ASSERT_NE(batch, std::string::npos);
  body.replace(batch, 8, LittleEndian(uint64_t{1} << 62, 8));
  ExpectMemory("a batch that is not there", body.size(), 4, 40 * kMiB, false, ReadProblems(&memory, body));
}

// 200 MB of lines are read in flat memory; a line of 80 MB is refused when it is longer than lines may be.
TEST(MemoryTest, CompressedBombs) {
  fuzz::MemoryFile memory;
  std::string lines;
  for (int i = 0; i < 1'000'000; ++i) lines += "12+3=42\n";
  std::string many = Gzip(lines);
  many = absl::StrCat(many, many, many, many, many);
  many = absl::StrCat(many, many, many, many, many);
  ExpectMemory("gzip, 200 MB of lines", many.size(), 0, 2 * kMiB, true, ReadProblems(&memory, many));
  const std::string line = Gzip(std::string(80'000'000, '1'));
  ExpectMemory("gzip, a line of 80 MB", line.size(), 0, 200 * kMiB, false, ReadProblems(&memory, line));
  const std::string twice = Gzip(Gzip(Gzip(Gzip(Gzip("12+3=42\n")))));
  ExpectMemory("gzip in gzip", twice.size(), 0, 2 * kMiB, false, ReadProblems(&memory, twice));
}

TEST(MemoryTest, Grids) {
  ExpectMemory("a grid of 100 million cells", 32, 0, 8 * kMiB, false,
               [] { return ParseGrid("rows=1..10000 cols=1..10000").status(); });
  std::string again = "rows=1";
  for (int i = 0; i < 1000; ++i) again += ",1..1000000";
  ExpectMemory("lengths named again and again", again.size(), 0, 200 * kMiB, false,
               [&] { return ParseGrid(again).status(); });
}

}  // namespace
}  // namespace tally
