// A part of the forward pass: some queries of one sample and head.
//
//   1. The keys and values up to the last query are brought into the order in which they are read, where no cache holds
//      them in it.
//   2. Queries go through in chunks; each tile of keys, while it stays in the caches, serves all queries of a chunk.
//      Where the table leaves keys out, each block of queries has a tile of its own, of the keys that it can see.
//   3. Blocks of queries get their logits with the tile, turn them into weights relative to the largest logit so far,
//      and add the weighed values to what earlier tiles gave.
#include "lib/kernels/attention/attention_simd.h"

// foreach_target.h includes this file once for each set of instructions, and must come first.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/attention/attention_forward.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "lib/kernels/attention/attention_logits-inl.h"
// clang-format on

#ifndef TALLY_LIB_KERNELS_ATTENTION_FORWARD_PARTS_
#define TALLY_LIB_KERNELS_ATTENTION_FORWARD_PARTS_
namespace tally {

// Long sequences are cut into this many ranges of queries at most, of this many at least: each reads its keys anew.
constexpr int64_t kMostRanges = 8;
constexpr int64_t kLeastOfRange = 1024;

// Some queries of a sample and head.
struct AttentionPart {
  int64_t b, h, first, last;
};

inline int64_t RangesOf(const AttentionLayout& layout) {
  return std::clamp<int64_t>(layout.queries() / kLeastOfRange, 1, kMostRanges);
}

// Later queries have more keys, so they come first: threads end together.
inline AttentionPart PartOf(const AttentionLayout& layout, int64_t number) {
  const int64_t ranges = RangesOf(layout), heads = layout.batch * layout.heads;
  const int64_t range = ranges - 1 - number / heads, head = number % heads;
  return {head / layout.heads, head % layout.heads, layout.first_query + layout.queries() * range / ranges,
          layout.first_query + layout.queries() * (range + 1) / ranges};
}

}  // namespace tally
#endif  // TALLY_LIB_KERNELS_ATTENTION_FORWARD_PARTS_

HWY_BEFORE_NAMESPACE();
namespace tally {
namespace HWY_NAMESPACE {
namespace {

constexpr int64_t kChunk = 128;  // queries that a tile of keys serves; a multiple of kMostRows

float Largest(const float* row, int64_t count) {
  Floats largest = Broadcast(kMasked);
  for (int64_t j = 0; j < count; j += Lanes()) largest = hn::Max(largest, Load(row + j));
  return hn::GetLane(hn::MaxOfLanes(kFloat, largest));
}

// row[0, ..., count) -> exponential(row), up to the end of the last vector. Returns the sums of lanes.
Floats Exponentials(const Exponential& exponential, int64_t count, float* row) {
  Floats sum = hn::Zero(kFloat);
  for (int64_t j = 0; j < count; j += Lanes()) {
    const Floats e = exponential(Load(row + j));
    sum = hn::Add(sum, e);
    Store(e, row + j);
  }
  return sum;
}

// What a chunk of queries has gathered from the tiles so far.
class OnlineSoftmax {
 public:
  explicit OnlineSoftmax(int64_t width)
      : width_(width), sums_(kChunk * width), weights_(kChunk * Lanes()), exponents_(kChunk) {}

  // To be called before the others; for `rows` queries.
  void Clear(int64_t rows) {
    std::fill_n(sums_.begin(), rows * width_, 0.0f);
    std::fill_n(weights_.begin(), rows * Lanes(), 0.0f);
    std::fill_n(exponents_.begin(), rows, kMasked);
  }

  // Turns the logits of query r with `count` keys into weights, relative to 2^exponent, a whole number that no logit
  // so far exceeds: a power of two scales exactly.
  void ToWeights(int64_t r, int64_t count, float* logits) {
    const float exponent = std::ceil(Largest(logits, count) * 1.44269504f);
    float* const weights = &weights_[r * Lanes()];
    if (exponent > exponents_[r]) {
      if (exponents_[r] != kMasked) {
        const float factor = std::exp2(exponents_[r] - exponent);
        Scale(factor, width_, &sums_[r * width_]);
        Scale(factor, Lanes(), weights);
      }
      exponents_[r] = exponent;
    }
    Store(hn::Add(Load(weights), Exponentials(Exponential(exponents_[r]), count, logits)), weights);
  }

