#include "lib/checkpoint/state_dict.h"

#include <caffe2/serialize/inline_container.h>

#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/base/exit_code.h"
#include "lib/base/os/path_exists.h"
#include "lib/base/status_macros.h"
#include "lib/checkpoint/saved_tensor.h"

namespace tally {
namespace {

constexpr int64_t kMostCopies = 4;  // of the file's bytes in all tensors; some share their storage

// The records of an archive. LibTorch reports errors by exceptions.
class Records {
 public:
  static absl::StatusOr<Records> Open(const std::string& path) {
    std::error_code error;
    Records records(path, static_cast<int64_t>(std::filesystem::file_size(path, error)));
    if (error) return BadInputError(absl::StrCat(path, ": expected what torch.save writes: ", error.message()));
    TALLY_RETURN_IF_ERROR(
        records.Try([&] { records.reader_ = std::make_unique<caffe2::serialize::PyTorchStreamReader>(path); }));
    return records;
  }

  int64_t file_bytes() const { return file_bytes_; }

  // The record's bytes, which last as long as this; read once. Records are not compressed, so that all that are read
  // have at most the file's bytes.
  absl::StatusOr<absl::string_view> Read(const std::string& name) {
    const auto [record, is_new] = records_.try_emplace(name);
    if (!is_new) return record->second;
    std::string& bytes = record->second;
    TALLY_RETURN_IF_ERROR(Try([&] {
      const size_t size = reader_->getRecordSize(name);
      if (size > static_cast<size_t>(unread_)) throw std::length_error("found records of more bytes than the file");
      unread_ -= static_cast<int64_t>(size);
      bytes.resize(size);
      reader_->getRecord(name, bytes.data(), size);
    }));
    return bytes;
  }

 private:
  Records(std::string path, int64_t file_bytes) : path_(std::move(path)), file_bytes_(file_bytes) {}

  template <typename Action>
  absl::Status Try(const Action& action) {
    try {
      action();
      return absl::OkStatus();
    } catch (const std::exception& error) {
      // The first line says what is wrong, the others where LibTorch noticed.
      const std::vector<std::string> lines = absl::StrSplit(error.what(), '\n');
      return BadInputError(absl::StrCat(path_, ": expected what torch.save writes: ", lines[0]));
    }
  }

  std::string path_;
  int64_t file_bytes_;
  int64_t unread_ = file_bytes_;
  std::map<std::string, std::string> records_;
  std::unique_ptr<caffe2::serialize::PyTorchStreamReader> reader_;
};

}  // namespace

absl::StatusOr<StateDict> StateDict::Read(const std::string& path) {
  TALLY_ASSIGN_OR_RETURN(const bool there, CheckExists(path));
  if (!there) return MissingInputError(absl::StrCat(path, ": no such file"));
  TALLY_ASSIGN_OR_RETURN(Records records, Records::Open(path));
  TALLY_ASSIGN_OR_RETURN(const absl::string_view pickle, records.Read("data.pkl"));
  TALLY_ASSIGN_OR_RETURN(const auto saved, ReadSavedTensors(pickle, path));
  StateDict state;
  int64_t room = kMostCopies * records.file_bytes();
  for (const auto& [name, tensor] : saved) {
    const auto error = [&, where = name](const auto&... found) {
      return BadInputError(absl::StrCat(path, ": tensor ", where, ": ", found...));
    };
    TALLY_ASSIGN_OR_RETURN(const absl::string_view storage, records.Read("data/" + tensor.storage));
    const int64_t item = SizeOf(tensor.dtype), expected = tensor.storage_elements * item;
    if (static_cast<int64_t>(storage.size()) != expected) {
      return error("found data of ", storage.size(), " bytes, expected ", expected);
    }
    room -= tensor.elements() * item;
    if (room < 0) return error("found more tensors than data, expected at most ", kMostCopies, " of one storage");
    state.owned_.push_back(RowMajor(tensor, storage));
    state.views_[name] = {tensor.dtype, tensor.shape, state.owned_.back()};
  }
  return state;
}

}  // namespace tally
