#include "lib/tasks/operands/digits.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include "lib/tasks/operands/big_integer.h"

namespace tally {
namespace {

constexpr int kGroup = 9;  // most decimal digits that a 32-bit word holds
constexpr uint32_t kPowers[kGroup + 1] = {1,       10,        100,        1'000,       10'000,
                                          100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};
constexpr int kCarryDigits = 7;  // of ten: the probability .7 of a complement

// Both digits of 0..99, the lower one first.
struct Pairs {
  char digits[100][2];
};
constexpr Pairs kPairs = [] {
  Pairs pairs = {};
  for (int i = 0; i < 100; ++i) {
    pairs.digits[i][0] = static_cast<char>('0' + i % 10);
    pairs.digits[i][1] = static_cast<char>('0' + i / 10);
  }
  return pairs;
}();

// Writes the `count` decimal digits of `value`, least significant first, two at a time.
void WriteDigits(uint32_t value, int count, char* out) {
  int i = 0;
  for (; i + 2 <= count; i += 2, value /= 100) std::memcpy(out + i, kPairs.digits[value % 100], 2);
  if (i < count) out[i] = static_cast<char>('0' + value % 10);
}

// Adds the eight digits at `b` and `carry` to those at `a` and returns the carry. Each byte of the sum is 0xF6 more
// than its digits: from ten on it overflows into the next byte, which is the next digit, and what stays is the digit.
bool AddEight(const char* b, bool carry, char* a) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kSurplus = 0xF6 - 2 * '0';  // on top of what '0' adds to both
  uint64_t x, y, sum;
  std::memcpy(&x, a, 8);
  std::memcpy(&y, b, 8);
  bool overflow = __builtin_add_overflow(x, y + kSurplus * kOnes, &sum);
  overflow |= __builtin_add_overflow(sum, uint64_t{carry}, &sum);
  const uint64_t below_ten = (sum >> 7) & kOnes;
  sum += '0' * kOnes - below_ten * 0xF6;
  std::memcpy(a, &sum, 8);
  return overflow;
}

int DigitAt(absl::string_view number, size_t weight) { return weight < number.size() ? number[weight] - '0' : 0; }

// What a weight of a sum must do.
enum class Carry { kAny, kMust, kMustNot };

// Draws one weight of two numbers: digits from `least_a` and `least_b` on, or 0 where a number has ended.
class WeightDrawer {
 public:
  WeightDrawer(bool keep_zero, std::string* first, std::string* second)
      : keep_zero_(keep_zero), first_(first), second_(second) {}

  // Draws weight `i` and returns whether it carries.
  bool Draw(size_t i, bool carry_in, Carry carry, Random* random) {
    char pairs[100][2];
    int count = 0;
    for (char a = Least(*first_, i); a <= Most(*first_, i); ++a) {
      for (char b = Least(*second_, i); b <= Most(*second_, i); ++b) {
        const bool carries = (a - '0') + (b - '0') + carry_in >= 10;
        if ((carry == Carry::kMust && !carries) || (carry == Carry::kMustNot && carries)) continue;
        pairs[count][0] = a;
        pairs[count++][1] = b;
      }
    }
    const char* const pair = pairs[random->Below(count)];
    if (i < first_->size()) (*first_)[i] = pair[0];
    if (i < second_->size()) (*second_)[i] = pair[1];
    return (pair[0] - '0') + (pair[1] - '0') + carry_in >= 10;
  }

 private:
  char Least(const std::string& number, size_t i) const {
    return i + 1 == number.size() && !(keep_zero_ && i == 0) ? '1' : '0';
  }
  char Most(const std::string& number, size_t i) const { return i < number.size() ? '9' : '0'; }

  const bool keep_zero_;
  std::string* const first_;
  std::string* const second_;
};

}  // namespace

absl::string_view WithoutLeadingZeros(absl::string_view digits) {
  size_t size = digits.size();
  while (size > 1 && digits[size - 1] == '0') --size;
  return size == 0 ? absl::string_view("0") : digits.substr(0, size);
}

int CompareDigits(absl::string_view a, absl::string_view b) {
  while (!a.empty() && a.back() == '0') a.remove_suffix(1);
  while (!b.empty() && b.back() == '0') b.remove_suffix(1);
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  for (size_t i = a.size(); i-- > 0;) {
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  }
  return 0;
}

uint8_t OrderOfLowest(absl::string_view a, absl::string_view b, size_t count) {
  const int order = CompareDigits(a.substr(0, count), b.substr(0, count));
  return static_cast<uint8_t>(order < 0 ? 2 : order > 0);
}

void AddTo(absl::string_view b, std::string* a, size_t begin) {
  constexpr bool kLittleEndian = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
  if (a->size() - begin < b.size()) a->resize(begin + b.size(), '0');
  const size_t size = a->size() - begin;
  char* const out = &(*a)[begin];
  bool carry = false;
  const auto put = [&](size_t i, int sum) {
    carry = sum > '9';
    out[i] = static_cast<char>(carry ? sum - 10 : sum);
  };
  size_t i = 0;
  for (; kLittleEndian && i + 8 <= b.size(); i += 8) carry = AddEight(b.data() + i, carry, out + i);
  for (; i < b.size(); ++i) put(i, out[i] + b[i] - '0' + carry);
  for (; carry && i < size; ++i) put(i, out[i] + carry);
  if (carry) a->push_back('1');
}

