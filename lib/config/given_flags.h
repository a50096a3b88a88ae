// Flags that say more than their defaults.
#ifndef TALLY_LIB_CONFIG_GIVEN_FLAGS_H_
#define TALLY_LIB_CONFIG_GIVEN_FLAGS_H_

#include <google/protobuf/message.h>

#include <string>
#include <vector>

namespace tally {

// The names of the fields of `flags`, those of messages in it included, whose values are not the defaults, in the order
// of the .proto file. Left out are those that `but` names, and those of a message that it names: what a tool takes in
// the case at hand. Any others would do nothing there, which is a usage error.
std::vector<std::string> GivenFlags(const google::protobuf::Message& flags, const std::vector<std::string>& but);

}  // namespace tally

#endif  // TALLY_LIB_CONFIG_GIVEN_FLAGS_H_
