// What authorises a run's request and is given anew while the run is under way. Immutable; any thread.
#pragma once

#include <vector>

#include "engine/submission.h"

namespace vayu {

struct Credentials {
  std::vector<HeaderField> headers;
  std::vector<HeaderField> query;  // parameters of the url, name and value encoded
};

// Puts them in the places of those that have their names, or adds them.
void renew(Submission& submission, const Credentials& credentials);

}  // namespace vayu
