// Whether the OpenSSL of this build's headers is the one that libcurl runs on: handles of one TLS library must not be given to another.
#pragma once

#include <string>

namespace vayu {

// Empty when libcurl's TLS handles may be used here, else the reason in words. Looked into once in the process. Any thread.
const std::string& whyNotOpenSsl();

}  // namespace vayu
