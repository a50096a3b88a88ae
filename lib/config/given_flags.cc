#include "lib/config/given_flags.h"

#include <algorithm>
#include <memory>

#include "lib/config/config.h"

namespace tally {

std::vector<std::string> GivenFlags(const google::protobuf::Message& flags, const std::vector<std::string>& but) {
  const std::unique_ptr<google::protobuf::Message> defaults(flags.New());
  const auto is_left_out = [&](const std::string& name) {
    return std::find(but.begin(), but.end(), name) != but.end();
  };
  std::vector<std::string> given;
  for (const Override& change : Overrides(*defaults, flags, /*source=*/"")) {
    const std::string message = change.path.substr(0, change.path.find('.'));  // or the field itself
    const std::string name = change.path.substr(change.path.rfind('.') + 1);
    if (!is_left_out(message) && !is_left_out(name)) given.push_back(name);
  }
  return given;
}

}  // namespace tally
