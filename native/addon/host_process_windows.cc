// Where the functions of Node-API come from: the import library promises them from NODE.EXE, this says that it is the running program,
// whatever its name, or the library that an embedding program keeps them in. Any thread; called by the loader before the first use of each.
#include <windows.h>

#include <delayimp.h>

#include <cstring>

namespace {

FARPROC WINAPI findHost(unsigned event, PDelayLoadInfo load) {
  if (event != dliNotePreLoadLibrary || _stricmp(load->szDll, "NODE.EXE") != 0) return nullptr;
  HMODULE host = GetModuleHandleW(L"libnode.dll");
  if (host == nullptr) host = GetModuleHandleW(L"node.dll");
  if (host == nullptr) host = GetModuleHandleW(nullptr);
  return reinterpret_cast<FARPROC>(host);
}

}  // namespace

extern "C" {
PfnDliHook __pfnDliNotifyHook2 = findHost;
}
