// A certificate authority and a server certificate made for one test. Needs OpenSSL's headers at build time (VAYU_TEST_TLS); without
// them made() is false and tests of TLS are to be skipped.
#pragma once

#include <string>

namespace vayu::test {

struct TlsIdentityOptions {
  // What the certificate is valid for, in OpenSSL's notation.
  std::string subjectAltName = "DNS:localhost,IP:127.0.0.1";
  bool expired = false;
  // Demands a certificate signed by the same authority from clients.
  bool clientCertificate = false;
  // Chooses HTTP/1.1 by ALPN; otherwise HTTP/2 where that is offered.
  bool http11Only = false;
};

class TlsIdentity {
 public:
  explicit TlsIdentity(TlsIdentityOptions options = {});
  ~TlsIdentity();
  TlsIdentity(const TlsIdentity&) = delete;
  TlsIdentity& operator=(const TlsIdentity&) = delete;

  bool made() const { return context_ != nullptr; }
  // SSL_CTX* of the server.
  void* context() const { return context_; }
  // PEM files in a directory of their own, removed with the identity.
  std::string authorityFile() const { return directory_ + "/authority.pem"; }
  std::string clientCertificateFile() const { return directory_ + "/client.pem"; }
  std::string clientKeyFile() const { return directory_ + "/client.key"; }

 private:
  void* context_ = nullptr;
  std::string directory_;
};

}  // namespace vayu::test
