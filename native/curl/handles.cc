#include "curl/handles.h"

#include <mutex>

#if __has_include(<openssl/opensslv.h>)
#include <openssl/opensslv.h>
#endif

namespace vayu {

bool ensureCurl() {
  // curl_global_init is not thread-safe before 7.84, and worker_threads may load the addon at the same time.
  static std::once_flag once;
  static bool initialised = false;
  std::call_once(once, [] { initialised = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK; });
  return initialised;
}

std::string tlsLibraryInUse(std::string_view named) {
  std::string used;
  int depth = 0;
  for (const char c : named) {
    if (c == ')')
      --depth;
    else if (c == '(')
      ++depth;
    else if (depth == 0 && (c != ' ' || !used.empty()))
      used += c;
  }
  while (used.ends_with(' ')) used.pop_back();
  return used;
}

CurlVersion curlVersion() {
  CurlVersion version;
  const curl_version_info_data* info = curl_version_info(CURLVERSION_NOW);
  version.curl = info->version;
  if (info->ssl_version != nullptr) version.tls = tlsLibraryInUse(info->ssl_version);
#ifdef OPENSSL_FULL_VERSION_STR
  version.tlsBuilt = "OpenSSL/" OPENSSL_FULL_VERSION_STR;
#elif defined(OPENSSL_VERSION_TEXT)
  version.tlsBuilt = OPENSSL_VERSION_TEXT;
#endif
  version.http2 = (info->features & CURL_VERSION_HTTP2) != 0;
#ifdef CURL_VERSION_HTTP3
  version.http3 = (info->features & CURL_VERSION_HTTP3) != 0;
#endif
  version.brotli = (info->features & CURL_VERSION_BROTLI) != 0;
#ifdef CURL_VERSION_ZSTD
  version.zstd = (info->features & CURL_VERSION_ZSTD) != 0;
#endif
  return version;
}

}  // namespace vayu
