#include "lib/problems/unpack.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/base/exit_code.h"
#include "lib/base/status_macros.h"

namespace tally {
namespace {

constexpr size_t kBufferBytes = size_t{1} << 16;

// The compressed bytes through a buffer.
class Packed {
 public:
  Packed(std::unique_ptr<ByteSource> source, std::string name)
      : source_(std::move(source)), name_(std::move(name)), buffer_(kBufferBytes) {}

  // Fills the buffer where it is empty; false at the end of the source.
  absl::StatusOr<bool> More() {
    if (begin_ < end_) return true;
    read_ += static_cast<int64_t>(end_);
    begin_ = 0;
    TALLY_ASSIGN_OR_RETURN(end_, source_->Read(buffer_.data(), buffer_.size()));
    return end_ > 0;
  }

  char* data() { return buffer_.data() + begin_; }
  size_t size() const { return end_ - begin_; }
  void Take(size_t count) { begin_ += count; }

  absl::Status Damaged(absl::string_view found) const {
    return BadInputError(
        absl::StrCat(name_, ": compressed byte ", read_ + static_cast<int64_t>(begin_) + 1, ": found ", found));
  }
  absl::Status Torn() const { return Damaged("the end of the file within compressed data (is it truncated?)"); }

 private:
  const std::unique_ptr<ByteSource> source_;
  const std::string name_;
  std::vector<char> buffer_;
  size_t begin_ = 0, end_ = 0;  // bytes not taken yet
  int64_t read_ = 0;            // bytes before the buffer
};

class GzipSource : public ByteSource {
 public:
  GzipSource(std::unique_ptr<ByteSource> packed, std::string name) : packed_(std::move(packed), std::move(name)) {
    constexpr int kGzipOnly = 16;
    ready_ = inflateInit2(&stream_, MAX_WBITS + kGzipOnly) == Z_OK;
  }
  ~GzipSource() override { inflateEnd(&stream_); }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;

  absl::StatusOr<size_t> Read(char* data, size_t size) override {
    if (!ready_) return IoError("zlib has no memory");
    const size_t room = std::min<size_t>(size, 1 << 30);
    stream_.next_out = reinterpret_cast<Bytef*>(data);
    stream_.avail_out = static_cast<uInt>(room);
    while (stream_.avail_out == room) {
      TALLY_ASSIGN_OR_RETURN(const bool more, packed_.More());
      if (!more && !within_) return 0;
      if (!more && !pending_) return packed_.Torn();
      TALLY_RETURN_IF_ERROR(Step());
    }
    pending_ = stream_.avail_out == 0;
    return room - stream_.avail_out;
  }

 private:
  // Takes some compressed bytes; after the end of a member the next one begins.
  absl::Status Step() {
    stream_.next_in = reinterpret_cast<Bytef*>(packed_.data());
    stream_.avail_in = static_cast<uInt>(packed_.size());
    const int result = inflate(&stream_, Z_NO_FLUSH);
    packed_.Take(packed_.size() - stream_.avail_in);
    within_ = result != Z_STREAM_END;
    pending_ = false;
    if (result == Z_STREAM_END) inflateReset(&stream_);
    if (result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR) return absl::OkStatus();
    return packed_.Damaged(absl::StrCat("damaged gzip data: ", stream_.msg == nullptr ? "unknown" : stream_.msg));
  }

  Packed packed_;
  z_stream stream_ = {};
  bool ready_ = false;
  bool within_ = true;    // a member has begun and not ended
  bool pending_ = false;  // there was no room for all that zlib has unpacked
};

class ZstdSource : public ByteSource {
 public:
  ZstdSource(std::unique_ptr<ByteSource> packed, std::string name)
      : packed_(std::move(packed), std::move(name)), stream_(ZSTD_createDStream()) {}
  ~ZstdSource() override { ZSTD_freeDStream(stream_); }
  ZstdSource(const ZstdSource&) = delete;
  ZstdSource& operator=(const ZstdSource&) = delete;

  absl::StatusOr<size_t> Read(char* data, size_t size) override {
    if (stream_ == nullptr) return IoError("libzstd has no memory");
    ZSTD_outBuffer out = {data, size, 0};
    while (out.pos == 0) {
      TALLY_ASSIGN_OR_RETURN(const bool more, packed_.More());
      if (!more && !within_) return 0;
      if (!more && !pending_) return packed_.Torn();
      ZSTD_inBuffer in = {packed_.data(), packed_.size(), 0};
      const size_t left = ZSTD_decompressStream(stream_, &out, &in);
      if (ZSTD_isError(left) != 0) {
        return packed_.Damaged(absl::StrCat("damaged Zstandard data: ", ZSTD_getErrorName(left)));
      }
      packed_.Take(in.pos);
      within_ = left != 0;
      pending_ = false;
    }
    pending_ = out.pos == out.size;
    return out.pos;
  }

 private:
  Packed packed_;
  ZSTD_DStream* const stream_;
  bool within_ = true;    // a frame has begun and not ended
  bool pending_ = false;  // there was no room for all that libzstd has unpacked
};

}  // namespace

std::unique_ptr<ByteSource> UnpackGzip(std::unique_ptr<ByteSource> packed, std::string name) {
  return std::make_unique<GzipSource>(std::move(packed), std::move(name));
}

std::unique_ptr<ByteSource> UnpackZstd(std::unique_ptr<ByteSource> packed, std::string name) {
  return std::make_unique<ZstdSource>(std::move(packed), std::move(name));
}

}  // namespace tally
