#include "lib/problems/choose_files.h"

#include <re2/re2.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "lib/base/exit_code.h"
#include "lib/base/json/bounded_json.h"
#include "lib/base/status_macros.h"

namespace tally {
namespace {

using Json = nlohmann::json;

constexpr char kState[] = "state.json", kDict[] = "dataset_dict.json", kTokenized[] = "hf_tokenized_dataset/";

// "a/b/" of "a/b/c", "" of "c"; and the rest.
std::string FolderIn(const std::string& name) { return name.substr(0, name.rfind('/') + 1); }
std::string FileIn(const std::string& name) { return name.substr(name.rfind('/') + 1); }

bool IsHidden(const std::string& name) {
  for (const absl::string_view part : absl::StrSplit(name, '/')) {
    if (absl::StartsWith(part, ".") || part == "__MACOSX") return true;
  }
  return false;
}

// Whether the ending is that of a text, perhaps compressed.
bool IsText(const std::string& name) {
  return absl::EndsWith(name, ".txt") || absl::EndsWith(name, ".gz") || absl::EndsWith(name, ".zst");
}

bool HoldsProblems(const std::string& name) {
  return IsText(name) || absl::EndsWith(name, ".arrow") || absl::EndsWith(name, ".parquet") ||
         absl::EndsWith(name, ".zip");
}

std::string EndingOf(const std::string& name) {
  const std::string file = FileIn(name);
  const size_t dot = file.rfind('.');
  return dot == std::string::npos ? "nothing" : file.substr(dot);
}

absl::Status NoSuchSplit(const std::string& where, const std::set<std::string>& splits, const std::string& wanted) {
  return BadInputError(absl::StrCat(where, ": found the splits ", absl::StrJoin(splits, ", "), ", expected ", wanted,
                                    "; --split takes another, or all"));
}

// What the files of data sets say.
class DataSets {
 public:
  absl::Status Read(const std::string& name, const std::string& json_text, const std::string& split) {
    const Json json = ParseJson(json_text);
    const bool is_state = FileIn(name) == kState;
    const char* const key = is_state ? "_data_files" : "splits";
    if (!json.is_object() || !json.contains(key) || !json[key].is_array()) {
      return BadInputError(absl::StrCat(name, ": found no list ", key, ", expected one, as datasets writes it"));
    }
    std::set<std::string> listed;
    for (const Json& item : json[key]) {
      const Json text = is_state && item.is_object() ? item.value("filename", Json()) : item;
      if (!text.is_string()) {
        return BadInputError(absl::StrCat(name, ": found ", ShortJson(item), " in ", key, ", expected a name"));
      }
      listed.insert(text.get<std::string>());
    }
    if (is_state) {
      data_[FolderIn(name)] = std::move(listed);
      return absl::OkStatus();
    }
    return LeaveOutOtherSplits(name, listed, split);
  }

  // Whether the file is in a split that is not wanted.
  bool IsOfOtherSplit(const std::string& name) const {
    return std::any_of(other_splits_.begin(), other_splits_.end(),
                       [&](const std::string& folder) { return absl::StartsWith(name, folder); });
  }

  // The files that the data set in this folder lists; null where there is none.
  const std::set<std::string>* DataOf(const std::string& folder) const {
    const auto found = data_.find(folder);
    return found == data_.end() ? nullptr : &found->second;
  }

  // BadInput where a listed file is not among `names`.
  absl::Status CheckComplete(const std::vector<std::string>& names) const {
    const std::set<std::string> all(names.begin(), names.end());
    for (const auto& [folder, files] : data_) {
      if (IsOfOtherSplit(folder)) continue;
      for (const std::string& file : files) {
        if (all.count(folder + file) > 0) continue;
        return BadInputError(absl::StrCat(folder, kState, ": lists ", file, ", which is not there; expected all of ",
                                          files.size(), " files"));
      }
    }
    return absl::OkStatus();
  }

 private:
  absl::Status LeaveOutOtherSplits(const std::string& name, const std::set<std::string>& splits,
                                   const std::string& wanted) {
    if (wanted == "all") return absl::OkStatus();
    if (splits.count(wanted) == 0) return NoSuchSplit(name, splits, wanted);
    for (const std::string& split : splits) {
      if (split != wanted) other_splits_.push_back(absl::StrCat(FolderIn(name), split, "/"));
    }
    return absl::OkStatus();
  }

