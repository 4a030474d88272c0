#include "script/error_report.h"

#include <cstdlib>

#include "script/js_ref.h"

namespace vayu {
namespace {

constexpr std::string_view kSyncPrefix = "(()=>{";
constexpr std::string_view kAsyncPrefix = "(async()=>{";
constexpr std::size_t kMaxMessageBytes = 4096;

bool isWordCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
}

// A property's text, empty when there is none or reading it throws.
std::string textProperty(JSContext* context, JSValueConst object, const char* name) {
  JsRef value(context, JS_GetPropertyStr(context, object, name));
  if (value.failed()) {
    JS_FreeValue(context, JS_GetException(context));
    return {};
  }
  if (JS_IsUndefined(value.get()) || JS_IsNull(value.get())) return {};
  JsText text(context, value.get());
  if (!text.ok()) {
    JS_FreeValue(context, JS_GetException(context));
    return {};
  }
  return text.str();
}

// QuickJS: "'x' is not defined", "cannot read property 'a' of undefined". Scripts' authors know, and may compare with, V8's.
std::string inWordsOfV8(const std::string& message) {
  const auto between = [&message](std::string_view prefix, std::string_view suffix, std::string& inner) {
    if (message.size() < prefix.size() + suffix.size() || !message.starts_with(prefix) || !message.ends_with(suffix))
      return false;
    inner = message.substr(prefix.size(), message.size() - prefix.size() - suffix.size());
    return true;
  };
  std::string name;
  if (between("'", "' is not defined", name)) return name + " is not defined";
  for (const std::string& nothing : {std::string("undefined"), std::string("null")}) {
    if (between("cannot read property '", "' of " + nothing, name)) {
      return ("Cannot read properties of " + nothing).append(" (reading '").append(name).append("')");
    }
    if (between("cannot set property '", "' of " + nothing, name)) {
      return ("Cannot set properties of " + nothing).append(" (setting '").append(name).append("')");
    }
  }
  return message;
}

void findPosition(std::string_view stack, const ScriptSource& source, ScriptError& report) {
  const std::string marker = "(" + source.name + ":";
  const std::string bare = "at " + source.name + ":";
  std::size_t at = stack.find(marker);
  std::size_t skip = marker.size();
  if (const std::size_t other = stack.find(bare); other < at) {
    at = other;
    skip = bare.size();
  }
  if (at == std::string_view::npos) return;
  const std::string rest(stack.substr(at + skip, 32));
  char* end = nullptr;
  report.line = static_cast<int>(std::strtol(rest.c_str(), &end, 10));
  if (end && *end == ':') report.column = static_cast<int>(std::strtol(end + 1, nullptr, 10));
  if (report.line == 1) {
    const auto prefix = static_cast<int>((isAsyncScript(source.code) ? kAsyncPrefix : kSyncPrefix).size());
    report.column = report.column > prefix ? report.column - prefix : 1;
  }
}

}  // namespace

bool isAsyncScript(std::string_view code) {
  constexpr std::string_view kAwait = "await";
  for (std::size_t at = code.find(kAwait); at != std::string_view::npos; at = code.find(kAwait, at + 1)) {
    const bool startsWord = at == 0 || !isWordCharacter(code[at - 1]);
    const std::size_t after = at + kAwait.size();
    if (startsWord && (after >= code.size() || !isWordCharacter(code[after]))) return true;
  }
  return false;
}

std::string wrapScript(std::string_view code) {
  std::string text(isAsyncScript(code) ? kAsyncPrefix : kSyncPrefix);
  text += code;
  text += "\n})";
  return text;
}

std::string errorText(JSContext* context, JSValueConst error) {
  std::string text;
  if (JS_IsObject(error)) {
    const std::string name = textProperty(context, error, "name");
    std::string message = textProperty(context, error, "message");
    if (name == "InternalError" && message == "stack overflow") return "RangeError: Maximum call stack size exceeded";
    if (name == "ReferenceError" || name == "TypeError") message = inWordsOfV8(message);
    text = name.empty() ? message : message.empty() ? name : name + ": " + message;
  }
  if (text.empty()) {
    JsText whole(context, error);
    if (whole.ok()) {
      text = whole.view();
    } else {
      JS_FreeValue(context, JS_GetException(context));
      text = "the script threw something that has no text";
    }
  }
  if (text.size() > kMaxMessageBytes) text.resize(kMaxMessageBytes);
  return text;
}

ScriptError describeError(JSContext* context, JSValueConst error, const ScriptSource& source) {
  ScriptError report;
  report.script = source.name;
  report.message = errorText(context, error);
  if (report.message.starts_with("SyntaxError: ")) report.kind = ScriptError::Kind::kSyntax;
  if (report.message == "RangeError: Maximum call stack size exceeded") report.kind = ScriptError::Kind::kStack;
  if (JS_IsObject(error)) findPosition(textProperty(context, error, "stack"), source, report);
  return report;
}

}  // namespace vayu
