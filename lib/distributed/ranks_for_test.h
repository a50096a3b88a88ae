// Several ranks in one process, for tests.
#ifndef TALLY_LIB_DISTRIBUTED_RANKS_FOR_TEST_H_
#define TALLY_LIB_DISTRIBUTED_RANKS_FOR_TEST_H_

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <thread>
#include <vector>

#include "lib/distributed/process_group.h"
#include "lib/distributed/socket.h"

namespace tally {

// Runs work(group) in one thread for each of `size` ranks that meet over Gloo, each with a group of its own, and leaves
// each group with OK.
inline void RunRanks(int size, const std::function<void(ProcessGroup& group)>& work) {
  // c10d's flight recorder, of which a process has one, adds a new group to its map without a lock.
  setenv("TORCH_FR_BUFFER_SIZE", "0", /*overwrite=*/1);
  int port = 0;
  { port = PortOf(*ListenTcp()); }  // free a moment ago
  std::vector<std::thread> threads;
  for (int rank = 0; rank < size; ++rank) {
    threads.emplace_back([&, rank] {
      ProcessGroupOptions options;
      options.ranks.rank = rank;
      options.ranks.size = size;
      options.ranks.host = "127.0.0.1";
      options.ranks.port = port;
      const auto group = ProcessGroup::Connect(options);
      ASSERT_TRUE(group.ok()) << group.status();
      work(**group);
      (*group)->Leave(absl::OkStatus());
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace tally

#endif  // TALLY_LIB_DISTRIBUTED_RANKS_FOR_TEST_H_