  // Adds sum_j weights[k, j] values[j] to the sums of queries r + k, k < kRows; weights [kRows, kTile], values
  // [count, width].
  template <int kRows>
  void Add(int64_t r, const float* weights, const float* values, int64_t count) {
    for (int64_t d = 0; d < width_; d += Lanes()) {
      float* const begin = &sums_[r * width_ + d];
      Floats sums[kRows][1];
      for (int k = 0; k < kRows; ++k) sums[k][0] = Load(begin + k * width_);
      AddProducts(weights, kTile, values + d, width_, 0, count, sums);
      for (int k = 0; k < kRows; ++k) Store(sums[k][0], begin + k * width_);
    }
  }

  // Writes the mean value of query r, `size` floats, and the logarithm of the sum of its exponentials where it is
  // wanted.
  void Finish(int64_t r, int64_t size, float* out, float* log_sum_exp) {
    const float sum = Sum(Load(&weights_[r * Lanes()]));
    Scale(1 / sum, width_, &sums_[r * width_]);
    CopyFirst(&sums_[r * width_], size, out);
    if (log_sum_exp != nullptr) *log_sum_exp = (exponents_[r] + std::log2(sum)) * 0.69314718f;
  }

 private:
  const int64_t width_;
  AlignedVector<float> sums_;       // [kChunk, width]
  AlignedVector<float> weights_;    // [kChunk, lanes]: lane l sums over keys l, l + lanes, ...
  AlignedVector<float> exponents_;  // [kChunk]
};

// A thread's work.
class Worker {
 public:
  Worker(const AttentionLayout& layout, const AttentionTerms& terms, const float* qkv)
      : layout_(layout),
        qkv_(qkv),
        width_(RoundUp(layout.size, Lanes())),
        reader_(layout, terms),
        logits_(layout, terms),
        softmax_(width_),
        queries_(kChunk * width_),
        tile_(kMostRows * kTile) {}

  // `held`: the keys and values of the part's head, or null, where they are to be read.
  void Run(const AttentionPart& part, const AttentionKeys* held, float* out, float* log_sum_exp) {
    if (held == nullptr) reader_.Read(qkv_, part.b, part.h, part.last, &read_);
    keys_ = held == nullptr ? &read_ : held;
    logits_.Begin(part.b, part.h, keys_);
    float* const outputs = out + layout_.OutputBegin(part.b, part.h);
    float* const sums =
        log_sum_exp == nullptr ? nullptr : log_sum_exp + (part.b * layout_.heads + part.h) * layout_.seq;
    // Blocks begin at multiples of their rows, so that the last one ends within the room that keys have.
    for (int64_t begin = part.first / kMostRows * kMostRows; begin < part.last; begin += kChunk) {
      const int64_t end = std::min(begin + kChunk, part.last);
      if (part.last - part.first == 1) {
        Chunk<1>(part.first, part.last);
      } else {
        Chunk<kMostRows>(begin, end);
      }
      const int64_t first = part.last - part.first == 1 ? part.first : begin;
      for (int64_t i = std::max(begin, part.first); i < end; ++i) {
        softmax_.Finish(i - first, layout_.size, outputs + layout_.OutputRow(i), sums == nullptr ? nullptr : sums + i);
      }
    }
  }

 private:
  // `count` keys from `key` on, whose logits begin with `column` of tile_.
  struct KeyRun {
    int64_t key, count, column;
  };

