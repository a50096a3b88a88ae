// How fast random states are drawn: one number after another, and under each set of instructions that this machine has.
// Times are per call, numbers/s in the last column.
#include <benchmark/benchmark.h>
#include <hwy/targets.h>

#include <string>
#include <vector>

#include "lib/kernels/normal_draw/normal_draw.h"

namespace tally {
namespace {

// A microbatch of the published looped model, a sixteenth of it: 32 lines of 63 tokens at width 1024.
TokenStates States(bool unit) {
  TokenStates states;
  for (uint64_t sample = 0; sample < 32; ++sample) states.samples.push_back(sample);
  states.end = 63;
  states.width = 1024;
  states.unit = unit;
  return states;
}

template <typename F>
void Measure(benchmark::State& state, bool unit, F draw) {
  const TokenStates states = States(unit);
  std::vector<float> out(states.states() * states.width);
  for (auto _ : state) {
    draw(states, out.data());
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(out.size()));
}

void Register(const std::string& name, bool unit, int threads, int64_t target) {
  const auto run = [=](benchmark::State& state) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    Measure(state, unit, [threads](const TokenStates& states, float* out) { DrawTokenStates(states, threads, out); });
  };
  benchmark::RegisterBenchmark((name + "/" + hwy::TargetName(target) + "/threads:" + std::to_string(threads)).c_str(),
                               run)
      ->UseRealTime();
}

void RegisterAll() {
  for (const bool unit : {false, true}) {
    const std::string name = unit ? "unit" : "normal";
    const auto plain = [unit](benchmark::State& state) { Measure(state, unit, DrawTokenStatesPlain); };
    benchmark::RegisterBenchmark((name + "/plain/threads:1").c_str(), plain)->UseRealTime();
    for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
      for (const int threads : {1, 2}) Register(name, unit, threads, target);
    }
  }
}

}  // namespace
}  // namespace tally

int main(int argc, char** argv) {
  tally::RegisterAll();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
