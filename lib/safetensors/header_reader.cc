// How a file is read:
//   1. Bytes 0..7 are the header's size; it is checked against the limits and the file before anything else.
//   2. The header goes through a streaming JSON parser into HeaderHandler, which accepts the format's one shape, so
//      that neither depth nor size of foreign JSON costs memory, and checks each tensor as soon as it ends.
//   3. The tensors, sorted by offset, must cover the rest of the file without overlaps and holes.
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/nearest.h"
#include "lib/base/status_macros.h"
#include "lib/safetensors/safetensors.h"
#include "nlohmann/json.hpp"

namespace tally {
namespace {

constexpr int64_t kSizeBytes = 8;
constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // the format's limit

using Json = nlohmann::json;

absl::Status ErrorAt(absl::string_view name, int64_t byte, absl::string_view message) {
  return BadInputError(absl::StrCat(name, ": byte ", byte, ": ", message));
}

// An iterator over the header that tells how far the parser has read, which its callbacks do not.
class TrackingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  TrackingIterator(const char* position, const char** seen) : position_(position), seen_(seen) {}
  reference operator*() const { return *position_; }
  TrackingIterator& operator++() {
    *seen_ = ++position_;
    return *this;
  }
  bool operator==(const TrackingIterator& other) const { return position_ == other.position_; }
  bool operator!=(const TrackingIterator& other) const { return position_ != other.position_; }

 private:
  const char* position_;
  const char** seen_;
};

// What the header says about one tensor.
struct Entry {
  std::string name;
  DType dtype = DType::kU8;
  std::vector<int64_t> shape;
  std::vector<int64_t> offsets;  // begin and end, from the end of the header

  int64_t begin() const { return offsets[0]; }
  int64_t end() const { return offsets[1]; }
};

// The number of bytes of a tensor, or nothing where that overflows.
std::optional<int64_t> ByteSize(const Entry& entry) {
  int64_t product = SizeOf(entry.dtype);
  for (const int64_t size : entry.shape) {
    if (__builtin_mul_overflow(product, size, &product)) return std::nullopt;
  }
  return product;
}

// Receives the parser's events. Each returns false to stop, with the reason in `error`.
class HeaderHandler : public nlohmann::json_sax<Json> {
 public:
  explicit HeaderHandler(int64_t data_bytes) : data_bytes_(data_bytes) {}

  bool null() override { return Unexpected("null"); }
  bool boolean(bool value) override { return Unexpected(value ? "true" : "false"); }
  bool number_integer(int64_t value) override { return Unexpected(absl::StrCat(value)); }
  bool number_float(double, const std::string& text) override { return Unexpected(text); }
  bool binary(Json::binary_t&) override { return Unexpected("binary data"); }

  bool number_unsigned(uint64_t value) override {
    if (place_ != Place::kShape && place_ != Place::kOffsets) return Unexpected(absl::StrCat(value));
    if (value > std::numeric_limits<int64_t>::max()) return Fail(absl::StrCat("found ", value, ", expected less"));
    (place_ == Place::kShape ? entry_.shape : entry_.offsets).push_back(static_cast<int64_t>(value));
    return true;
  }

  bool string(std::string& text) override {
    if (place_ == Place::kMetadata) {
      metadata[key_] = std::move(text);
      return true;
    }
    if (place_ != Place::kTensor || key_ != "dtype") return Unexpected(Quote(text));
    const absl::StatusOr<DType> dtype = ParseDType(text);
    if (!dtype.ok()) return Fail(dtype.status().message());
    entry_.dtype = *dtype;
    return true;
  }

  bool start_object(size_t) override {
    if (place_ == Place::kStart) {
      place_ = Place::kTop;
    } else if (place_ == Place::kTop) {
      place_ = key_ == "__metadata__" ? Place::kMetadata : Place::kTensor;
      entry_ = Entry{key_, DType::kU8, {}, {}};
      inner_keys_.clear();
    } else {
      return Unexpected("an object");
    }
    return true;
  }

  bool key(std::string& name) override {
    key_ = std::move(name);
    std::set<std::string>& keys = place_ == Place::kTop ? top_keys_ : inner_keys_;
    if (!keys.insert(key_).second) return Fail(absl::StrCat("found key ", Quote(key_), " twice, expected it once"));
    if (place_ != Place::kTensor || key_ == "dtype" || key_ == "shape" || key_ == "data_offsets") return true;
    return Fail(absl::StrCat("found key ", Quote(key_), ", expected dtype, shape or data_offsets"));
  }

  bool end_object() override {
    if (place_ == Place::kTensor && !EndTensor()) return false;
    place_ = Place::kTop;
    return true;
  }

  bool start_array(size_t) override {
    if (place_ != Place::kTensor || key_ == "dtype") return Unexpected("an array");
    place_ = key_ == "shape" ? Place::kShape : Place::kOffsets;
    return true;
  }

  bool end_array() override {
    if (place_ == Place::kOffsets && entry_.offsets.size() != 2) {
      return Fail(absl::StrCat("found ", entry_.offsets.size(), " data_offsets, expected 2"));
    }
    place_ = Place::kTensor;
    return true;
  }

  bool parse_error(size_t, const std::string& last_token, const nlohmann::detail::exception&) override {
    return Fail(absl::StrCat("found ", Quote(last_token), ", expected JSON in UTF-8"));
  }

  std::map<std::string, std::string> metadata;
  std::vector<Entry> entries;
  std::string error;  // empty: none

 private:
  enum class Place { kStart, kTop, kMetadata, kTensor, kShape, kOffsets };

