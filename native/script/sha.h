// SHA-1 and SHA-2, for crypto.subtle.digest in scripts. Pure. Not for secrets of the engine itself.
#pragma once

#include <string>
#include <string_view>

namespace vayu {

// The digest's bytes; empty when `algorithm` is none of SHA-1, SHA-256, SHA-384, SHA-512.
std::string shaDigest(std::string_view algorithm, std::string_view data);

}  // namespace vayu
