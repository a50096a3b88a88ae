// Problems in Arrow's IPC format, as Hugging Face `datasets` stores them, as lines of text.
#ifndef TALLY_LIB_PROBLEMS_ARROW_LINES_H_
#define TALLY_LIB_PROBLEMS_ARROW_LINES_H_

#include <memory>
#include <string>

#include "lib/base/byte_source.h"
#include "lib/tokenizer/vocabulary.h"

namespace tally {

// The rows of an Arrow stream, or file, each as a line: the characters of the ids in its column `input_ids` (a list of
// integers: characters, one EOS, then PAD; a PAD before is a space), or else the text in its column `text`. Both as
// they are, without compression or a dictionary. Line k is row k of the stream, from 1. Memory holds one record batch.
//
// Read gives BadInput for what is not such a stream, a stream that ends too early, columns of other types, and rows
// that are no such ids; it names byte or row. Messages call the stream `name`. `vocabulary` must outlive the source.
std::unique_ptr<ByteSource> ReadArrowLines(std::unique_ptr<ByteSource> arrow, std::string name,
                                           const Vocabulary& vocabulary);

}  // namespace tally

#endif  // TALLY_LIB_PROBLEMS_ARROW_LINES_H_
