#include "script/bindings.h"

namespace vayu {

void addBindings(JSContext* context, JSValueConst target) {
  addResponseBindings(context, target);
  addRequestBindings(context, target);
  addVariableBindings(context, target);
  addOutcomeBindings(context, target);
  addCookieBindings(context, target);
  addTimerBindings(context, target);
  addTextBindings(context, target);
  addRealmBindings(context, target);
}

}  // namespace vayu
