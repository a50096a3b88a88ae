// Several ranks in one process, for tests.
#ifndef TALLY_LIB_DISTRIBUTED_RANKS_FOR_TEST_H_
#define TALLY_LIB_DISTRIBUTED_RANKS_FOR_TEST_H_

#include <functional>

#include "lib/distributed/process_group.h"

namespace tally {

// Runs work(group) in one thread for each of `size` ranks that meet over Gloo, each with a group of its own, and leaves
// each group with OK.
void RunRanks(int size, const std::function<void(ProcessGroup& group)>& work);

}  // namespace tally

#endif  // TALLY_LIB_DISTRIBUTED_RANKS_FOR_TEST_H_
