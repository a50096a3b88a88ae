#include "lib/model/attention/forward_record.h"

namespace tally {
namespace {

thread_local ForwardRecord* current_record = nullptr;

}  // namespace

RecordForward::RecordForward(ForwardRecord* record) { current_record = record; }

RecordForward::~RecordForward() { current_record = nullptr; }

ForwardRecord* CurrentRecord() { return current_record; }

}  // namespace tally
