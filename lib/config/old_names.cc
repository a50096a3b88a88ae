#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "absl/strings/str_cat.h"
#include "lib/config/options.h"

namespace tally {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::io::Tokenizer;

constexpr size_t kMostLevels = 100;  // messages within one another; there are six at most

// The parser of text format reports errors; here they end nothing.
class NoErrors : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int, google::protobuf::io::ColumnNumber, const std::string&) override {}
};

// Goes through the tokens of a text in text format and knows which field or value each name stands for.
class Reader {
 public:
  Reader(const Descriptor& type, std::vector<OldName>* found) : levels_{{&type, nullptr, false}}, found_(found) {}

  size_t depth() const { return levels_.size(); }

  // What should stand for `token`: its text, or the new name for an old one.
  std::string Read(const Tokenizer::Token& token) {
    if (token.type == Tokenizer::TYPE_IDENTIFIER) return name_is_next_ ? Field(token) : Value(token);
    if (token.type == Tokenizer::TYPE_SYMBOL) Symbol(token.text);
    if (token.type != Tokenizer::TYPE_SYMBOL) EndValue();
    return token.text;
  }

 private:
  // A message that is open: its type, null for one that is not known, the field that holds it, and whether that is a
  // list in brackets.
  struct Level {
    const Descriptor* type;
    const FieldDescriptor* field;
    bool in_list;
  };

  std::string Field(const Tokenizer::Token& token) {
    const Descriptor* const type = levels_.back().type;
    field_ = type == nullptr ? nullptr : FindFieldOfAnyAge(*type, token.text);
    return field_ == nullptr ? token.text : Renamed(token, field_->name());
  }

  std::string Value(const Tokenizer::Token& token) {
    const EnumDescriptor* const type = field_ == nullptr ? nullptr : field_->enum_type();
    const EnumValueDescriptor* const value = type == nullptr ? nullptr : FindValueOfAnyAge(*type, token.text);
    EndValue();
    return value == nullptr ? token.text : Renamed(token, value->name());
  }

  std::string Renamed(const Tokenizer::Token& token, const std::string& name) {
    if (name != token.text) found_->push_back({token.line + 1, token.text, name});
    return name;
  }

  void EndValue() { name_is_next_ = !in_list_; }

  void Symbol(const std::string& symbol) {
    if (symbol == ":") name_is_next_ = false;
    if (symbol == "[" && !name_is_next_) in_list_ = true;
    if (symbol == "]") {
      in_list_ = false;
      name_is_next_ = true;
    }
    if (symbol == "{" || symbol == "<") Open();
    if ((symbol == "}" || symbol == ">") && levels_.size() > 1) Close();
  }

  void Open() {
    levels_.push_back({field_ == nullptr ? nullptr : field_->message_type(), field_, in_list_});
    in_list_ = false;
    name_is_next_ = true;
  }

  void Close() {
    field_ = levels_.back().field;
    in_list_ = levels_.back().in_list;
    levels_.pop_back();
    EndValue();
  }

  std::vector<Level> levels_;
  std::vector<OldName>* const found_;
  const FieldDescriptor* field_ = nullptr;  // the last that was named
  bool name_is_next_ = true;                // else a value
  bool in_list_ = false;
};

// The bytes of `text` that Tokenizer's lines and columns, which count a tab as up to eight, stand for. Goes forward
// only.
class Cursor {
 public:
  explicit Cursor(absl::string_view text) : text_(text) {}

  size_t At(int line, int column) {
    while (at_ < text_.size() && (line_ < line || column_ < column)) Step();
    return at_;
  }

 private:
  void Step() {
    const char c = text_[at_++];
    column_ = c == '\n' ? 0 : c == '\t' ? column_ + 8 - column_ % 8 : column_ + 1;
    line_ += c == '\n';
  }

  const absl::string_view text_;
  size_t at_ = 0;
  int line_ = 0, column_ = 0;
};

}  // namespace

std::string ReplaceOldNames(absl::string_view text, const Descriptor& type, std::vector<OldName>* found) {
  google::protobuf::io::ArrayInputStream input(text.data(), text.size());
  NoErrors errors;
  Tokenizer tokenizer(&input, &errors);
  tokenizer.set_comment_style(Tokenizer::SH_COMMENT_STYLE);
  tokenizer.set_allow_f_after_float(true);
  Reader reader(type, found);
  Cursor cursor(text);
  std::string replaced;
  size_t copied = 0;
  while (reader.depth() < kMostLevels && tokenizer.Next()) {
    const Tokenizer::Token& token = tokenizer.current();
    const std::string name = reader.Read(token);
    if (name == token.text) continue;
    const size_t start = cursor.At(token.line, token.column);
    absl::StrAppend(&replaced, text.substr(copied, start - copied), name);
    copied = start + token.text.size();
  }
  return absl::StrCat(replaced, text.substr(copied));
}

std::string OldNameNotice(const OldName& name) { return absl::StrCat(name.old_name, " is now ", name.new_name); }

}  // namespace tally
