#include <gtest/gtest.h>

#include "curl/handles.h"
#include "curl/openssl.h"

namespace vayu::test {
namespace {

TEST(TlsLibraryTest, IsTheOneThatIsNotInParentheses) {
  EXPECT_EQ(tlsLibraryInUse("OpenSSL/3.0.19"), "OpenSSL/3.0.19");
  EXPECT_EQ(tlsLibraryInUse("OpenSSL/3.5.0 (Schannel)"), "OpenSSL/3.5.0");
  EXPECT_EQ(tlsLibraryInUse("(SecureTransport) OpenSSL/3.5.0"), "OpenSSL/3.5.0");
  EXPECT_EQ(tlsLibraryInUse("(GnuTLS/3.8.9) (OpenSSL/3.5.0) Schannel"), "Schannel");
  EXPECT_EQ(tlsLibraryInUse(""), "");
}

TEST(TlsLibraryTest, IsTheOneOfThisBuild) {
  ASSERT_TRUE(ensureCurl());
  const CurlVersion version = curlVersion();
  if (version.tlsBuilt.empty()) GTEST_SKIP() << "built without OpenSSL";
  EXPECT_EQ(version.tls, version.tlsBuilt);
  EXPECT_EQ(whyNotOpenSsl(), "");
}

}  // namespace
}  // namespace vayu::test