  bool Fail(absl::string_view message) {
    const bool in_tensor = place_ == Place::kTensor || place_ == Place::kShape || place_ == Place::kOffsets;
    error = in_tensor ? absl::StrCat("tensor ", Quote(entry_.name), ": ", message) : std::string(message);
    return false;
  }

  bool Unexpected(absl::string_view found) {
    static constexpr absl::string_view kExpected[] = {
        "an object",         "an object for each key",
        "text for each key", "text for dtype, an array for shape and data_offsets",
        "sizes from 0 on",   "two offsets from 0 on"};
    return Fail(absl::StrCat("found ", found, ", expected ", kExpected[static_cast<int>(place_)]));
  }

  // Checks the tensor whose object has just ended.
  bool EndTensor() {
    if (inner_keys_.size() != 3) {
      return Fail("found not all of dtype, shape and data_offsets, expected all three");
    }
    if (entry_.begin() > entry_.end() || entry_.end() > data_bytes_) {
      return Fail(absl::StrCat("found data_offsets ", entry_.begin(), "..", entry_.end(), ", expected a part of 0..",
                               data_bytes_));
    }
    const std::optional<int64_t> bytes = ByteSize(entry_);
    if (!bytes) return Fail("found a shape whose size overflows, expected one that fits 63 bits");
    if (*bytes != entry_.end() - entry_.begin()) {
      return Fail(absl::StrCat("found ", entry_.end() - entry_.begin(), " bytes between its offsets, expected ", *bytes,
                               " for its shape"));
    }
    entries.push_back(std::move(entry_));
    return true;
  }

  const int64_t data_bytes_;
  Place place_ = Place::kStart;
  std::string key_;  // last key seen
  Entry entry_;      // the tensor that is being read
  std::set<std::string> top_keys_;
  std::set<std::string> inner_keys_;  // of the metadata or of `entry_`
};

// The size that bytes 0..7 state, if the file can have such a header.
absl::StatusOr<int64_t> ReadHeaderSize(absl::string_view file, absl::string_view name) {
  if (file.size() < kSizeBytes) {
    return ErrorAt(name, file.size(), absl::StrCat("found the end of the file, expected a header size of 8 bytes"));
  }
  uint64_t size = 0;
  for (int i = 0; i < kSizeBytes; ++i) size |= uint64_t{static_cast<uint8_t>(file[i])} << (8 * i);
  if (size > kMaxHeaderBytes) {
    return ErrorAt(name, 0,
                   absl::StrCat("found a header of ", size,
                                " bytes, expected a safetensors file, whose header has at most ", kMaxHeaderBytes));
  }
  if (size > file.size() - kSizeBytes) {
    return ErrorAt(name, 0,
                   absl::StrCat("found a header of ", size, " bytes, expected at most the ", file.size() - kSizeBytes,
                                " that follow"));
  }
  if (size == 0 || file[kSizeBytes] != '{') {
    const absl::string_view found = file.substr(kSizeBytes, std::min<uint64_t>(size, 1));
    return ErrorAt(name, kSizeBytes, absl::StrCat("found ", Quote(found), ", expected {"));
  }
  return static_cast<int64_t>(size);
}

// Checks that the tensors cover [0, data_bytes) one after another. Sorts `entries`; empty tensors come first where
// several begin at one byte.
absl::Status CheckCoverage(int64_t data_begin, int64_t data_bytes, absl::string_view name,
                           std::vector<Entry>* entries) {
  std::sort(entries->begin(), entries->end(), [](const Entry& a, const Entry& b) {
    return std::make_pair(a.begin(), a.end()) < std::make_pair(b.begin(), b.end());
  });
  int64_t end = 0;
  for (const Entry& entry : *entries) {
    if (entry.begin() != end) {
      return ErrorAt(name, data_begin + entry.begin(),
                     absl::StrCat("found tensor ", Quote(entry.name), " at offset ", entry.begin(), ", expected ", end,
                                  entry.begin() < end ? " (overlap)" : " (hole)"));
    }
    end = entry.end();
  }
  if (end == data_bytes) return absl::OkStatus();
  return ErrorAt(
      name, data_begin + end,
      absl::StrCat("found ", data_bytes - end, " bytes after the last tensor, expected the end of the file"));
}

}  // namespace

absl::StatusOr<SafetensorsContents> ReadSafetensorsContents(absl::string_view file, absl::string_view name) {
  TALLY_ASSIGN_OR_RETURN(const int64_t header_bytes, ReadHeaderSize(file, name));
  const absl::string_view header = file.substr(kSizeBytes, header_bytes);
  const absl::string_view data = file.substr(kSizeBytes + header_bytes);
  if (const size_t nul = header.find('\0'); nul != absl::string_view::npos) {
    // The parser would take it for the end.
    return ErrorAt(name, kSizeBytes + nul, "found \"\\x00\", expected JSON in UTF-8");
  }
  HeaderHandler handler(data.size());
  const char* seen = header.data();
  if (!Json::sax_parse(TrackingIterator(header.data(), &seen), TrackingIterator(header.data() + header.size(), &seen),
                       &handler)) {
    return ErrorAt(name, seen - file.data(), handler.error);
  }
  TALLY_RETURN_IF_ERROR(CheckCoverage(kSizeBytes + header_bytes, data.size(), name, &handler.entries));
  SafetensorsContents contents;
  contents.metadata = std::move(handler.metadata);
  for (Entry& entry : handler.entries) {
    const absl::string_view bytes = data.substr(entry.begin(), entry.end() - entry.begin());
    contents.tensors[entry.name] = TensorView{entry.dtype, std::move(entry.shape), bytes};
  }
  return contents;
}

}  // namespace tally
