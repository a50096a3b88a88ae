#include "lib/checkpoint/pickle.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "lib/base/exit_code.h"

namespace tally {
namespace {

constexpr size_t kMaxPickleBytes = size_t{4} << 20;

// Opcodes by their names in Python's pickletools.
enum Opcode : uint8_t {
  kMark = '(',
  kStop = '.',
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kLong1 = 0x8a,
  kBinFloat = 'G',
  kNone = 'N',
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kBinUnicode = 'X',
  kEmptyTuple = ')',
  kTuple = 't',
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kEmptyList = ']',
  kAppend = 'a',
  kAppends = 'e',
  kEmptyDict = '}',
  kSetItem = 's',
  kSetItems = 'u',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kBinGet = 'h',
  kLongBinGet = 'j',
  kGlobal = 'c',
  kReduce = 'R',
  kBuild = 'b',
  kBinPersId = 'Q',
};

}  // namespace

// The machine that a pickle is a program for: a stack of values, marks on it, and a memo of values to use again. After
// the first error every step leaves things as they are.
class PickleReader {
 public:
  explicit PickleReader(absl::string_view bytes) : rest_(bytes), size_(bytes.size()) {}

  // Carries out all opcodes. The values, or nothing and error().
  bool Run(Pickle* pickle) {
    if (Bytes(2) != "\x80\x02") Fail("found no protocol 2, expected what torch.save writes");
    for (uint8_t opcode = 0; ok() && opcode != kStop;) {
      opcode = static_cast<uint8_t>(Little(1));
      if (ok()) Step(opcode);
    }
    if (ok() && !rest_.empty()) Fail(absl::StrCat("found ", rest_.size(), " bytes behind its end, expected none"));
    if (ok() && (stack_.size() != 1 || !marks_.empty())) Fail("found its end, expected one value by then");
    if (!ok()) return false;
    pickle->root_ = stack_[0];
    pickle->values_ = std::move(values_);
    return true;
  }

  // Where and what; counts bytes from 1.
  std::string error() const { return absl::StrCat("byte ", size_ - error_rest_, " of its pickle: ", error_); }

 private:
  bool ok() const { return error_.empty(); }

  void Fail(absl::string_view message) {
    if (!ok()) return;
    error_ = std::string(message);
    error_rest_ = rest_.size();
  }

  absl::string_view Bytes(size_t size) {
    if (ok() && size > rest_.size()) Fail("found the end of the file within a value, expected the rest of it");
    if (!ok()) return "";
    const absl::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }

  // A number of `size` bytes, little-endian, without a sign; `size` is at most 8.
  uint64_t Little(size_t size) {
    uint64_t number = 0;
    const absl::string_view bytes = Bytes(size);
    for (size_t i = 0; i < bytes.size(); ++i) number |= uint64_t{static_cast<uint8_t>(bytes[i])} << 8 * i;
    return number;
  }

  // The same in two's complement.
  int64_t SignedLittle(size_t size) {
    const int unused = 64 - 8 * static_cast<int>(size);
    return size == 0 ? 0 : static_cast<int64_t>(Little(size) << unused) >> unused;
  }

  PickleValue* Push(PickleKind kind) {
    values_.emplace_back().kind = kind;
    stack_.push_back(static_cast<uint32_t>(values_.size() - 1));
    return &values_.back();
  }