std::string SubtractDigits(absl::string_view a, absl::string_view b, bool* negative) {
  *negative = CompareDigits(a, b) < 0;
  if (*negative) std::swap(a, b);
  b = WithoutLeadingZeros(b);
  std::string difference(WithoutLeadingZeros(a));
  int borrow = 0;
  for (size_t i = 0; i < difference.size() && (i < b.size() || borrow); ++i) {
    int digit = difference[i] - (i < b.size() ? b[i] : '0') - borrow;
    borrow = digit < 0;
    difference[i] = static_cast<char>('0' + (borrow ? digit + 10 : digit));
  }
  difference.resize(WithoutLeadingZeros(difference).size());
  return difference;
}

std::string MultiplyDigits(absl::string_view a, absl::string_view b) {
  BigInteger product;
  product.SetProduct(BigInteger(a), BigInteger(b));
  return product.Digits();
}

int64_t LongestRepeat(absl::string_view text) {
  int64_t longest = 0, run = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    run = i > 0 && text[i] == text[i - 1] ? run + 1 : 1;
    longest = std::max(longest, run);
  }
  return longest;
}

int64_t LongestCarryRun(absl::Span<const absl::string_view> numbers) {
  size_t weights = 0;
  for (const absl::string_view number : numbers) weights = std::max(weights, number.size());
  int64_t longest = 0, run = 0, carry = 0;
  for (size_t n = 0; n < weights || carry > 0; ++n) {
    for (const absl::string_view number : numbers) carry += DigitAt(number, n);
    carry /= 10;
    run = carry > 0 ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

int64_t LongestBorrowRun(absl::string_view a, absl::string_view b) {
  if (CompareDigits(a, b) < 0) std::swap(a, b);
  int64_t longest = 0, run = 0;
  for (size_t n = 0; n < a.size(); ++n) {
    run = DigitAt(a, n) < DigitAt(b, n) + (run > 0 ? 1 : 0) ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

void DrawNumber(int length, bool keep_zero, Random* random, std::string* digits) {
  digits->resize(length);
  char* out = &(*digits)[0];
  const bool may_be_zero = keep_zero && length == 1;
  for (; length > kGroup; length -= kGroup, out += kGroup) {
    WriteDigits(random->Below(kPowers[kGroup]), kGroup, out);
  }
  const uint32_t least = may_be_zero ? 0 : kPowers[length - 1];
  WriteDigits(least + random->Below(kPowers[length] - least), length, out);
}

void DrawBelowPowerOfTen(int length, Random* random, std::string* digits) {
  digits->resize(length);
  for (int i = 0; i < length; i += kGroup) {
    const int count = std::min(kGroup, length - i);
    WriteDigits(random->Below(kPowers[count]), count, &(*digits)[i]);
  }
}

void MakeCarryChain(bool keep_zero, Random* random, std::string* first, std::string* second) {
  char lots[kGroup];
  const bool may_begin_with_zero = keep_zero && second->size() == 1;
  for (size_t i = 0; i < std::max(first->size(), second->size()); ++i) {
    if (i % kGroup == 0) WriteDigits(random->Below(kPowers[kGroup]), kGroup, lots);
    if (lots[i % kGroup] >= '0' + kCarryDigits) continue;
    if (i >= second->size()) {
      (*first)[i] = '9';
    } else if (i >= first->size()) {
      (*second)[i] = '9';
    } else if ((*first)[i] != '9' || i + 1 < second->size() || may_begin_with_zero) {
      (*second)[i] = static_cast<char>('0' + '9' - (*first)[i]);
    }
  }
}

void MakeExtreme(Random* random, std::string* digits) {
  constexpr absl::string_view kPairs[] = {"00", "99", "09", "09"};
  const uint32_t changed = 4 + 2 * random->Below(4);  // of ten
  const absl::string_view pair = kPairs[random->Below(4)];
  for (char& digit : *digits) {
    if (random->Below(10) < changed) digit = pair[random->Below(2)];
  }
  if (digits->back() == '0') digits->back() = '1';
}

void MakeCommonDigits(bool keep_zero, Random* random, absl::string_view first, std::string* second) {
  const uint32_t common = 4 + 2 * random->Below(4);  // of ten
  const bool may_begin_with_zero = keep_zero && second->size() == 1;
  for (size_t i = 0; i < std::min(first.size(), second->size()); ++i) {
    if (random->Below(10) >= common) continue;
    if (first[i] != '0' || i + 1 < second->size() || may_begin_with_zero) (*second)[i] = first[i];
  }
}

void DrawWithCarryRun(int longest, bool keep_zero, Random* random, std::string* first, std::string* second) {
  const int overlap = static_cast<int>(std::min(first->size(), second->size()));
  const int begin = longest > 0 ? static_cast<int>(random->Below(overlap - longest + 1)) : -1;
  const int end = begin + longest;  // the run: weights begin, ..., end - 1
  WeightDrawer drawer(keep_zero, first, second);
  bool carry = false;
  int run = 0;
  for (int i = 0; i < static_cast<int>(std::max(first->size(), second->size())); ++i) {
    Carry wanted = run == longest ? Carry::kMustNot : Carry::kAny;
    if (longest > 0 && i >= begin && i < end) wanted = Carry::kMust;
    if (longest > 0 && (i + 1 == begin || i == end)) wanted = Carry::kMustNot;
    carry = drawer.Draw(i, carry, wanted, random);
    run = carry ? run + 1 : 0;
  }
}

}  // namespace tally
