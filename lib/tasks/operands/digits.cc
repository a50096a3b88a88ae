#include "lib/tasks/operands/digits.h"

#include <algorithm>

#include "lib/tasks/operands/big_integer.h"

namespace tally {

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

void AddTo(absl::string_view b, std::string* a) {
  if (a->size() < b.size()) a->resize(b.size(), '0');
  char* const out = &(*a)[0];
  int carry = 0;
  const auto put = [&](size_t i, int sum) {
    carry = sum > '9';
    out[i] = static_cast<char>(carry ? sum - 10 : sum);
  };
  size_t i = 0;
  for (; i < b.size(); ++i) put(i, out[i] + b[i] - '0' + carry);
  for (; carry && i < a->size(); ++i) put(i, out[i] + carry);
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

}  // namespace tally
