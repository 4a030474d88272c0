// openData(path | undefined, text) → promise of {handle, rows, columns}: rows for the iterations of a plan. The handle goes into a plan.
// JavaScript thread; the reading is done on a thread of libuv's pool.
#pragma once

#include "addon/napi_setup.h"

namespace vayu::addon {

Napi::Value openData(const Napi::CallbackInfo& info);

// readRow(handle, row) → triples of name, kind and text, as variables come.
Napi::Value readRow(const Napi::CallbackInfo& info);

}  // namespace vayu::addon
