// Finds scripts that extend built-ins (`String.prototype.format = …`). The shared realms are frozen; such a script gets one of its own.
#pragma once

#include <string_view>

namespace vayu {

// True when the text looks like it writes to a built-in or its prototype. A guess on the safe side: a comment counts, too.
bool patchesBuiltins(std::string_view code);

}  // namespace vayu
