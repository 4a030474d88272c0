// Runs a command and writes what it cost: measure FILE COMMAND [ARGUMENT…]
// FILE gets one line of JSON: wall, user and system time in µs, peak resident memory in KiB, exit code; and `steadyCores`, the share of
// a core it kept busy between 1.5 s after its start and 0.5 s before its end, so that start-up and summing up do not count.
#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

namespace {

constexpr std::int64_t kSampleUs = 100'000;
constexpr std::int64_t kStartUs = 1'500'000;
constexpr std::int64_t kEndUs = 500'000;

struct Sample {
  std::int64_t wallUs;
  std::int64_t cpuNs;
};

std::int64_t nowUs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
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

double steadyCores(const std::vector<Sample>& samples, std::int64_t endedUs) {
  const Sample* first = nullptr;
  const Sample* last = nullptr;
  for (const Sample& sample : samples) {
    if (sample.wallUs < kStartUs || sample.wallUs > endedUs - kEndUs || sample.cpuNs == 0) continue;
    if (first == nullptr) first = &sample;
    last = &sample;
  }
  if (first == last) return 0;
  return static_cast<double>(last->cpuNs - first->cpuNs) / 1000 / static_cast<double>(last->wallUs - first->wallUs);
}

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
  std::vector<Sample> samples;
  int status = 0;
  rusage usage{};
  for (;;) {
    const pid_t ended = wait4(child, &status, WNOHANG, &usage);
    if (ended == child) break;
    if (ended < 0) return 1;
    samples.push_back({nowUs() - started, cpuNs(child)});
    usleep(samples.size() == 1 ? kSampleUs / 10 : kSampleUs);
  }
  const std::int64_t wall = nowUs() - started;
  std::FILE* file = std::fopen(argv[1], "w");
  if (file == nullptr) return 1;
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  std::fprintf(
      file,
      "{\"wallUs\":%lld,\"userUs\":%lld,\"systemUs\":%lld,\"peakKiB\":%ld,\"exitCode\":%d,\"steadyCores\":%.6f}\n",
      static_cast<long long>(wall), static_cast<long long>(us(usage.ru_utime)),
      static_cast<long long>(us(usage.ru_stime)), usage.ru_maxrss, code, steadyCores(samples, wall));
  return std::fclose(file) == 0 ? 0 : 1;
}
