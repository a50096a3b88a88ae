// Writer and reader together, and what the reader must refuse.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/streams.h"
#include "lib/dataset/token_stream_reader.h"
#include "lib/dataset/token_stream_writer.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

std::string TempPath(absl::string_view name) { return absl::StrCat(::testing::TempDir(), "/", name); }

// d+d=d for the last digit of i.
TokenizedProblem ExampleOf(int64_t i) {
  const auto id = static_cast<uint8_t>(kFirstDigitId + i % 10);
  return {{1, 1 + i % 3}, {id, 14, id, 17, id}, 4};
}

// A stream of `examples` examples.
std::string StreamOf(int64_t examples) {
  const auto writer = *TokenStreamWriter::Open(TempPath("stream"), DataFormat());
  for (int64_t i = 0; i < examples; ++i) EXPECT_TRUE(writer->Add(ExampleOf(i)).ok());
  EXPECT_TRUE(writer->Commit().ok());
  return *ReadFile(TempPath("stream"));
}

// Reads all of `bytes`; the number of its examples.
absl::StatusOr<int64_t> Examples(const std::string& bytes) {
  std::ofstream(TempPath("read"), std::ios::binary) << bytes;  // WriteFile would wait for the disk each time
  auto reader = TokenStreamReader::Open(TempPath("read"));
  if (!reader.ok()) return reader.status();
  ExampleBlock block;
  int64_t examples = 0;
  while (true) {
    const absl::StatusOr<bool> more = (*reader)->Next(&block);
    if (!more.ok()) return more.status();
    if (!*more) return examples;
    examples += static_cast<int64_t>(block.examples.size());
  }
}

void ExpectRefusal(const std::string& bytes, absl::string_view message) {
  const absl::StatusOr<int64_t> examples = Examples(bytes);
  EXPECT_EQ(ExitCodeOf(examples.status()), kExitBadInput) << examples.status();
  EXPECT_THAT(std::string(examples.status().message()), HasSubstr(std::string(message)));
}

TEST(TokenStreamTest, ExamplesComeBack) {
  StreamOf(9000);  // several blocks
  const auto reader = *TokenStreamReader::Open(TempPath("stream"));
  EXPECT_EQ(reader->data_format().tasks[0].format.task->name(), "addition");
  EXPECT_EQ(reader->data_format().vocabulary.size(), 19);
  ExampleBlock block;
  int64_t i = 0;
  int blocks = 0;
  for (; *reader->Next(&block); ++blocks) {
    EXPECT_EQ(block.first_example, i);
    for (size_t k = 0; k < block.examples.size(); ++k, ++i) {
      const TokenizedProblem example = ExampleOf(i);
      ASSERT_EQ(block.examples[k].ids, 6u);
      EXPECT_EQ(block.examples[k].answer_start, 4u);
      EXPECT_EQ(block.examples[k].second, example.size.second);
      EXPECT_EQ(block.ids[6 * k], example.ids[0]);
      EXPECT_EQ(block.ids[6 * k + 5], kEndId);
    }
  }
  EXPECT_EQ(i, 9000);
  EXPECT_GT(blocks, 1);
  EXPECT_EQ(*Examples(StreamOf(0)), 0);
}

TEST(TokenStreamTest, OtherHeadersAreRefused) {
  ExpectRefusal("", "byte 1: found the end of the stream");
  ExpectRefusal("321+54=861\n", "read:1: found \"321+54=861\", expected a token stream");
  ExpectRefusal("{\"format\":\"tally.token_stream.9\"}\n", "expected a token stream");
  ExpectRefusal("{\"format\":\"tally.token_stream.1\"}\n", "read:1: found no metadata \"vocabulary\"");
  ExpectRefusal(std::string(100000, 'x'), "no newline");
  std::string stream = StreamOf(1);
  stream.replace(stream.find("addition"), 8, "adoption");
  ExpectRefusal(stream, "read:1: found");
}