  // Takes `count` values off the stack that lie above the last mark.
  std::vector<uint32_t> Pop(size_t count) {
    const size_t floor = marks_.empty() ? 0 : marks_.back();
    if (ok() && stack_.size() - floor < count) Fail(absl::StrCat("found an empty stack, expected ", count, " values"));
    if (!ok()) return std::vector<uint32_t>(count);
    std::vector<uint32_t> values(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    return values;
  }

  // Takes all values above the last mark, and the mark.
  std::vector<uint32_t> PopMark() {
    if (marks_.empty()) Fail("found no mark, expected one");
    if (!ok()) return {};
    std::vector<uint32_t> values = Pop(stack_.size() - marks_.back());
    marks_.pop_back();
    return values;
  }

  void Step(uint8_t opcode) {
    if (opcode == kStop || Scalar(opcode) || Tuple(opcode) || Container(opcode) || Memo(opcode) || Object(opcode))
      return;
    Fail(absl::StrFormat("found opcode 0x%02x, expected what torch.save writes", opcode));
  }

  // The five below: whether the opcode is one of theirs; then it was carried out.
  bool Scalar(uint8_t opcode) {
    switch (opcode) {
      case kNone:
        return Push(PickleKind::kNone);
      case kNewTrue:
      case kNewFalse:
        return Number(PickleKind::kBool, opcode == kNewTrue ? 1 : 0);
      case kBinInt:
        return Number(PickleKind::kInt, SignedLittle(4));
      case kBinInt1:
        return Number(PickleKind::kInt, static_cast<int64_t>(Little(1)));
      case kBinInt2:
        return Number(PickleKind::kInt, static_cast<int64_t>(Little(2)));
      case kLong1:
        return Long();
      case kBinFloat:
        Bytes(8);
        return Push(PickleKind::kFloat);
      case kBinUnicode:
        Push(PickleKind::kText)->text = Bytes(Little(4));
        return true;
      default:
        return false;
    }
  }

  bool Number(PickleKind kind, int64_t number) {
    Push(kind)->number = number;
    return true;
  }

  bool Long() {
    const size_t size = Little(1);
    if (size > 8) Fail(absl::StrCat("found a number of ", size, " bytes, expected at most 8"));
    return Number(PickleKind::kInt, ok() ? SignedLittle(size) : 0);
  }

  bool Tuple(uint8_t opcode) {
    const auto push = [this](std::vector<uint32_t> parts) {
      Push(PickleKind::kTuple)->parts = std::move(parts);
      return true;
    };
    if (opcode == kEmptyTuple) return push({});
    if (opcode == kTuple) return push(PopMark());
    if (opcode >= kTuple1 && opcode <= kTuple3) return push(Pop(opcode - kTuple1 + 1));
    return false;
  }

  bool Container(uint8_t opcode) {
    switch (opcode) {
      case kMark:
        marks_.push_back(stack_.size());
        return true;
      case kEmptyList:
        return Push(PickleKind::kList);
      case kEmptyDict:
        return Push(PickleKind::kDict);
      case kAppend:
        return Add(PickleKind::kList, Pop(1));
      case kAppends:
        return Add(PickleKind::kList, PopMark());
      case kSetItem:
        return Add(PickleKind::kDict, Pop(2));
      case kSetItems:
        return Add(PickleKind::kDict, PopMark());
      default:
        return false;
    }
  }

  // Adds parts to the container on top of the stack.
  bool Add(PickleKind kind, const std::vector<uint32_t>& parts) {
    const uint32_t top = Pop(1)[0];
    if (ok() && values_[top].kind != kind) Fail("found items of something else, expected a list or dictionary");
    if (ok() && kind == PickleKind::kDict && parts.size() % 2 != 0) Fail("found a key without a value, expected both");
    if (!ok()) return true;
    stack_.push_back(top);
    std::vector<uint32_t>& all = values_[top].parts;
    all.insert(all.end(), parts.begin(), parts.end());
    return true;
  }

  bool Memo(uint8_t opcode) {
    switch (opcode) {
      case kBinPut:
        return Put(Little(1));
      case kLongBinPut:
        return Put(Little(4));
      case kBinGet:
        return Get(Little(1));
      case kLongBinGet:
        return Get(Little(4));
      default:
        return false;
    }
  }

  // Python counts the memo up, so that a place of the file's choice needs no memory.
  bool Put(uint64_t place) {
    const uint32_t top = Pop(1)[0];
    if (ok() && place > memo_.size()) Fail(absl::StrCat("found place ", place, ", expected ", memo_.size()));
    if (!ok()) return true;
    stack_.push_back(top);
    if (place == memo_.size()) memo_.push_back(top);
    memo_[place] = top;
    return true;
  }

  bool Get(uint64_t place) {
    if (ok() && place >= memo_.size()) Fail(absl::StrCat("found place ", place, ", expected one that was filled"));
    if (ok()) stack_.push_back(memo_[place]);
    return true;
  }

  bool Object(uint8_t opcode) {
    switch (opcode) {
      case kGlobal:
        Push(PickleKind::kGlobal)->text = TwoLines();
        return true;
      case kReduce:
        return Call(Pop(2));
      case kBuild:
        Pop(1);
        return true;
      case kBinPersId: {
        std::vector<uint32_t> name = Pop(1);
        Push(PickleKind::kPersistent)->parts = std::move(name);
        return true;
      }
      default:
        return false;
    }
  }

  // The next two lines, without the second's end.
  absl::string_view TwoLines() {
    const size_t first = rest_.find('\n');
    const size_t second = first == absl::string_view::npos ? first : rest_.find('\n', first + 1);
    const absl::string_view lines = Bytes(second == absl::string_view::npos ? second : second + 1);
    return lines.substr(0, lines.empty() ? 0 : lines.size() - 1);
  }

  bool Call(std::vector<uint32_t> what_and_arguments) {
    if (!ok()) return true;
    const PickleValue &what = values_[what_and_arguments[0]], &arguments = values_[what_and_arguments[1]];
    if (what.kind != PickleKind::kGlobal || arguments.kind != PickleKind::kTuple) {
      Fail("found a call of something else, expected a global and a tuple");
    } else if (what.text == "collections\nOrderedDict" && arguments.parts.empty()) {
      Push(PickleKind::kDict);
    } else {
      Push(PickleKind::kCall)->parts = std::move(what_and_arguments);
    }
    return true;
  }

  absl::string_view rest_;
  const size_t size_;
  std::deque<PickleValue> values_;  // never moved, unlike a vector's
  std::vector<uint32_t> stack_, memo_;
  std::vector<size_t> marks_;  // sizes of the stack
  std::string error_;
  size_t error_rest_ = 0;
};

absl::StatusOr<Pickle> Pickle::Read(absl::string_view bytes, absl::string_view path) {
  if (bytes.size() > kMaxPickleBytes) {
    return BadInputError(
        absl::StrCat(path, ": found a pickle of ", bytes.size(), " bytes, expected at most ", kMaxPickleBytes));
  }
  PickleReader reader(bytes);
  Pickle pickle;
  if (!reader.Run(&pickle)) return BadInputError(absl::StrCat(path, ": ", reader.error()));
  return pickle;
}

const PickleValue* Pickle::Find(const PickleValue& value, absl::string_view key) const {
  if (value.kind != PickleKind::kDict) return nullptr;
  for (size_t i = 0; i < value.parts.size(); i += 2) {
    const PickleValue& found = Part(value, i);
    if (found.kind == PickleKind::kText && found.text == key) return &Part(value, i + 1);
  }
  return nullptr;
}

}  // namespace tally
