// Rules that read ids off a row of tokens, which may be any: a model makes such rows while it generates.
#include <algorithm>
#include <cstring>

#include "lib/dataset/data_format.h"
#include "lib/dataset/example_facts.h"
#include "lib/model/positions/labelled_ids.h"
#include "lib/model/positions/position_ids.h"
#include "lib/tokenizer/vocabulary.h"
#include "tests/fuzz/fuzz_target.h"

namespace tally::fuzz {
namespace {

using Row = std::vector<int64_t>;

// Each byte is an id, and some are such as no vocabulary has.
Row RowOf(absl::string_view bytes) {
  Row row;
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    row.push_back(byte == 0xff ? INT64_MAX : byte == 0xfe ? INT64_MIN : byte == 0xfd ? -1 : byte);
  }
  return row;
}

// The rules, each as one row of ids.
std::vector<Row> IdsOf(const Row& row, size_t length) {
  std::vector<Row> ids(12, Row(length));
  AbacusIds(row.data(), length, ids[0].data());
  CoupledIds(row.data(), length, ids[1].data());
  NumberIds(row.data(), length, ids[2].data());
  ScratchpadIds(row.data(), length, ids[3].data(), ids[4].data());
  SegmentIds(row.data(), length, ids[5].data());
  LabelledIds(row.data(), length, ids[6].data(), ids[7].data());
  InsertionRowIds(row.data(), length, ids[8].data(), ids[9].data());
  LabelledScratchpadIds(row.data(), length, ids[10].data(), ids[11].data());
  return ids;
}

}  // namespace

void CheckLaws(absl::string_view input) {
  const Row row = RowOf(input);
  const std::vector<Row> whole = IdsOf(row, row.size());
  for (const Row& ids : whole) {
    for (const int64_t id : ids) TALLY_LAW(0 <= id && id <= 2 * static_cast<int64_t>(row.size()) + 5);
  }
  // What comes later changes nothing before: the rules are causal.
  for (size_t length : {row.size() / 2, row.size() - row.size() / 3}) {
    const std::vector<Row> part = IdsOf(row, length);
    for (size_t rule = 0; rule < part.size(); ++rule) {
      TALLY_LAW(std::equal(part[rule].begin(), part[rule].end(), whole[rule].begin()));
    }
  }
  int64_t digits = 0;
  for (const int64_t count : OperandDigits(row.data(), row.size())) digits += count;
  TALLY_LAW(digits <= static_cast<int64_t>(row.size()));
  static const Vocabulary& vocabulary = *new Vocabulary(*Vocabulary::ByName("all"));
  TALLY_LAW(vocabulary.Decode(row.data(), static_cast<int64_t>(row.size())).size() <= 5 * row.size());
  const auto example = absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  for (const int64_t start : {int64_t{-1}, int64_t{0}, int64_t{4}, static_cast<int64_t>(input.size())}) {
    if (!AnswerIsInPlace(example, start, vocabulary)) continue;
    TALLY_LAW(example[start - 1] == vocabulary.equals_id() && example.back() == kEndId);
    ExampleExtent extent;
    extent.Add(example);
    TALLY_LAW(extent.longest_example == static_cast<int64_t>(example.size()));
  }
  const std::vector<ProblemFormat> formats = {ProblemFormat(), ProblemFormat(TaskNamed("sorting"), {})};
  TALLY_LAW(FormatOfExample(example, formats, vocabulary) < formats.size());
}

std::vector<std::string> Seeds() {
  std::vector<std::string> seeds;
  const Vocabulary all = *Vocabulary::ByName("all");
  for (const char* line : {"12+345=678", "12x34=560+780", "1+2+3=3+6", "A:12,B:3=B,A", "A:12,B:3=/A<A;/BA:0<BA;/=B,A",
                           "12-34=-22", "#0110=0", "1 2 +3=", "="}) {
    std::vector<uint8_t> ids;
    TALLY_LAW(all.Encode(line, &ids).ok());
    ids.push_back(kEndId);
    seeds.emplace_back(ids.begin(), ids.end());
  }
  return seeds;
}

std::vector<std::string> Words() {
  return {"\x0e", "\x10", "\x11", "\x03", std::string(1, '\0'), "\xff", "\xfe", "\xfd", "\x04\x05\x06\x07\x08\x09"};
}

}  // namespace tally::fuzz
