// Reads tables of a FlatBuffer (https://flatbuffers.dev, "FlatBuffer Internals"), every access checked.
#ifndef TALLY_LIB_PROBLEMS_FLATBUFFER_H_
#define TALLY_LIB_PROBLEMS_FLATBUFFER_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "absl/strings/string_view.h"

namespace tally {

// What is outside of the buffer reads as 0 or empty and makes ok() false for good; so a reader may read first and ask
// once, at the end. Little-endian machines only, as Tally's other formats.
class FlatBuffer {
 public:
  explicit FlatBuffer(absl::string_view bytes) : bytes_(bytes) {}

  // A place in the buffer; 0: nothing is there.
  using Place = size_t;

  bool ok() const { return ok_; }
  Place Root() { return Follow(0); }

  // Field `number` of the table at `table`, `usual` where the table leaves it out.
  template <typename Number>
  Number Field(Place table, int number, Number usual = 0) {
    const Place place = FieldPlace(table, number);
    return place == 0 ? usual : Read<Number>(place);
  }

  // The table, vector or text that a field refers to; 0 where the table leaves it out.
  Place Child(Place table, int number) {
    const Place place = FieldPlace(table, number);
    return place == 0 ? 0 : Follow(place);
  }

  // A vector's length, 0 for none; the place of an element; the table that an element refers to.
  size_t Length(Place vector) { return vector == 0 ? 0 : Read<uint32_t>(vector); }
  Place Element(Place vector, size_t index, size_t size) const { return vector + sizeof(uint32_t) + index * size; }
  Place TableAt(Place vector, size_t index) { return Follow(Element(vector, index, sizeof(uint32_t))); }

  // The text, where it has at most `most` bytes; a longer one is as one outside of the buffer.
  std::string Text(Place text, size_t most) {
    const size_t length = Length(text);
    ok_ = ok_ && length <= most;
    return Covers(text + sizeof(uint32_t), length) ? std::string(bytes_.substr(text + sizeof(uint32_t), length)) : "";
  }

  template <typename Number>
  Number Read(Place place) {
    Number number = 0;
    if (Covers(place, sizeof(Number))) std::memcpy(&number, bytes_.data() + place, sizeof(Number));
    return number;
  }

 private:
  bool Covers(Place place, size_t size) {
    ok_ = ok_ && place <= bytes_.size() && size <= bytes_.size() - place;
    return ok_;
  }

  Place Follow(Place place) {
    const auto distance = Read<uint32_t>(place);
    ok_ = ok_ && distance > 0;
    return ok_ ? place + distance : 0;
  }

  // A table begins with the distance back to its list of fields: bytes of the list, bytes of the table, then the
  // distance of each field from the table's beginning, 0 where it is left out.
  Place FieldPlace(Place table, int number) {
    if (table == 0) return 0;
    const Place list = table - static_cast<Place>(static_cast<int64_t>(Read<int32_t>(table)));
    const size_t entry = sizeof(uint16_t) * (2 + static_cast<size_t>(number));
    if (Read<uint16_t>(list) < entry + sizeof(uint16_t)) return 0;
    const auto distance = Read<uint16_t>(list + entry);
    return distance == 0 ? 0 : table + distance;
  }

  const absl::string_view bytes_;
  bool ok_ = true;
};

}  // namespace tally

#endif  // TALLY_LIB_PROBLEMS_FLATBUFFER_H_
