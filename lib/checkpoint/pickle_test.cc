#include "lib/checkpoint/pickle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/checkpoint/pickle_for_test.h"

namespace tally {
namespace {

using ::testing::HasSubstr;
using namespace std::string_literals;

std::string Refusal(const std::string& bytes) {
  const absl::Status status = Pickle::Read(bytes, "file").status();
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput) << absl::CHexEscape(bytes) << ": " << status;
  return std::string(status.message());
}

// The values as Python would print them; of a float, its kind alone.
std::string Printed(const Pickle& pickle, const PickleValue& value) {
  std::string parts;
  for (size_t i = 0; i < value.parts.size(); ++i) absl::StrAppend(&parts, Printed(pickle, pickle.Part(value, i)), ",");
  switch (value.kind) {
    case PickleKind::kNone:
      return "None";
    case PickleKind::kBool:
      return value.number != 0 ? "True" : "False";
    case PickleKind::kInt:
      return absl::StrCat(value.number);
    case PickleKind::kFloat:
      return "float";
    case PickleKind::kText:
      return absl::StrCat("'", value.text, "'");
    case PickleKind::kTuple:
      return absl::StrCat("(", parts, ")");
    case PickleKind::kList:
      return absl::StrCat("[", parts, "]");
    case PickleKind::kDict:
      return absl::StrCat("{", parts, "}");
    case PickleKind::kGlobal:
      return absl::CEscape(value.text);
    default:
      return absl::StrCat(value.kind == PickleKind::kCall ? "call" : "persistent", "(", parts, ")");
  }
}

std::string Printed(const std::string& bytes) {
  const absl::StatusOr<Pickle> pickle = Pickle::Read(bytes, "file");
  return pickle.ok() ? Printed(*pickle, pickle->root()) : std::string(pickle.status().message());
}

// What Python 3.11 gave for pickle.dumps(VALUE, protocol=2).
TEST(PickleTest, ReadsWhatPythonWrites) {
  // {'a': 1, 'b': [True, None, 2.5], 3: (-1, 300, 70000, 2**40, -2**63)}
  EXPECT_EQ(Printed("\x80\x02}q\x00(X\x01\x00\x00\x00"
                    "aq\x01K\x01X\x01\x00\x00\x00"
                    "bq\x02]q\x03(\x88NG@\x04\x00\x00\x00\x00\x00\x00"
                    "eK\x03(J\xff\xff\xff\xffM,\x01Jp\x11\x01\x00\x8a\x06\x00\x00\x00\x00\x00\x01"
                    "\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80tq\x04u."s),
            "{'a',1,'b',[True,None,float,],3,(-1,300,70000,1099511627776,-9223372036854775808,),}");
  // collections.OrderedDict([('k', (1, 2))]), with an attribute
  EXPECT_EQ(Printed("\x80\x02"
                    "ccollections\nOrderedDict\nq\x00)Rq\x01X\x01\x00\x00\x00kq\x02K\x01K\x02\x86q\x03s}q\x04"
                    "X\x01\x00\x00\x00mq\x05K\x05sb."s),
            "{'k',(1,2,),}");
  EXPECT_EQ(Printed(PickleOf("}q\x00h\x00\x85]h\x00"s + "a\x87")), "({},({},),[{},],)");
}

TEST(PickleTest, KeepsCallsAndNamesForTheCaller) {
  EXPECT_EQ(Printed(PickleOf("cos\nsystem\nX\x01\x00\x00\x00x\x85R"s)), "call(os\\nsystem,('x',),)");
  EXPECT_EQ(Printed(PickleOf("K\x01Q"s)), "persistent(1,)");
}

TEST(PickleTest, FindsTheValueOfAKey) {
  const std::string bytes = PickleOf(PickledDict({{"a", PickledInt(1)}, {"b", PickledInt(2)}}));
  const Pickle pickle = *Pickle::Read(bytes, "file");
  EXPECT_EQ(pickle.Find(pickle.root(), "b")->number, 2);
  EXPECT_EQ(pickle.Find(pickle.root(), "c"), nullptr);
  EXPECT_EQ(pickle.Find(pickle.Part(pickle.root(), 1), "b"), nullptr);
}

TEST(PickleTest, RefusesWhatIsNone) {
  EXPECT_EQ(Refusal("\x80\x04N."), "file: byte 2 of its pickle: found no protocol 2, expected what torch.save writes");
  EXPECT_EQ(Refusal(PickleOf("I1\n")),
            "file: byte 3 of its pickle: found opcode 0x49, expected what torch.save writes");
  EXPECT_THAT(Refusal(""), HasSubstr("found the end of the file within a value"));
  EXPECT_THAT(Refusal("\x80\x02N"), HasSubstr("found the end of the file within a value"));
  EXPECT_THAT(Refusal(PickleOf("X\xff\xff\xff\xffx")), HasSubstr("found the end of the file within a value"));
  EXPECT_THAT(Refusal(PickleOf("cmodule")), HasSubstr("found the end of the file within a value"));
  EXPECT_THAT(Refusal(PickleOf("")), HasSubstr("expected one value"));
  EXPECT_THAT(Refusal(PickleOf("NN")), HasSubstr("expected one value"));
  EXPECT_THAT(Refusal(PickleOf("N(")), HasSubstr("expected one value"));
  EXPECT_THAT(Refusal(PickleOf("N") + "N"), HasSubstr("found 1 bytes behind its end"));
  EXPECT_THAT(Refusal(PickleOf("N\x86")), HasSubstr("found an empty stack, expected 2 values"));
  EXPECT_THAT(Refusal(PickleOf("N(\x85")), HasSubstr("found an empty stack, expected 1 values"));
  EXPECT_THAT(Refusal(PickleOf("t")), HasSubstr("found no mark"));
  EXPECT_THAT(Refusal(PickleOf("}(Nu")), HasSubstr("found a key without a value"));
  EXPECT_THAT(Refusal(PickleOf("NNa")), HasSubstr("expected a list or dictionary"));
  EXPECT_THAT(Refusal(PickleOf("Nq\x01"s)), HasSubstr("found place 1, expected 0"));
  EXPECT_THAT(Refusal(PickleOf("Nr\xff\xff\xff\xff")), HasSubstr("found place 4294967295, expected 0"));
  EXPECT_THAT(Refusal(PickleOf("Nh\x00"s)), HasSubstr("found place 0, expected one that was filled"));
  EXPECT_THAT(Refusal(PickleOf("\x8a\x09" + std::string(9, '\1'))), HasSubstr("found a number of 9 bytes"));
  EXPECT_THAT(Refusal(PickleOf("N)R")), HasSubstr("found a call of something else"));
}

// Neither takes a stack frame a level; LibTorch's own unpickler ends the process on the first.
TEST(PickleTest, DepthAndCyclesCostNothing) {
  EXPECT_TRUE(Pickle::Read(PickleOf("N" + std::string(4000000, '\x85')), "file").ok());
  EXPECT_TRUE(Pickle::Read(PickleOf("]q\x00h\x00"s + "a"), "file").ok());
  EXPECT_EQ(Refusal(PickleOf(std::string(5 << 20, ')'))),
            "file: found a pickle of 5242883 bytes, expected at most 4194304");
}

}  // namespace
}  // namespace tally
