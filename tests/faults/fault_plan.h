// Which call of a program is struck by which fault, as the environment says.
//
//   1. Calls on files below FAULT_FOLDER, by path or by descriptor, are matched against the kind of fault.
//   2. Call number FAULT_AT that matches is struck; with FAULT_STAYS=1 each later one as well.
//   3. Each strike adds a line `CALL PATH` to FAULT_REPORT; without FAULT_AT the file gets `count N` when the program
//      ends, so that a caller can draw FAULT_AT below it.
//
// Further: FAULT_KIND (the table kFaults of fault_plan.cc), FAULT_PROGRAM (only a program of this name; its children
// are left alone) and FAULT_SEED (what a machine without power leaves of files).
#ifndef TALLY_TESTS_FAULTS_FAULT_PLAN_H_
#define TALLY_TESTS_FAULTS_FAULT_PLAN_H_

#include <string>

namespace tally {

// Kinds of calls, a bit each.
enum Call : unsigned {
  kOpenRead = 1u << 0,
  kOpenWrite = 1u << 1,  // which may create the file
  kRead = 1u << 2,
  kWrite = 1u << 3,
  kSync = 1u << 4,
  kClose = 1u << 5,
  kRename = 1u << 6,
  kMake = 1u << 7,  // folders and links
  kRemove = 1u << 8,
  kCut = 1u << 9,
  kLook = 1u << 10,  // stat, and folders opened to be read
  kMap = 1u << 11,
  kLock = 1u << 12,
};

enum Effect { kFails, kShort, kSlow, kInterrupted, kCrashBefore, kCrashAfter, kPowerCut };

// What happens to one call. `struck` is false for calls that go on as they are.
struct Strike {
  bool struck = false;
  Effect effect = kFails;

  // Whether the call is left out and fails; errno is set.
  bool fails() const { return struck && (effect == kFails || effect == kInterrupted); }
};

// Decides about a call of `name` on `path`, which is absolute. Ends the program here where a crash comes before the
// call. Thread-safe.
Strike Decide(Call call, const char* name, const std::string& path);

// Ends the program where a crash comes after the call.
void CrashIfStruck(const Strike& strike);

// The file `fd` was opened or written to, or with `synced` flushed to disk.
void Note(int fd, bool synced);

// The file or folder `from` is called `to` now.
void NoteRenamed(const std::string& from, const std::string& to);

// The path of `path` as seen from the folder `fd`.
std::string Absolute(int fd, const char* path);

// The path of a descriptor; "" where nothing is struck anyway.
std::string PathIfMatched(int fd);

}  // namespace tally

#endif  // TALLY_TESTS_FAULTS_FAULT_PLAN_H_
