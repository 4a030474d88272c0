// The global object's prototype. Reads pass through it to the frozen built-ins behind; writes end in the global object itself, so a
// script may assign to any name (`URL = …`, `data = JSON.parse(…)`) and the realm undoes it by removing what the global object owns.
#pragma once

#include "script/quickjs_compat.h"

namespace vayu {

// Puts a guard between the global object and `builtins`. An exception is pending when it returns false.
bool installGlobalGuard(JSContext* context, JSValueConst builtins);

}  // namespace vayu
