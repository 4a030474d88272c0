#include "test/support/tls_identity.h"

#if defined(VAYU_TEST_TLS)

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>

namespace vayu::test {

namespace {

template <auto Free>
struct Deleter {
  template <typename Handle>
  void operator()(Handle* handle) const {
    Free(handle);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;

constexpr long kDay = 24 * 3600;

struct Subject {
  const char* name;
  const char* subjectAltName = nullptr;
  bool authority = false;
  bool expired = false;
};

void addExtension(X509* certificate, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value));
  if (extension) X509_add_ext(certificate, extension.get(), -1);
}

Certificate makeCertificate(const Subject& subject, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuerKey) {
  static long serial = 1;
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -10 * kDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), subject.expired ? -kDay : 10 * kDay);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(subject.name), -1, -1, 0);
  X509* signer = issuer != nullptr ? issuer : certificate.get();
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer));
  addExtension(certificate.get(), signer, NID_basic_constraints, subject.authority ? "critical,CA:TRUE" : "CA:FALSE");
  if (subject.subjectAltName != nullptr) {
    addExtension(certificate.get(), signer, NID_subject_alt_name, subject.subjectAltName);
  }
  X509_sign(certificate.get(), issuerKey != nullptr ? issuerKey : key, EVP_sha256());
  return certificate;
}

template <typename Write>
bool writeFile(const std::string& path, Write write) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  if (file == nullptr) return false;
  const bool written = write(file) == 1;
  return std::fclose(file) == 0 && written;
}

bool writeCertificate(const std::string& path, X509* certificate) {
  return writeFile(path, [certificate](std::FILE* file) { return PEM_write_X509(file, certificate); });
}

std::string makeDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "vayu-tls-XXXXXX").string();
  return mkdtemp(pattern.data()) != nullptr ? pattern : std::string();
}

}  // namespace

TlsIdentity::TlsIdentity(TlsIdentityOptions options) : directory_(makeDirectory()) {
  const Key authorityKey(EVP_EC_gen("P-256"));
  const Key serverKey(EVP_EC_gen("P-256"));
  const Key clientKey(EVP_EC_gen("P-256"));
  if (!authorityKey || !serverKey || !clientKey || directory_.empty()) return;
  const Certificate authority =
      makeCertificate({"Vayu test authority", nullptr, true}, authorityKey.get(), nullptr, nullptr);
  const Certificate server =
      makeCertificate({"Vayu test server", options.subjectAltName.c_str(), false, options.expired}, serverKey.get(),
                      authority.get(), authorityKey.get());
  const Certificate client =
      makeCertificate({"Vayu test client"}, clientKey.get(), authority.get(), authorityKey.get());
  const bool written = writeCertificate(authorityFile(), authority.get()) &&
                       writeCertificate(clientCertificateFile(), client.get()) &&
                       writeFile(clientKeyFile(), [&clientKey](std::FILE* file) {
                         return PEM_write_PrivateKey(file, clientKey.get(), nullptr, nullptr, 0, nullptr, nullptr);
                       });
  if (!written) return;

  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  SSL_CTX_use_certificate(context, server.get());
  SSL_CTX_use_PrivateKey(context, serverKey.get());
  if (options.clientCertificate) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get());
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  SSL_CTX_set_alpn_select_cb(
      context,
      [](SSL*, const unsigned char** out, unsigned char* outSize, const unsigned char* in, unsigned size, void* from) {
        // What clients are to offer: a server that prefers HTTP/2 would take it if it were on the list.
        static const std::array<unsigned char, 12> known = {2, 'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
        const std::size_t skipped = from == nullptr ? 0 : 3;
        auto** chosen = const_cast<unsigned char**>(out);
        return SSL_select_next_proto(chosen, outSize, known.data() + skipped,
                                     static_cast<unsigned>(known.size() - skipped), in, size) == OPENSSL_NPN_NEGOTIATED
                   ? SSL_TLSEXT_ERR_OK
                   : SSL_TLSEXT_ERR_NOACK;
      },
      // Anything but null stands for HTTP/1.1 alone.
      options.http11Only ? context : nullptr);
  context_ = context;
}

TlsIdentity::~TlsIdentity() {
  SSL_CTX_free(static_cast<SSL_CTX*>(context_));
  std::error_code ignored;
  if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
}

}  // namespace vayu::test

#else

namespace vayu::test {

TlsIdentity::TlsIdentity(TlsIdentityOptions) {}
TlsIdentity::~TlsIdentity() = default;

}  // namespace vayu::test

#endif
