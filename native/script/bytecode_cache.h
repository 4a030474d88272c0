// Bytecode of the built-in bundles, compiled on first use and shared by every realm of the process. Any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "script/quickjs_compat.h"

namespace vayu {

using Bytecode = std::vector<std::uint8_t>;

// Null with an exception pending in `context` when there is no such bundle or it could not be compiled within the limits.
std::shared_ptr<const Bytecode> bundleBytecode(JSContext* context, std::string_view name);

// Serialises a compiled function.
Bytecode writeBytecode(JSContext* context, JSValueConst function);

}  // namespace vayu
