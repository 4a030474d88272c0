// ALPN on TLS connections that libcurl makes but does not use (CURLOPT_CONNECT_ONLY). Left to itself, libcurl puts its own HTTP/2 on a
// connection that has negotiated "h2", CONNECT_ONLY or not (seen with 7.88.1 and 8.14.1); when it offers nothing, it leaves the bytes
// alone. So the protocols are offered without its knowledge, through the TLS library that it runs on.
// Needs OpenSSL at build time; where whyNotOpenSsl() objects, offerAlpn() must not be called.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <string>

namespace vayu {

enum class AlpnOffer : std::uint8_t { kHttp2OrHttp11, kHttp2 };

// What a handle's connections offer and what came of the last one. Stays at one address while the handle is in use.
struct Alpn {
  AlpnOffer offer = AlpnOffer::kHttp2OrHttp11;
  CURL* easy = nullptr;
  std::string chosen;  // "h2", "http/1.1", or empty when the server chose none
};

// Sets the handle's options; `alpn.chosen` is known once its transfer is done.
void offerAlpn(CURL* easy, Alpn& alpn);

}  // namespace vayu
