// A library to preload: moves the wall clock of a process, and only that, by the seconds that stand in the file named by
// VAYU_TEST_CLOCK_OFFSET (text; read at every call). The monotonic clocks stay as they are, as when somebody sets the computer's clock.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>

namespace {

time_t offsetSeconds() {
  static const char* const file = getenv("VAYU_TEST_CLOCK_OFFSET");
  if (file == nullptr) return 0;
  const int descriptor = open(file, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return 0;
  char text[32] = {};
  const ssize_t length = read(descriptor, text, sizeof text - 1);
  close(descriptor);
  return length > 0 ? static_cast<time_t>(strtoll(text, nullptr, 10)) : 0;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* now) {
  const int result = static_cast<int>(syscall(SYS_clock_gettime, clock, now));
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += offsetSeconds();
  return result;
}

int gettimeofday(timeval* now, void*) {
  timespec precise{};
  clock_gettime(CLOCK_REALTIME, &precise);
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* seconds) {
  timespec precise{};
  clock_gettime(CLOCK_REALTIME, &precise);
  if (seconds != nullptr) *seconds = precise.tv_sec;
  return precise.tv_sec;
}
}
