#include "lib/distributed/ranks_for_test.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "lib/distributed/socket.h"

namespace tally {

void RunRanks(int size, const std::function<void(ProcessGroup& group)>& work) {
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
