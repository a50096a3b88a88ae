// libfault.so: makes system calls of one program fail, by LD_PRELOAD and without privileges; fault_plan.h says which.
//
// Writes of glibc's own streams (fwrite) never pass here, as they do not leave libc: Tally's files are written by
// descriptors.
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>

#include "tests/faults/fault_plan.h"

namespace tally {
namespace {

template <typename F>
F Real(const char* name) {
  return reinterpret_cast<F>(dlsym(RTLD_NEXT, name));
}

// The function that this library hides.
#define REAL(name)                                           \
  ([] {                                                      \
    static const auto real = Real<decltype(&::name)>(#name); \
    return real;                                             \
  }())

// A call that returns -1 where it fails.
template <typename F>
int Simple(Call call, const char* name, const std::string& path, F real) {
  const Strike strike = Decide(call, name, path);
  if (strike.fails()) return -1;
  const int result = real();
  CrashIfStruck(strike);
  return result;
}

Call OpenCall(int flags) {
  if ((flags & O_DIRECTORY) != 0 && (flags & O_TMPFILE) != O_TMPFILE) return kLook;
  return (flags & (O_WRONLY | O_RDWR | O_CREAT)) != 0 ? kOpenWrite : kOpenRead;
}

int OpenAt(int folder, const char* path, int flags, mode_t mode) {
  return Simple(OpenCall(flags), "open", Absolute(folder, path), [&] {
    const int fd = static_cast<int>(syscall(SYS_openat, folder, path, flags, mode));
    if (OpenCall(flags) == kOpenWrite && fd >= 0) Note(fd, false);
    return fd;
  });
}

mode_t ModeOf(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

template <typename F>
ssize_t Transfer(Call call, const char* name, int fd, size_t size, F real) {
  const Strike strike = Decide(call, name, PathIfMatched(fd));
  if (strike.fails()) return -1;
  const ssize_t done = real(strike.struck && strike.effect == kShort && size > 1 ? size / 2 : size);
  if (call == kWrite && done > 0) Note(fd, false);
  CrashIfStruck(strike);
  return done;
}

}  // namespace
}  // namespace tally

using namespace tally;  // NOLINT: the names below have to be global

// The C library calls its parameters otherwise.
// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)
extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = ModeOf(flags, arguments);
  va_end(arguments);
  return OpenAt(AT_FDCWD, path, flags, mode);
}
int openat(int folder, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = ModeOf(flags, arguments);
  va_end(arguments);
  return OpenAt(folder, path, flags, mode);
}

ssize_t read(int fd, void* data, size_t size) {
  return Transfer(kRead, "read", fd, size, [&](size_t n) { return syscall(SYS_read, fd, data, n); });
}
ssize_t pread(int fd, void* data, size_t size, off_t at) {
  return Transfer(kRead, "pread", fd, size, [&](size_t n) { return syscall(SYS_pread64, fd, data, n, at); });
}
ssize_t write(int fd, const void* data, size_t size) {
  return Transfer(kWrite, "write", fd, size, [&](size_t n) { return syscall(SYS_write, fd, data, n); });
}
ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
  return Transfer(kWrite, "pwrite", fd, size, [&](size_t n) { return syscall(SYS_pwrite64, fd, data, n, at); });
}

int fsync(int fd) {
  return Simple(kSync, "fsync", PathIfMatched(fd), [&] {
    const int result = static_cast<int>(syscall(SYS_fsync, fd));
    if (result == 0) Note(fd, true);
    return result;
  });
}
int close(int fd) {
  // The descriptor is free after a failed close too.
  const Strike strike = Decide(kClose, "close", PathIfMatched(fd));
  const int error = errno, result = static_cast<int>(syscall(SYS_close, fd));
  if (!strike.fails()) return result;
  errno = error;
  return -1;
}

int rename(const char* from, const char* to) {
  const std::string source = Absolute(AT_FDCWD, from), target = Absolute(AT_FDCWD, to);
  return Simple(kRename, "rename", target, [&] {
    const int result = static_cast<int>(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
    if (result == 0) NoteRenamed(source, target);
    return result;
  });
}

int mkdir(const char* path, mode_t mode) {
  return Simple(kMake, "mkdir", Absolute(AT_FDCWD, path),
                [&] { return static_cast<int>(syscall(SYS_mkdirat, AT_FDCWD, path, mode)); });
}
int symlink(const char* target, const char* path) {
  return Simple(kMake, "symlink", Absolute(AT_FDCWD, path),
                [&] { return static_cast<int>(syscall(SYS_symlinkat, target, AT_FDCWD, path)); });
}
int unlink(const char* path) {
  return Simple(kRemove, "unlink", Absolute(AT_FDCWD, path),
                [&] { return static_cast<int>(syscall(SYS_unlinkat, AT_FDCWD, path, 0)); });
}
int unlinkat(int folder, const char* path, int flags) {
  return Simple(kRemove, "unlink", Absolute(folder, path),
                [&] { return static_cast<int>(syscall(SYS_unlinkat, folder, path, flags)); });
}
int remove(const char* path) {
  return Simple(kRemove, "remove", Absolute(AT_FDCWD, path), [&] { return REAL(remove)(path); });
}
int ftruncate(int fd, off_t size) {
  return Simple(kCut, "ftruncate", PathIfMatched(fd),
                [&] { return static_cast<int>(syscall(SYS_ftruncate, fd, size)); });
}

int stat(const char* path, struct stat* info) {
  return Simple(kLook, "stat", Absolute(AT_FDCWD, path),
                [&] { return static_cast<int>(syscall(SYS_newfstatat, AT_FDCWD, path, info, 0)); });
}
int lstat(const char* path, struct stat* info) {
  return Simple(kLook, "lstat", Absolute(AT_FDCWD, path),
                [&] { return static_cast<int>(syscall(SYS_newfstatat, AT_FDCWD, path, info, AT_SYMLINK_NOFOLLOW)); });
}
// What programs that were built for older C libraries call, such as LibTorch's own part of the C++ library.
int __xstat(int /*version*/, const char* path, struct stat* info) { return stat(path, info); }
int __lxstat(int /*version*/, const char* path, struct stat* info) { return lstat(path, info); }
DIR* opendir(const char* path) {
  return Decide(kLook, "opendir", Absolute(AT_FDCWD, path)).fails() ? nullptr : REAL(opendir)(path);
}
DIR* fdopendir(int fd) { return Decide(kLook, "fdopendir", PathIfMatched(fd)).fails() ? nullptr : REAL(fdopendir)(fd); }

void* mmap(void* at, size_t size, int protection, int flags, int fd, off_t offset) {
  if (fd >= 0 && Decide(kMap, "mmap", PathIfMatched(fd)).fails()) return MAP_FAILED;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the system call gives a number
  return reinterpret_cast<void*>(syscall(SYS_mmap, at, size, protection, flags, fd, offset));
}

int flock(int fd, int operation) {
  return Simple(kLock, "flock", PathIfMatched(fd), [&] { return static_cast<int>(syscall(SYS_flock, fd, operation)); });
}
}
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