  std::map<std::string, std::set<std::string>> data_;  // folder -> file names
  std::vector<std::string> other_splits_;              // folders
};

// Parquet files whose names say of which split they are, and of how many files.
class ParquetSplits {
 public:
  // Takes the file where it is one of these.
  void Add(const std::string& name) {
    static const auto& numbered = *new RE2("(.+)-([0-9]{5})-of-([0-9]{5})\\.parquet");
    std::string split;
    int64_t number = 0, of = 0;
    if (!RE2::FullMatch(FileIn(name), numbered, &split, &number, &of)) return;
    split_of_[name] = split;
    parts_[FolderIn(name)][split][of].insert(number);
  }

  // BadInput where a folder has no file of the split, or not all.
  absl::Status Check(const std::string& wanted) const {
    for (const auto& [folder, splits] : parts_) {
      if (wanted != "all" && splits.count(wanted) == 0) {
        std::set<std::string> names;
        for (const auto& [split, files] : splits) names.insert(split);
        return NoSuchSplit(absl::StrCat(folder, "*.parquet"), names, wanted);
      }
      for (const auto& [split, files] : splits) {
        if (wanted != "all" && wanted != split) continue;
        const auto& [of, numbers] = *files.begin();
        const bool whole = files.size() == 1 && static_cast<int64_t>(numbers.size()) == of && *numbers.rbegin() < of;
        if (!whole) {
          return BadInputError(absl::StrCat(folder, split, "-*.parquet: found ", numbers.size(), " files of ", of,
                                            files.size() == 1 ? "" : ", and others", "; expected all of one number"));
        }
      }
    }
    return absl::OkStatus();
  }

  bool IsOfOtherSplit(const std::string& name, const std::string& wanted) const {
    const auto found = split_of_.find(name);
    return wanted != "all" && found != split_of_.end() && found->second != wanted;
  }

 private:
  std::map<std::string, std::string> split_of_;  // by file
  // Numbers of files by folder, split and how many there are.
  std::map<std::string, std::map<std::string, std::map<int64_t, std::set<int64_t>>>> parts_;
};

}  // namespace

absl::StatusOr<ChosenFiles> ChooseFiles(const std::vector<std::string>& names, const std::string& split,
                                        absl::FunctionRef<absl::StatusOr<std::string>(size_t)> read) {
  DataSets data_sets;
  ParquetSplits parquet;
  std::set<std::string> tokenized;  // folders with a folder hf_tokenized_dataset
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string file = FileIn(names[i]);
    if (IsHidden(names[i])) continue;
    const size_t place = absl::StrCat("/", names[i]).find(absl::StrCat("/", kTokenized));
    if (place != std::string::npos) tokenized.insert(names[i].substr(0, place));
    parquet.Add(names[i]);
    if (file != kState && file != kDict) continue;
    TALLY_ASSIGN_OR_RETURN(const std::string json, read(i));
    TALLY_RETURN_IF_ERROR(data_sets.Read(names[i], json, split));
  }
  TALLY_RETURN_IF_ERROR(data_sets.CheckComplete(names));
  TALLY_RETURN_IF_ERROR(parquet.Check(split));
  ChosenFiles files;
  std::set<std::string> other_ends;
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string& name = names[i];
    if (name.empty() || IsHidden(name) || data_sets.IsOfOtherSplit(name) || parquet.IsOfOtherSplit(name, split)) {
      continue;
    }
    const std::set<std::string>* const data = data_sets.DataOf(FolderIn(name));
    if (data != nullptr && data->count(FileIn(name)) == 0) continue;
    const bool copy = IsText(name) && tokenized.count(FolderIn(name)) > 0;
    if (HoldsProblems(name) && !copy) {
      files.chosen.push_back(i);
    } else if (!absl::EndsWith(name, kDict)) {
      ++files.left_out;
      other_ends.insert(EndingOf(name));
    }
  }
  files.other_ends.assign(other_ends.begin(), other_ends.end());
  return files;
}

}  // namespace tally
