// Runs a command and writes what it cost: measure FILE COMMAND [ARGUMENT…]
// FILE gets one line of JSON: wall, user and system time in µs, peak resident memory in KiB, exit code.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <ctime>

namespace {

std::int64_t nowUs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
}

std::int64_t us(const timeval& time) { return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_usec; }

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::int64_t started = nowUs();
  const pid_t child = fork();
  if (child < 0) return 1;
  if (child == 0) {
    execvp(argv[2], argv + 2);
    std::perror(argv[2]);
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  if (wait4(child, &status, 0, &usage) != child) return 1;
  const std::int64_t wall = nowUs() - started;
  std::FILE* file = std::fopen(argv[1], "w");
  if (file == nullptr) return 1;
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  std::fprintf(file, "{\"wallUs\":%lld,\"userUs\":%lld,\"systemUs\":%lld,\"peakKiB\":%ld,\"exitCode\":%d}\n",
               static_cast<long long>(wall), static_cast<long long>(us(usage.ru_utime)),
               static_cast<long long>(us(usage.ru_stime)), usage.ru_maxrss, code);
  return std::fclose(file) == 0 ? 0 : 1;
}