// Every cut of a whole stream is noticed, wherever it falls.
TEST(TokenStreamTest, CutStreamsAreRefused) {
  const std::string stream = StreamOf(3);
  for (size_t size = 0; size < stream.size(); ++size) {
    EXPECT_EQ(ExitCodeOf(Examples(stream.substr(0, size)).status()), kExitBadInput) << size;
  }
  ExpectRefusal(stream.substr(0, stream.size() - 1), "is cut off after 3 whole examples, expected 1 more bytes");
  ExpectRefusal(stream + "x", "found bytes behind the end of the token stream");
}

// Every changed byte behind the header is noticed.
TEST(TokenStreamTest, DamagedBlocksAreRefused) {
  const std::string stream = StreamOf(3);
  const size_t header = stream.find('\n') + 1;
  for (size_t i = header; i < stream.size(); ++i) {
    std::string damaged = stream;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    EXPECT_EQ(ExitCodeOf(Examples(damaged).status()), kExitBadInput) << i - header;
  }
}

// A stream of one block, whose hash is right, after `change`.
std::string Changed(
    const std::function<void(StreamBlockHead*, std::vector<StreamExampleHead>*, std::string*)>& change) {
  const std::string stream = StreamOf(3);
  const size_t header = stream.find('\n') + 1;
  constexpr size_t kRest = 3 * sizeof(StreamExampleHead) + 18;
  StreamBlockHead head;
  std::memcpy(&head, stream.data() + header, sizeof(head));
  std::vector<StreamExampleHead> examples(3);
  std::memcpy(examples.data(), stream.data() + header + sizeof(head), 3 * sizeof(StreamExampleHead));
  std::string ids = stream.substr(header + sizeof(head) + 3 * sizeof(StreamExampleHead), 18);
  change(&head, &examples, &ids);
  const std::string bytes =
      std::string(reinterpret_cast<const char*>(examples.data()), 3 * sizeof(StreamExampleHead)) + ids;
  head.xxh3 = StreamBlockHash(head, bytes);
  return stream.substr(0, header) + std::string(reinterpret_cast<const char*>(&head), sizeof(head)) + bytes +
         stream.substr(header + sizeof(head) + kRest);
}

TEST(TokenStreamTest, BlocksThatCannotBeAreRefused) {
  using Head = StreamBlockHead;
  using Heads = std::vector<StreamExampleHead>;
  EXPECT_EQ(*Examples(Changed([](Head*, Heads*, std::string*) {})), 3);
  ExpectRefusal(Changed([](Head* h, Heads*, std::string*) { h->first_example = 7; }),
                "begins with example 7, expected example 0");
  ExpectRefusal(Changed([](Head* h, Heads*, std::string*) { h->examples = 5; }), "a block of 5 examples in 66 bytes");
  ExpectRefusal(Changed([](Head* h, Heads*, std::string*) { h->examples = 0; }), "a block of 0 examples in 66 bytes");
  ExpectRefusal(Changed([](Head* h, Heads*, std::string*) { h->bytes = 1u << 31; }), "2147483648 bytes");
  ExpectRefusal(Changed([](Head*, Heads* r, std::string*) { (*r)[1].ids = 1u << 30; }), "in example 1 (from 0)");
  ExpectRefusal(Changed([](Head*, Heads* r, std::string*) { (*r)[2].ids = 0; }), "expected an answer between");
  ExpectRefusal(Changed([](Head*, Heads* r, std::string*) { (*r)[0].answer_start = 2; }), "answer start 2");
  ExpectRefusal(Changed([](Head*, Heads* r, std::string*) { (*r)[0].first = 0; }), "operands with digits");
  ExpectRefusal(Changed([](Head*, Heads*, std::string* ids) { (*ids)[6] = 19; }), "in example 1 (from 0), 6 ids");
  ExpectRefusal(Changed([](Head*, Heads*, std::string* ids) { (*ids)[6] = 19; }), "expected ids below 19");
}

}  // namespace
}  // namespace tally
