// Propagation of absl::Status without exceptions.
#ifndef TALLY_LIB_BASE_STATUS_MACROS_H_
#define TALLY_LIB_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns from the enclosing function with the status of `expr` unless that is OK.
#define TALLY_RETURN_IF_ERROR(expr)                \
  do {                                             \
    absl::Status tally_status_ = (expr);           \
    if (!tally_status_.ok()) return tally_status_; \
  } while (false)

// Assigns the value of the StatusOr `expr` to `lhs` (a declaration or an lvalue), or returns its status.
#define TALLY_ASSIGN_OR_RETURN(lhs, expr) \
  TALLY_ASSIGN_OR_RETURN_IMPL_(TALLY_CONCAT_(tally_statusor_, __LINE__), lhs, expr)

#define TALLY_CONCAT_INNER_(a, b) a##b
#define TALLY_CONCAT_(a, b) TALLY_CONCAT_INNER_(a, b)
#define TALLY_ASSIGN_OR_RETURN_IMPL_(statusor, lhs, expr)  \
  auto statusor = (expr);                                  \
  if (!statusor.ok()) return std::move(statusor).status(); \
  lhs = *std::move(statusor)

#endif  // TALLY_LIB_BASE_STATUS_MACROS_H_
