#include "lib/kernels/normal_draw/normal_draw.h"

// foreach_target.h includes this file once for each set of instructions, and must come first.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/normal_draw/normal_draw.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

#include <algorithm>
#include <numbers>

HWY_BEFORE_NAMESPACE();
namespace tally {
namespace HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR  // no vectors

void Draw(const NormalSequence& sequence, int64_t count, float* out) { DrawNormalsPlain(sequence, count, out); }

#else

namespace hn = hwy::HWY_NAMESPACE;

// Every number takes 64 bits of a vector: a double, or words of 32 bits of Philox in the low halves of lanes. What
// stands in the high halves of words is left over.
using Double = hn::ScalableTag<double>;
using Word = hn::RebindToUnsigned<Double>;
using Doubles = hn::Vec<Double>;
using Words = hn::Vec<Word>;

constexpr Double kDouble;
constexpr Word kWord;
constexpr hn::Rebind<float, Double> kFloat;

HWY_INLINE Doubles Constant(double x) { return hn::Set(kDouble, x); }

// Words a times words b: 64 bits.
HWY_INLINE Words Product(Words a, Words b) {
  constexpr hn::Repartition<uint32_t, Double> kHalves;
  return hn::MulEven(hn::BitCast(kHalves, a), hn::BitCast(kHalves, b));
}

constexpr int kRounds = 10;

// What the blocks of a sequence have in common: Philox's keys of each round, and the counter but for its last word.
struct Stream {
  explicit Stream(const NormalSequence& sequence)
      : index_low(sequence.index & 0xffffffff),
        index_high(sequence.index >> 32),
        stream(static_cast<uint64_t>(sequence.stream)) {
    uint32_t low = static_cast<uint32_t>(sequence.seed), high = static_cast<uint32_t>(sequence.seed >> 32);
    for (int round = 0; round < kRounds; ++round, low += 0x9E3779B9, high += 0xBB67AE85) {
      key_low[round] = low;
      key_high[round] = high;
    }
  }

