// Winsock, started once for the process and never ended: libcurl does the same, and counts for itself. Windows only. Any thread.
#pragma once

#include <winsock2.h>
// Behind the former.
#include <windows.h>

namespace vayu {

bool ensureWinsock();

}  // namespace vayu