  // Gathers for queries begin, ..., end - 1, which come in blocks of kRows.
  template <int kRows>
  void Chunk(int64_t begin, int64_t end) {
    const int64_t rows = RoundUp(end - begin, kRows);
    softmax_.Clear(rows);
    logits_.ReadQueries(qkv_, begin, rows, queries_.data());
    if (logits_.LeavesOutKeys()) {
      for (int64_t r = 0; begin + r < end; r += kRows) NearKeys<kRows>(begin, r);
      return;
    }
    for (int64_t key = 0; key < end; key += kTile) {
      const int64_t first = std::max<int64_t>(key - begin, 0) / kRows * kRows;  // earlier blocks have none of its keys
      for (int64_t r = first; begin + r < end; r += kRows) {
        const int64_t count = std::min(kTile, begin + r + kRows - key);
        logits_.Tile<kRows>(&queries_[r * width_], begin + r, key, count, kTile, tile_.data());
        for (int64_t k = 0; k < kRows; ++k) softmax_.ToWeights(r + k, count, &tile_[k * kTile]);
        softmax_.Add<kRows>(r, tile_.data(), &keys_->values[key * width_], count);
      }
    }
  }

  // All keys that queries begin + r, ... of a chunk can see, which are short runs here and there: their logits lie side
  // by side, since to turn them into weights costs little more for many than for few.
  template <int kRows>
  void NearKeys(int64_t begin, int64_t r) {
    int64_t filled = 0;  // columns of tile_, in whole vectors
    const auto gather = [&] {
      for (int64_t k = 0; k < kRows; ++k) softmax_.ToWeights(r + k, filled, &tile_[k * kTile]);
      for (const KeyRun& run : runs_) {
        softmax_.Add<kRows>(r, &tile_[run.column], &keys_->values[run.key * width_], run.count);
      }
      runs_.clear();
      filled = 0;
    };
    logits_.ForEachRun(begin + r, kRows, [&](int64_t key, int64_t count) {
      if (filled + RoundUp(count, Lanes()) > kTile) gather();
      logits_.Tile<kRows>(&queries_[r * width_], begin + r, key, count, kTile, &tile_[filled]);
      runs_.push_back({key, count, filled});
      filled += RoundUp(count, Lanes());
    });
    gather();
  }

  const AttentionLayout& layout_;
  const float* const qkv_;
  const int64_t width_;
  const KeyReader reader_;
  Logits logits_;
  OnlineSoftmax softmax_;
  AttentionKeys read_;
  const AttentionKeys* keys_ = nullptr;
  AlignedVector<float> queries_;  // [kChunk, width]
  AlignedVector<float> tile_;     // [kMostRows, kTile]
  std::vector<KeyRun> runs_;
};

void AppendKeys(const AttentionLayout& layout, const AttentionTerms& terms, const float* qkv, int64_t first,
                int64_t last, AttentionKeys* keys) {
  const KeyReader reader(layout, terms);
  for (int64_t k = first; k < last; ++k) reader.Read(qkv, k / layout.heads, k % layout.heads, layout.seq, &keys[k]);
}

void Forward(const AttentionLayout& layout, const AttentionTerms& terms, const float* qkv, const AttentionKeys* keys,
             std::atomic<int64_t>* next, float* out, float* log_sum_exp) {
  Worker worker(layout, terms, qkv);
  const int64_t parts = AttentionParts(layout);
  for (int64_t number = (*next)++; number < parts; number = (*next)++) {
    const AttentionPart part = PartOf(layout, number);
    worker.Run(part, keys == nullptr ? nullptr : &keys[part.b * layout.heads + part.h], out, log_sum_exp);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace tally
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tally {

HWY_EXPORT(AppendKeys);
HWY_EXPORT(Forward);

int64_t AttentionParts(const AttentionLayout& layout) { return RangesOf(layout) * layout.batch * layout.heads; }

void AttentionAppendKeys(const AttentionLayout& layout, const AttentionTerms& terms, const float* qkv, int64_t first,
                         int64_t last, AttentionKeys* keys) {
  HWY_DYNAMIC_DISPATCH(AppendKeys)(layout, terms, qkv, first, last, keys);
}

void AttentionForward(const AttentionLayout& layout, const AttentionTerms& terms, const float* qkv,
                      const AttentionKeys* keys, std::atomic<int64_t>* next, float* out, float* log_sum_exp) {
  HWY_DYNAMIC_DISPATCH(Forward)(layout, terms, qkv, keys, next, out, log_sum_exp);
}

}  // namespace tally
#endif  // HWY_ONCE
