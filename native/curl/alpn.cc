#include "curl/alpn.h"

#include <string_view>

#if defined(VAYU_HAVE_OPENSSL)
#include <openssl/ssl.h>
#endif

namespace vayu {

#if defined(VAYU_HAVE_OPENSSL)

namespace {

// Each behind its length, in order of preference.
constexpr std::string_view kBoth = "\x02h2\x08http/1.1";
constexpr std::string_view kHttp2Only = "\x02h2";

CURLcode onContext(CURL*, void* context, void* self) {
  const std::string_view protocols = static_cast<Alpn*>(self)->offer == AlpnOffer::kHttp2 ? kHttp2Only : kBoth;
  // 0 is success here.
  const int failed =
      SSL_CTX_set_alpn_protos(static_cast<SSL_CTX*>(context), reinterpret_cast<const unsigned char*>(protocols.data()),
                              static_cast<unsigned>(protocols.size()));
  return failed == 0 ? CURLE_OK : CURLE_SSL_CONNECT_ERROR;
}

// The one moment at which libcurl tells the TLS handle of such a connection: it is made, and not yet taken from the transfer.
int onConnected(void* self, char*, char*, int, int) {
  auto& alpn = *static_cast<Alpn*>(self);
  alpn.chosen.clear();
  curl_tlssessioninfo* session = nullptr;
  curl_easy_getinfo(alpn.easy, CURLINFO_TLS_SSL_PTR, &session);
  if (session == nullptr || session->backend != CURLSSLBACKEND_OPENSSL || session->internals == nullptr) {
    return CURL_PREREQFUNC_ABORT;
  }
  const unsigned char* name = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(static_cast<const SSL*>(session->internals), &name, &length);
  if (name != nullptr) alpn.chosen.assign(reinterpret_cast<const char*>(name), length);
  return CURL_PREREQFUNC_OK;
}

}  // namespace

void offerAlpn(CURL* easy, Alpn& alpn) {
  alpn.easy = easy;
  curl_easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &onContext);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, &alpn);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &onConnected);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, &alpn);
}

#else

void offerAlpn(CURL*, Alpn&) {}

#endif

}  // namespace vayu
