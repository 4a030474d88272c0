// What the engine hands out, as the plain objects of lib/engine/types.ts. Bytes are copied into JavaScript's own memory: Electron forbids
// external buffers. JavaScript thread only.
#pragma once

#include "addon/napi_setup.h"
#include "engine/exchange_result.h"
#include "engine/snapshot.h"

namespace vayu::addon {

Napi::Object resultToJs(Napi::Env env, const ExchangeResult& result);
Napi::Object snapshotToJs(Napi::Env env, const Snapshot& snapshot);

}  // namespace vayu::addon
