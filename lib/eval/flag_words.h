// The words that text flags of eval, sort_eval and predict take, for completion (Tool::words, lib/config/tool_main.h).
#ifndef TALLY_LIB_EVAL_FLAG_WORDS_H_
#define TALLY_LIB_EVAL_FLAG_WORDS_H_

#include <map>
#include <string>
#include <vector>

namespace tally {

// Of InferenceFlags.
std::map<std::string, std::vector<std::string>> InferenceWords();

// Of EvaluationFlags, and the words that stand before files: sort_eval's.
std::map<std::string, std::vector<std::string>> EvaluationWords();

// The same and those of EvalGridFlags: eval's.
std::map<std::string, std::vector<std::string>> EvalWords();

}  // namespace tally

#endif  // TALLY_LIB_EVAL_FLAG_WORDS_H_
