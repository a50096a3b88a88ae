// What messages say of a text that was found: the text, and the nearest of some names to one that is unknown.
#ifndef TALLY_LIB_BASE_NEAREST_H_
#define TALLY_LIB_BASE_NEAREST_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace tally {

// The candidate with the least edit distance to `name` (insertion, deletion, substitution, neighbours swapped), the
// first of several; "" where none is within (length of `name` + 1) / 2.
std::string NearestName(absl::string_view name, const std::vector<std::string>& candidates);

// "; did you mean X?" or "".
std::string DidYouMean(absl::string_view name, const std::vector<std::string>& candidates);

// `text` in quotes, of printable ASCII, and with "..." behind its first 60 bytes where it is longer.
std::string Quote(absl::string_view text);

}  // namespace tally

#endif  // TALLY_LIB_BASE_NEAREST_H_
