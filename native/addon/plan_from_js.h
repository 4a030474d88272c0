// JavaScript objects, as lib/engine/normalize.ts makes them, into the engine's immutable inputs. JavaScript thread only.
#pragma once

#include <memory>

#include "addon/napi_setup.h"
#include "engine/event_loop_config.h"
#include "engine/load_plan.h"
#include "engine/submission.h"

namespace vayu::addon {

EventLoopConfig configFromJs(Napi::Value value);
Submission submissionFromJs(Napi::Value value);
LoadPlan planFromJs(Napi::Value value);

}  // namespace vayu::addon
