// Which hosts requests may go to: the daemon's --allow-host. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vayu {

// A rule is a host name or address, `*.suffix` for every name below one, either with `:port` behind it to narrow the port. No rules allow
// every host. Names compare without case; an IPv6 address stands in brackets.
bool hostAllowed(const std::vector<std::string>& rules, std::string_view host, int port);

// The same for an absolute URL; `message` says what is refused.
bool urlAllowed(const std::vector<std::string>& rules, const std::string& url, std::string& message);

}  // namespace vayu
