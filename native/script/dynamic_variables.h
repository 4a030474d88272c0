// The dynamic variables that need no word list: ids, times, numbers, addresses. The rest ($randomFirstName …) comes from the
// library's faker bundle. Any thread; each has its own generator.
#pragma once

#include <string>
#include <string_view>

namespace vayu {

// Appends the value of "$guid", "$timestamp", …; false when the name is not one of these.
bool nativeDynamicValue(std::string_view name, std::string& out);

}  // namespace vayu
