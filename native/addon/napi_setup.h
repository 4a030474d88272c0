// The only place that includes N-API, so that its settings are the same everywhere.
#pragma once

#define NAPI_VERSION 8
#define NODE_API_NO_EXTERNAL_BUFFERS_ALLOWED
#define NODE_ADDON_API_DISABLE_DEPRECATED
// Without it an exception that cannot be thrown, because a worker_thread is being terminated, aborts the process.
#define NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS

#include <napi.h>
