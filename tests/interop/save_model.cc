// Opens the model in FOLDER and writes it as a checkpoint of a run: save_model FOLDER RUN.
#include <iostream>

#include "lib/checkpoint/checkpoint.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: save_model FOLDER RUN\n";
    return 2;
  }
  const absl::StatusOr<tally::LoadedModel> loaded = tally::LoadModel(argv[1]);
  const absl::Status status =
      loaded.ok() ? tally::SaveCheckpoint(argv[2], loaded->card, *loaded->model, {}, {}) : loaded.status();
  if (status.ok()) return 0;
  std::cerr << status << "\n";
  return 1;
}
