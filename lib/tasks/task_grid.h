// What the two lengths of a cell of evaluation mean for a task, in words and flags. Plain data: results and plots find
// it by the task's name (registry.h) and work for foreign names too.
#ifndef TALLY_LIB_TASKS_TASK_GRID_H_
#define TALLY_LIB_TASKS_TASK_GRID_H_

#include <cstdint>
#include <string>

namespace tally {

struct TaskGrid {
  // Axes of a heatmap.
  std::string first_axis = "digits of the first operand";
  std::string second_axis = "digits of the second operand";
  std::string second_unit = "digits";  // that of the first axis is "digits"
  std::string second_noun = "digits";  // the same, shorter

  // The axis of lengths: of cells with two equal lengths, and of all by the longer one.
  std::string equal_lengths = "digits of each operand";
  std::string longest_length = "digits of the longer operand";

  // What may be longer than in training: "in one operand", "in both operands".
  std::string side = "operand";

  // "100 digits or more".
  std::string length_unit = "digits";

  // Operands of a cell where the grid does not say how many; 0: cells do not record it.
  int64_t operands = 2;

  // All operands have the first length, so that a grid has rows and a number of operands but no columns.
  bool one_length = false;

  // The first element of an answer is a result of its own, and counted.
  bool first_element = false;

  // The command that evaluates a grid, and its flags for the two lengths.
  std::string command = "env eval";  // eval alone is a shell's own
  std::string first_flag = "rows";
  std::string second_flag = "cols";
  bool has_grid_flag = true;
};

// A cell of a grid.
struct CellLengths {
  int64_t first = 0;
  int64_t second = 0;
  int64_t operands = 2;
};

}  // namespace tally

#endif  // TALLY_LIB_TASKS_TASK_GRID_H_
