// Runs a command and writes what it cost: measure FILE SECONDS COMMAND [ARGUMENT…]
// After so many seconds it is killed, and its exit code is 124. FILE gets one line of JSON: when it was started in ms since 1970, user and
// system time in µs, peak resident memory in KiB, exit code, and samples of its CPU time: [µs since the start, ns].
#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

namespace {

constexpr std::int64_t kSampleUs = 50'000;
constexpr int kTimedOut = 124;

struct Sample {
  std::int64_t wallUs;
  std::int64_t cpuNs;
};

std::int64_t nowUs(clockid_t clock = CLOCK_MONOTONIC) {
  timespec now{};
  clock_gettime(clock, &now);
  return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
}

std::int64_t us(const timeval& time) { return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_usec; }

// Nanoseconds on a CPU over all threads that live now; 0 when the process is gone.
std::int64_t cpuNs(pid_t process) {
  const std::string tasks = "/proc/" + std::to_string(process) + "/task";
  DIR* directory = opendir(tasks.c_str());
  if (directory == nullptr) return 0;
  std::int64_t sum = 0;
  while (const dirent* entry = readdir(directory)) {
    if (entry->d_name[0] == '.') continue;
    std::FILE* file = std::fopen((tasks + "/" + entry->d_name + "/schedstat").c_str(), "r");
    if (file == nullptr) continue;
    long long running = 0;
    if (std::fscanf(file, "%lld", &running) == 1) sum += running;
    std::fclose(file);
  }
  closedir(directory);
  return sum;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const std::int64_t limitUs = std::atoll(argv[2]) * 1'000'000;
  const std::int64_t startedMs = nowUs(CLOCK_REALTIME) / 1000;
  const std::int64_t started = nowUs();
  const pid_t child = fork();
  if (child < 0) return 1;
  if (child == 0) {
    execvp(argv[3], argv + 3);
    std::perror(argv[3]);
    _exit(127);
  }
  std::vector<Sample> samples;
  int status = 0;
  bool timedOut = false;
  rusage usage{};
  for (;;) {
    const pid_t ended = wait4(child, &status, WNOHANG, &usage);
    if (ended == child) break;
    if (ended < 0) return 1;
    const std::int64_t sinceUs = nowUs() - started;
    // Threads that have ended are no longer in the sum: samples go on as long as it grows.
    if (const std::int64_t cpu = cpuNs(child); samples.empty() || cpu >= samples.back().cpuNs) {
      samples.push_back({sinceUs, cpu});
    }
    if (sinceUs > limitUs && !timedOut) {
      timedOut = true;
      kill(child, SIGKILL);
    }
    usleep(kSampleUs);
  }
  std::FILE* file = std::fopen(argv[1], "w");
  if (file == nullptr) return 1;
  const int code = timedOut ? kTimedOut : (WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  std::fprintf(file,
               "{\"startedMs\":%lld,\"userUs\":%lld,\"systemUs\":%lld,\"peakKiB\":%ld,\"exitCode\":%d,\"samples\":[",
               static_cast<long long>(startedMs), static_cast<long long>(us(usage.ru_utime)),
               static_cast<long long>(us(usage.ru_stime)), usage.ru_maxrss, code);
  const char* separator = "";
  for (const Sample& sample : samples) {
    std::fprintf(file, "%s[%lld,%lld]", separator, static_cast<long long>(sample.wallUs),
                 static_cast<long long>(sample.cpuNs));
    separator = ",";
  }
  std::fprintf(file, "]}\n");
  return std::fclose(file) == 0 ? 0 : 1;
}
