// The yardstick of CurlTransport: what libcurl's transfers cost when nothing else is done.
// Pooled easy handles that are re-added as they are, curl_multi_perform + curl_multi_poll, on one thread that is not the
// process's only one: with a single thread the kernel counts no references to descriptors, which no engine inside of a program can have
// and which saves 5 %. The request is the one that
// CurlTransport sends: libcurl formats it byte by byte, so that its length counts.
//   bare_curl URL CONNECTIONS SECONDS [--http2] [--ca FILE] [--body BYTES]
// Prints "requests N failed N".
#include <curl/curl.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

double nowSeconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

std::size_t discard(char*, std::size_t size, std::size_t count, void*) { return size * count; }

int run(int argc, char** argv) {
  if (argc < 4) return 2;
  const std::string url = argv[1];
  const int connections = std::atoi(argv[2]);
  const double seconds = std::atof(argv[3]);
  bool http2 = false;
  std::string caFile;
  std::string body;
  for (int i = 4; i < argc; ++i) {
    const std::string_view option = argv[i];
    if (option == "--http2") http2 = true;
    if (option == "--ca" && i + 1 < argc) caFile = argv[++i];
    if (option == "--body" && i + 1 < argc) body.assign(static_cast<std::size_t>(std::atoi(argv[++i])), 'x');
  }
  curl_global_init(CURL_GLOBAL_DEFAULT);
  CURLM* multi = curl_multi_init();
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, static_cast<long>(connections + 8));
  std::vector<CURL*> handles;
  for (int i = 0; i < connections; ++i) {
    CURL* easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "vayu-engine/0.1.0");
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, http2 ? CURL_HTTP_VERSION_2_0 : CURL_HTTP_VERSION_1_1);
    if (http2) curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
    if (!caFile.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, caFile.c_str());
    if (!body.empty()) {
      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
      curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.c_str());
    }
    curl_multi_add_handle(multi, easy);
    handles.push_back(easy);
  }
  long long requests = 0;
  long long failed = 0;
  const double end = nowSeconds() + seconds;
  while (nowSeconds() < end) {
    int running = 0;
    curl_multi_perform(multi, &running);
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* easy = message->easy_handle;
      ++requests;
      if (message->data.result != CURLE_OK) ++failed;
      curl_multi_remove_handle(multi, easy);
      curl_multi_add_handle(multi, easy);
    }
    curl_multi_poll(multi, nullptr, 0, 1000, nullptr);
  }
  std::printf("requests %lld failed %lld\n", requests, failed);
  for (CURL* easy : handles) {
    curl_multi_remove_handle(multi, easy);
    curl_easy_cleanup(easy);
  }
  curl_multi_cleanup(multi);
  curl_global_cleanup();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  int status = 0;
  std::thread([&] { status = run(argc, argv); }).join();
  return status;
}
