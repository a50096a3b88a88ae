#include "lib/problems/unpack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "lib/base/exit_code.h"
#include "lib/problems/memory_source_for_test.h"
#include "lib/problems/pack_for_test.h"

namespace tally {
namespace {

using ::testing::HasSubstr;

using Unpack = std::unique_ptr<ByteSource> (*)(std::unique_ptr<ByteSource>, std::string);
struct Format {
  const char* name;
  std::string (*pack)(absl::string_view text);
  Unpack unpack;
};
const Format kFormats[] = {{"gzip", Gzip, UnpackGzip}, {"zstd", Zstd, UnpackZstd}};

// All that is unpacked, read `size` bytes at a time.
absl::StatusOr<std::string> Unpacked(const Format& format, const std::string& packed, size_t at_once = 7,
                                     size_t size = 13) {
  return ReadAll(*format.unpack(std::make_unique<MemorySource>(packed, at_once), "x"), size);
}

std::string Lines() {
  std::string text;
  for (int i = 0; i < 300; ++i) absl::StrAppend(&text, i, "+", i * i % 97, "=\n");
  return text + std::string(100000, '7');  // much out of little: more than there is room for at once
}

TEST(UnpackTest, WhatWasPackedInOneOrSeveralParts) {
  for (const Format& format : kFormats) {
    const std::string packed = format.pack(Lines());
    for (const size_t size : {1, 13, 1 << 20}) {
      for (const size_t at_once : {1, 1 << 20})
        EXPECT_EQ(*Unpacked(format, packed, at_once, size), Lines()) << format.name;
    }
    EXPECT_EQ(*Unpacked(format, packed + format.pack("more\n")), Lines() + "more\n") << format.name;
    EXPECT_EQ(*Unpacked(format, format.pack("")), "") << format.name;
  }
}

TEST(UnpackTest, CutAnywhereItIsTorn) {
  for (const Format& format : kFormats) {
    const std::string packed = format.pack("1+1=2\n12+3=42\n99+1=001\n");
    for (size_t length = 1; length < packed.size(); ++length) {
      const absl::Status status = Unpacked(format, packed.substr(0, length)).status();
      EXPECT_EQ(ExitCodeOf(status), kExitBadInput) << format.name << " " << length;
      EXPECT_THAT(status.message(), HasSubstr("truncated")) << format.name << " " << length;
    }
    EXPECT_THAT(Unpacked(format, packed + packed.substr(0, 5)).status().message(), HasSubstr("truncated"));
  }
}

TEST(UnpackTest, DamageIsNoticedWithItsPlace) {
  for (const Format& format : kFormats) {
    std::string packed = format.pack(Lines());
    packed += "no such format";
    EXPECT_THAT(Unpacked(format, packed).status().message(), HasSubstr("x: compressed byte ")) << format.name;
  }
  std::string gzip = Gzip(Lines());
  gzip[gzip.size() - 6] ^= 1;  // of its checksum
  EXPECT_THAT(Unpacked(kFormats[0], gzip).status().message(), HasSubstr("incorrect data check"));
}

}  // namespace
}  // namespace tally
