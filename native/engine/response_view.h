// A response as scripts see it.
#pragma once

#include "engine/exchange.h"
#include "script/script_host.h"

namespace vayu {

// Borrows from the exchange, which has a response.
ResponseView viewOf(const Exchange& exchange);

}  // namespace vayu
