#include <process.h>
#include <windows.h>

#include <memory>
#include <utility>

#include "base/thread.h"

namespace vayu {

namespace {

// Looked up while running: older headers and systems do not have it.
void nameThread(const std::string& name) {
  using SetDescription = HRESULT(WINAPI*)(HANDLE, PCWSTR);
  static const auto setDescription = reinterpret_cast<SetDescription>(
      reinterpret_cast<void*>(GetProcAddress(GetModuleHandleW(L"kernel32.dll"), "SetThreadDescription")));
  // ASCII: the names are ours.
  if (setDescription != nullptr) setDescription(GetCurrentThread(), std::wstring(name.begin(), name.end()).c_str());
}

}  // namespace

struct Thread::System {
  HANDLE handle = nullptr;
};

struct Thread::Start {
  std::string name;
  std::function<void()> body;

  static unsigned __stdcall run(void* argument) {
    std::unique_ptr<Start> start(static_cast<Start*>(argument));
    nameThread(start->name);
    start->body();
    return 0;
  }
};

Thread::Thread() = default;

Thread::~Thread() { join(); }

bool Thread::start(std::string name, std::size_t stackBytes, std::function<void()> body) {
  auto argument = std::make_unique<Start>(Start{std::move(name), std::move(body)});
  auto system = std::make_unique<System>();
  // Address space for the whole stack, memory as it is used.
  const auto handle = _beginthreadex(nullptr, static_cast<unsigned>(stackBytes), &Start::run, argument.get(),
                                     STACK_SIZE_PARAM_IS_A_RESERVATION, nullptr);
  if (handle == 0) return false;
  static_cast<void>(argument.release());
  system->handle = reinterpret_cast<HANDLE>(handle);
  system_ = std::move(system);
  return true;
}

void Thread::join() {
  if (system_ == nullptr) return;
  WaitForSingleObject(system_->handle, INFINITE);
  CloseHandle(system_->handle);
  system_.reset();
}

}  // namespace vayu
