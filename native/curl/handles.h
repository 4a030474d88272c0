// Owners of libcurl's C handles and its process-wide initialisation. A naked CURL* elsewhere is borrowed.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace vayu {

namespace detail {
struct CurlUrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
}  // namespace detail

// CURL and CURLM are both void in libcurl's own header, hence two owners.
class CurlEasy {
 public:
  CurlEasy() : handle_(curl_easy_init()) {}
  ~CurlEasy() { reset(); }
  CurlEasy(CurlEasy&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  CurlEasy& operator=(CurlEasy&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  CURL* get() const { return handle_; }
  explicit operator bool() const { return handle_ != nullptr; }

 private:
  void reset() {
    if (handle_ != nullptr) curl_easy_cleanup(handle_);
    handle_ = nullptr;
  }
  CURL* handle_;
};

class CurlMulti {
 public:
  CurlMulti() : handle_(curl_multi_init()) {}
  ~CurlMulti() {
    if (handle_ != nullptr) curl_multi_cleanup(handle_);
  }
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;
  CURLM* get() const { return handle_; }
  explicit operator bool() const { return handle_ != nullptr; }

 private:
  CURLM* handle_;
};

class CurlSlist {
 public:
  CurlSlist() = default;
  ~CurlSlist() { clear(); }
  CurlSlist(CurlSlist&& other) noexcept : head_(std::exchange(other.head_, nullptr)) {}
  CurlSlist& operator=(CurlSlist&& other) noexcept {
    std::swap(head_, other.head_);
    return *this;
  }
  // False when memory is out.
  bool append(const char* text) {
    curl_slist* next = curl_slist_append(head_, text);
    if (next == nullptr) return false;
    head_ = next;
    return true;
  }
  void clear() {
    curl_slist_free_all(head_);
    head_ = nullptr;
  }
  curl_slist* get() const { return head_; }

 private:
  curl_slist* head_ = nullptr;
};

using CurlUrl = std::unique_ptr<CURLU, detail::CurlUrlDeleter>;

// Initialises libcurl once in the process; call before any handle is made. False when libcurl cannot be initialised.
bool ensureCurl();

// The TLS library in use among those that libcurl was built with: "OpenSSL/3.5.0 (Schannel)" names two, one of which is not.
std::string tlsLibraryInUse(std::string_view named);

struct CurlVersion {
  std::string curl;
  std::string tlsBuilt;  // the OpenSSL whose headers the build saw; empty where there were none
  std::string tls;       // what libcurl runs on
  bool http2 = false;
  bool http3 = false;
  bool brotli = false;
  bool zstd = false;
};
CurlVersion curlVersion();

}  // namespace vayu
