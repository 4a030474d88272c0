#include "curl/openssl.h"

#if defined(VAYU_HAVE_OPENSSL)
#include <curl/curl.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "curl/handles.h"
#endif

namespace vayu {

namespace {

#if defined(VAYU_HAVE_OPENSSL)

// libcurl says "OpenSSL/3.0.19", the library itself "OpenSSL 3.0.19 <date>".
std::string findObjection() {
  const char* told = curl_version_info(CURLVERSION_NOW)->ssl_version;
  std::string wanted = told == nullptr ? "" : tlsLibraryInUse(told);
  std::replace(wanted.begin(), wanted.end(), '/', ' ');
  const std::string_view ours = OpenSSL_version(OPENSSL_VERSION);
  const bool same =
      !wanted.empty() && ours.starts_with(wanted) &&
      (ours.size() == wanted.size() || std::isalnum(static_cast<unsigned char>(ours[wanted.size()])) == 0);
  if (same) return {};
  return "libcurl runs on " + (wanted.empty() ? "no TLS library" : wanted) + " and this build on " + std::string(ours);
}

#else

std::string findObjection() { return "this build has seen no headers of OpenSSL"; }

#endif

}  // namespace

const std::string& whyNotOpenSsl() {
  static const std::string objection = findObjection();
  return objection;
}

}  // namespace vayu
