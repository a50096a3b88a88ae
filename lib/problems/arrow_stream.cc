#include "lib/problems/arrow_stream.h"

#include "absl/strings/str_cat.h"
#include "lib/base/byte_reader.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"

namespace tally {
namespace {

using Place = FlatBuffer::Place;

constexpr uint32_t kContinuation = 0xFFFFFFFF;  // before the length of every message
constexpr absl::string_view kFileMagic("ARROW1\0\0", 8);
constexpr int64_t kMostMetadata = int64_t{1} << 26;
constexpr int kMostFields = 1000;   // columns and their parts
constexpr size_t kMostName = 1000;  // bytes of a name, which many fields may share

// Numbers of the fields of tables in Message.fbs and Schema.fbs.
constexpr int kMessageHeaderType = 1, kMessageHeader = 2, kMessageBodyLength = 3;
constexpr int kSchemaEndianness = 0, kSchemaFields = 1;
constexpr int kFieldName = 0, kFieldTypeType = 2, kFieldType = 3, kFieldDictionary = 4, kFieldChildren = 5;
constexpr int kIntBitWidth = 0;
constexpr int kBatchLength = 0, kBatchNodes = 1, kBatchBuffers = 2, kBatchCompression = 3;

constexpr int kSchemaMessage = 1, kBatchMessage = 3;  // types of headers

// Of a batch: a node is the length of a field and its number of nulls, a buffer its offset and length.
constexpr size_t kNodeBytes = 16, kBufferBytes = 16;

// Reads a field and its children, of which there are `*left` at most.
ArrowField ReadField(FlatBuffer* buffer, Place table, int* left) {
  ArrowField field;
  field.name = buffer->Text(buffer->Child(table, kFieldName), kMostName);
  field.type = buffer->Field<uint8_t>(table, kFieldTypeType);
  const Place type = buffer->Child(table, kFieldType);
  if (field.type == kArrowInt) field.bits = buffer->Field<int32_t>(type, kIntBitWidth);
  field.has_dictionary = buffer->Child(table, kFieldDictionary) != 0;
  const Place children = buffer->Child(table, kFieldChildren);
  const size_t count = buffer->Length(children);
  for (size_t i = 0; i < count && buffer->ok() && --*left > 0; ++i) {
    field.children.push_back(ReadField(buffer, buffer->TableAt(children, i), left));
  }
  return field;
}

}  // namespace

absl::Status ArrowStream::ErrorHere(absl::string_view message) const {
  return BadInputError(absl::StrCat(name_, ": byte ", position_ + 1, ": ", message));
}

absl::StatusOr<std::string> ArrowStream::ReadBytes(int64_t size) {
  TALLY_ASSIGN_OR_RETURN(std::string bytes, ReadGrowing(static_cast<size_t>(size), [this](char* data, size_t count) {
                           return ReadFully(*bytes_, data, count);
                         }));
  position_ += static_cast<int64_t>(bytes.size());
  if (bytes.size() == static_cast<size_t>(size)) return bytes;
  return ErrorHere("found the end of the file within an Arrow message (is it truncated?)");
}

absl::StatusOr<bool> ArrowStream::ReadMessage() {
  uint32_t prefix[2];
  TALLY_ASSIGN_OR_RETURN(const size_t count, ReadFully(*bytes_, reinterpret_cast<char*>(prefix), sizeof(prefix)));
  position_ += static_cast<int64_t>(count);
  if (count < sizeof(prefix))
    return ErrorHere("found the end of the file, expected an Arrow message (is it truncated?)");
  if (position_ == sizeof(prefix) && absl::string_view(reinterpret_cast<char*>(prefix), 8) == kFileMagic) {
    return ReadMessage();
  }
  if (prefix[0] != kContinuation) return ErrorHere("found no message of an Arrow stream, expected one");
  if (prefix[1] == 0) return false;
  if (prefix[1] > kMostMetadata)
    return ErrorHere(absl::StrCat("found a message of ", prefix[1], " bytes, expected at most ", kMostMetadata));
  TALLY_ASSIGN_OR_RETURN(message_, ReadBytes(prefix[1]));
  return true;
}

absl::StatusOr<std::vector<ArrowField>> ArrowStream::ReadSchema() {
  TALLY_ASSIGN_OR_RETURN(const bool more, ReadMessage());
  if (!more) return ErrorHere("found the end of an Arrow stream, expected its schema");
  FlatBuffer buffer(message_);
  const Place root = buffer.Root();
  const bool is_schema = buffer.Field<uint8_t>(root, kMessageHeaderType) == kSchemaMessage;
  const Place header = buffer.Child(root, kMessageHeader);
  const bool big_endian = buffer.Field<int16_t>(header, kSchemaEndianness) != 0;
  const Place fields = buffer.Child(header, kSchemaFields);
  std::vector<ArrowField> columns;
  const size_t count = buffer.Length(fields);
  int left = kMostFields;
  for (size_t i = 0; i < count && buffer.ok() && --left > 0; ++i) {
    columns.push_back(ReadField(&buffer, buffer.TableAt(fields, i), &left));
  }
  if (left <= 0) return ErrorHere(absl::StrCat("found more than ", kMostFields, " columns and parts of them"));
  if (!buffer.ok() || !is_schema) return ErrorHere("found no Arrow schema before this, expected one");
  if (big_endian) return ErrorHere("found a big-endian Arrow stream, expected a little-endian one");
  return columns;
}

absl::StatusOr<bool> ArrowStream::Next(ArrowBatch* batch) {
  TALLY_ASSIGN_OR_RETURN(const bool more, ReadMessage());
  if (!more) return false;
  FlatBuffer buffer(message_);
  const Place root = buffer.Root();
  const auto type = buffer.Field<uint8_t>(root, kMessageHeaderType);
  const Place header = buffer.Child(root, kMessageHeader);
  const auto body_bytes = buffer.Field<int64_t>(root, kMessageBodyLength);
  if (!buffer.ok() || type != kBatchMessage || body_bytes < 0) {
    return ErrorHere("found another Arrow message before this, expected a record batch");
  }
  TALLY_RETURN_IF_ERROR(ReadBatch(&buffer, header, body_bytes, batch));
  return true;
}

absl::Status ArrowStream::ReadBatch(FlatBuffer* message, Place header, int64_t body_bytes, ArrowBatch* batch) {
  if (message->Child(header, kBatchCompression) != 0) {
    return ErrorHere("found a compressed record batch, expected one without compression");
  }
  *batch = ArrowBatch();
  batch->rows = message->Field<int64_t>(header, kBatchLength);
  TALLY_ASSIGN_OR_RETURN(batch->body, ReadBytes(body_bytes));
  const Place nodes = message->Child(header, kBatchNodes), buffers = message->Child(header, kBatchBuffers);
  const size_t node_count = message->Length(nodes), buffer_count = message->Length(buffers);
  for (size_t i = 0; i < node_count && message->ok(); ++i) {
    batch->nulls.push_back(message->Read<int64_t>(message->Element(nodes, i, kNodeBytes) + sizeof(int64_t)));
  }
  for (size_t i = 0; i < buffer_count && message->ok(); ++i) {
    const Place place = message->Element(buffers, i, kBufferBytes);
    const auto offset = message->Read<int64_t>(place), length = message->Read<int64_t>(place + sizeof(int64_t));
    if (offset < 0 || length < 0 || offset > body_bytes || length > body_bytes - offset) {
      return ErrorHere(absl::StrCat("found a buffer of bytes ", offset, " to ", offset, " + ", length,
                                    " of the record batch before this, expected one within its ", body_bytes));
    }
    batch->buffers.push_back(absl::string_view(batch->body).substr(offset, length));
  }
  if (message->ok() && batch->rows >= 0) return absl::OkStatus();
  return ErrorHere("found a damaged record batch before this");
}

}  // namespace tally
