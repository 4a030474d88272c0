// Source text around a script, and what a thrown value says about where it came from. Worker thread only.
#pragma once

#include <string>
#include <string_view>

#include "script/quickjs_compat.h"
#include "script/script_host.h"

namespace vayu {

// A script runs as the body of an arrow function: its variables are its own, `return` and top-level `await` work, and there is no
// `arguments.callee` to leave something on.
bool isAsyncScript(std::string_view code);
std::string wrapScript(std::string_view code);

// "Name: message" of what was thrown, in the words of V8 where QuickJS has its own. Leaves no exception pending.
std::string errorText(JSContext* context, JSValueConst error);

// Name, message and the innermost position inside of `source`. Never throws into the script and leaves no exception pending.
ScriptError describeError(JSContext* context, JSValueConst error, const ScriptSource& source);

}  // namespace vayu