  uint64_t index_low, index_high, stream;
  uint64_t key_low[kRounds], key_high[kRounds];
};

// A block of Philox4x32-10 a lane.
struct Block {
  Words c0, c1, c2, c3;
};

// The blocks numbered `number` (Salmon et al. 2011, section 3.3; lib/base/random.h has key and counter).
HWY_INLINE Block Philox(const Stream& stream, Words number) {
  Block b = {hn::Set(kWord, stream.index_low), hn::Set(kWord, stream.index_high), hn::Set(kWord, stream.stream),
             number};
  for (int round = 0; round < kRounds; ++round) {
    const Words p0 = Product(b.c0, hn::Set(kWord, 0xD2511F53)), p1 = Product(b.c2, hn::Set(kWord, 0xCD9E8D57));
    b.c0 = hn::Xor3(hn::ShiftRight<32>(p1), b.c1, hn::Set(kWord, stream.key_low[round]));
    b.c2 = hn::Xor3(hn::ShiftRight<32>(p0), b.c3, hn::Set(kWord, stream.key_high[round]));
    b.c1 = p1;
    b.c3 = p0;
  }
  return b;
}

// The words' bits of `mask`, as whole numbers plus 2^52: they are in the low bits of such a double.
HWY_INLINE Doubles From2To52(Words words, uint64_t mask) {
  return hn::BitCast(kDouble, hn::OrAnd(hn::Set(kWord, 0x4330000000000000), words, hn::Set(kWord, mask)));
}

// 2^64 (1 - u), exactly, where u in [0, 1) has the 53 high bits of (high, low): Random::Uniform.
HWY_INLINE Doubles OneMinusUniform(Words low, Words high) {
  const Doubles above = hn::Sub(Constant(0x1p52 + 0x1p32), From2To52(high, 0xffffffff));
  const Doubles below = hn::Sub(From2To52(low, 0xfffff800), Constant(0x1p52));
  return hn::MulSub(above, Constant(0x1p32), below);
}

// -2 log(2^-64 x) for x in 1..2^64, within 2^-50 of itself: x = 2^e m, m in [sqrt(1/2), sqrt(2)), and log(m) is
// 2 artanh(s), s = (m - 1) / (m + 1): an even polynomial times s.
HWY_INLINE Doubles MinusTwiceLog(Doubles x) {
  constexpr uint64_t kRootHalf = 0x3FE6A09E667F3BCD, kOne = 0x3FF0000000000000;
  const Words bits = hn::Sub(hn::BitCast(kWord, x), hn::Set(kWord, kRootHalf - kOne));
  const Words exponent = hn::ShiftRight<52>(bits);  // e + 1023
  const Doubles m =
      hn::BitCast(kDouble, hn::Sub(hn::BitCast(kWord, x), hn::ShiftLeft<52>(hn::Sub(exponent, hn::Set(kWord, 1023)))));
  const Doubles e =
      hn::Sub(hn::BitCast(kDouble, hn::Or(exponent, hn::Set(kWord, 0x4330000000000000))), Constant(0x1p52 + 1023 + 64));
  const Doubles s = hn::Div(hn::Sub(m, Constant(1)), hn::Add(m, Constant(1))), z = hn::Mul(s, s);
  Doubles p = hn::MulAdd(z, Constant(-0.33243634305717856), Constant(-0.36280387605731984));
  p = hn::MulAdd(z, p, Constant(-0.4444572456021743));
  p = hn::MulAdd(z, p, Constant(-0.5714284827664832));
  p = hn::MulAdd(z, p, Constant(-0.8000000002241301));
  p = hn::MulAdd(z, p, Constant(-1.3333333333332416));
  p = hn::MulAdd(z, p, Constant(-4));
  return hn::MulAdd(s, p, hn::Mul(e, Constant(-2 * std::numbers::ln2)));
}

// cos(2 pi u) within 2^-49, where u has the 52 high bits of (high, low): with h = |u - 1/2| - 1/4 it is sin(2 pi h), an
// odd polynomial on [-1/4, 1/4].
HWY_INLINE Doubles CosOfTurns(Words low, Words high) {
  const Words bits = hn::OrAnd(hn::ShiftLeft<32>(high), low, hn::Set(kWord, 0xffffffff));
  const Doubles plus_one = hn::BitCast(kDouble, hn::Or(hn::ShiftRight<12>(bits), hn::Set(kWord, 0x3FF0000000000000)));
  const Doubles h = hn::Sub(hn::Abs(hn::Sub(plus_one, Constant(1.5))), Constant(.25)), y = hn::Mul(h, h);
  Doubles p = hn::MulAdd(y, Constant(-0.6925067010720717), Constant(3.817365633469135));
  p = hn::MulAdd(y, p, Constant(-15.09450614073429));
  p = hn::MulAdd(y, p, Constant(42.05868995395094));
  p = hn::MulAdd(y, p, Constant(-76.70585968962867));
  p = hn::MulAdd(y, p, Constant(81.60524927557977));
  p = hn::MulAdd(y, p, Constant(-41.341702240398284));
  p = hn::MulAdd(y, p, Constant(6.283185307179585));
  return hn::Mul(h, p);
}

// The normal numbers of these blocks, within kError.
HWY_INLINE Doubles Normal(const Stream& stream, Words number) {
  const Block b = Philox(stream, number);
  return hn::Mul(hn::Sqrt(MinusTwiceLog(OneMinusUniform(b.c0, b.c1))), CosOfTurns(b.c2, b.c3));
}

// More than Normal's error and the C library's together. A root is at most sqrt(2 log(2^53)) < 8.6. Of a cosine's error
// 2^-49 are the 53rd bit of u and the C library's angle, which is rounded, and 2^-51 the polynomial's and its rounding;
// roots are within 2^-50 of themselves. All of that times 8.6 is less than 2^-45.
constexpr double kError = 0x1p-43;

// Writes a vector of numbers, number `first` of the sequence and on. Where a number lies so near the middle between two
// floats that its error may decide, Random draws them again: about once in 10,000 vectors.
HWY_INLINE void DrawVector(const NormalSequence& sequence, const Stream& stream, uint64_t first, float* out) {
  const Words number = hn::Add(hn::Set(kWord, sequence.first + first), hn::Iota(kWord, 0));
  const Doubles x = hn::Mul(Constant(sequence.deviation), Normal(stream, number));
  const Doubles error = Constant(kError * sequence.deviation);
  const auto least = hn::DemoteTo(kFloat, hn::Sub(x, error)), most = hn::DemoteTo(kFloat, hn::Add(x, error));
  hn::StoreU(most, kFloat, out);
  if (HWY_LIKELY(hn::AllTrue(kFloat, hn::Eq(least, most)))) return;
  NormalSequence again = sequence;
  again.first += first;
  DrawNormalsPlain(again, hn::Lanes(kDouble), out);
}

void Draw(const NormalSequence& sequence, int64_t count, float* out) {
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(kDouble));
  const Stream stream(sequence);
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) DrawVector(sequence, stream, i, out + i);
  if (i == count) return;
  float part[HWY_MAX_BYTES / sizeof(double)];
  DrawVector(sequence, stream, i, part);
  std::copy_n(part, count - i, out + i);
}

#endif  // HWY_TARGET == HWY_SCALAR

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace tally
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tally {
namespace {

HWY_EXPORT(Draw);

}  // namespace

void DrawNormals(const NormalSequence& sequence, int64_t count, float* out) {
  HWY_DYNAMIC_DISPATCH(Draw)(sequence, count, out);
}

void DrawNormalsPlain(const NormalSequence& sequence, int64_t count, float* out) {
  Random random(sequence.seed, sequence.stream, sequence.index);
  random.SkipNormals(sequence.first);
  for (int64_t i = 0; i < count; ++i) out[i] = static_cast<float>(sequence.deviation * random.Normal());
}

}  // namespace tally
#endif  // HWY_ONCE
