#include "lib/model/positions/labelled_ids.h"

#include <algorithm>
#include <vector>

#include "lib/model/positions/position_ids.h"
#include "lib/tokenizer/vocabulary.h"

namespace tally {
namespace {

constexpr int64_t kEqualsId = 17;  // of the arithmetic vocabulary, and of those that sorting is written in

struct WeightAndPlace {
  int64_t weight = 0;
  int64_t place = 0;
};

// Reads the numbers of a line, up to and with its `=`.
class Question {
 public:
  bool ended() const { return next_ == kEnd; }

  // The ids of the next token: of a label (1, m), of digit n (n + 2, m), of `=` (1, N), of others (0, m).
  WeightAndPlace Read(int64_t id) {
    if (id == kEqualsId) {
      next_ = kEnd;
      return {1, numbers()};
    }
    if (next_ == kLabel) {
      labels_.push_back(id);
      digits_.push_back(0);
      next_ = kColon;
      return {1, numbers() - 1};
    }
    const bool is_digit = next_ == kNumber && IsDigitId(id);
    if (is_digit) ++digits_.back();
    next_ = next_ == kColon || is_digit ? kNumber : kLabel;
    return {is_digit ? digits_.back() + 1 : 0, numbers() - 1};
  }

  int64_t numbers() const { return static_cast<int64_t>(labels_.size()); }

  // Those of number m; 0 where there is no such number.
  int64_t digits(int64_t m) const { return m < numbers() ? digits_[m] : 0; }

  // The number with this label, numbers() where there is none.
  int64_t NumberOf(int64_t label) const { return std::find(labels_.begin(), labels_.end(), label) - labels_.begin(); }

 private:
  enum { kLabel, kColon, kNumber, kEnd } next_ = kLabel;
  std::vector<int64_t> labels_, digits_;
};

// Reads an answer with scratchpad.
class InsertionRows {
 public:
  explicit InsertionRows(const Question& question) : question_(question) {}

  WeightAndPlace Read(int64_t id) {
    switch (next_) {
      case kSlash:
        next_ = kStart;
        return LabelOfRow();
      case kStart:
        rank_ = 0;
        next_ = id == kEqualsId ? kResult : kFirst;
        if (next_ == kResult) row_ = question_.numbers();
        return LooksAt(0);
      case kFirst:
        return ReadLabelOrLess(id);
      case kColon:
        next_ = kDigit;
        return DigitOf(row_);
      case kDigit:
        next_ = kOrder;
        return DigitOf(other_);
      case kOrder:
        return ReadOrder(id);
      case kInserted:
        next_ = kRest;
        return Stands(rank_);
      case kRest:
        return ReadRest(id);
      case kResult:
        next_ = kComma;
        return LooksAt(++rank_);
      case kComma:
        next_ = kResult;
        return LooksAt(rank_);
    }
    return {};
  }

 private:
  WeightAndPlace LabelOfRow() const { return {3, row_}; }
  WeightAndPlace DigitOf(int64_t number) const { return {2 * digit_ + 5, number}; }
  WeightAndPlace Stands(int64_t rank) const { return {2 * rank + 2, question_.numbers() + 1 + row_}; }
  WeightAndPlace LooksAt(int64_t rank) const { return {2 * rank + 3, question_.numbers() + 1 + row_}; }

  WeightAndPlace ReadLabelOrLess(int64_t id) {
    other_ = question_.NumberOf(id);
    if (other_ == question_.numbers()) {
      if (row_ == 0) less_ = id;  // the first row has no other number that could be less
      next_ = kInserted;
      return LabelOfRow();
    }
    digit_ = std::max<int64_t>(1, std::max(question_.digits(row_), question_.digits(other_))) - 1;
    next_ = kColon;
    return Stands(rank_);
  }

  WeightAndPlace ReadOrder(int64_t id) {
    if (id == less_) {
      next_ = kInserted;
      return LabelOfRow();
    }
    if (id == kEqualsId && digit_ > 0) {
      --digit_;
      next_ = kDigit;
      return DigitOf(row_);
    }
    next_ = kFirst;
    return LooksAt(++rank_);
  }

  WeightAndPlace ReadRest(int64_t id) {
    const bool label = question_.NumberOf(id) < question_.numbers();
    const WeightAndPlace found = Stands(++rank_);
    if (label) return found;
    ++row_;
    next_ = kSlash;
    return found;
  }

  enum { kSlash, kStart, kFirst, kColon, kDigit, kOrder, kInserted, kRest, kResult, kComma } next_ = kSlash;
  const Question& question_;
  int64_t row_ = 0;    // which is the number that it inserts
  int64_t rank_ = 0;   // of the last label of the row, or the next one
  int64_t other_ = 0;  // the number that it is compared with
  int64_t digit_ = 0;  // the digit that is compared
  int64_t less_ = -1;  // the id of `<`
};

// Sets both ids of each token to what `read` makes of it, which is not asked about specials.
template <typename Read>
void SetEach(const int64_t* ids, int64_t length, int64_t* weights, int64_t* places, Read read) {
  for (int64_t i = 0; i < length; ++i) {
    const WeightAndPlace found = ids[i] < kFirstDigitId ? WeightAndPlace() : read(ids[i]);
    weights[i] = found.weight;
    places[i] = found.place;
  }
}

}  // namespace

void LabelledIds(const int64_t* ids, int64_t length, int64_t* weights, int64_t* places) {
  Question question;
  int64_t read = 0;  // tokens of the answer, every other one a label
  SetEach(ids, length, weights, places, [&](int64_t id) -> WeightAndPlace {
    if (question.ended()) {
      const int64_t rank = read / 2, comma = read++ % 2;
      return {comma, question.numbers() + 3 + rank};
    }
    WeightAndPlace found = question.Read(id);
    if (question.ended()) found.place += 2;
    return found;
  });
}

void InsertionRowIds(const int64_t* ids, int64_t length, int64_t* weights, int64_t* places) {
  Question question;
  InsertionRows rows(question);
  SetEach(ids, length, weights, places, [&](int64_t id) -> WeightAndPlace {
    if (question.ended()) return rows.Read(id);
    const WeightAndPlace found = question.Read(id);
    return {2 * found.weight, found.place};
  });
}

void LabelledScratchpadIds(const int64_t* ids, int64_t length, int64_t* weights, int64_t* places) {
  const int64_t* const first = std::find_if(ids, ids + length, [](int64_t id) { return id >= kFirstDigitId; });
  const bool labelled = first != ids + length && !IsDigitId(*first);
  (labelled ? InsertionRowIds : ScratchpadIds)(ids, length, weights, places);
}

}  // namespace tally
