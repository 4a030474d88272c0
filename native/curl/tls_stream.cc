#include "curl/tls_stream.h"

#include "base/socket.h"
#include "curl/openssl.h"

#if defined(VAYU_HAVE_OPENSSL)
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#endif

namespace vayu {

#if defined(VAYU_HAVE_OPENSSL)

namespace {

SocketHandle descriptorOf(BIO* bio) {
  return static_cast<SocketHandle>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

int onWrite(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  const std::ptrdiff_t result = sendBytes(descriptorOf(bio), data, static_cast<std::size_t>(size));
  if (result < 0 && isTransientError(errno)) BIO_set_retry_write(bio);
  return static_cast<int>(result);
}

int onRead(BIO* bio, char* buffer, int size) {
  BIO_clear_retry_flags(bio);
  const std::ptrdiff_t result = receiveBytes(descriptorOf(bio), buffer, static_cast<std::size_t>(size));
  if (result < 0 && isTransientError(errno)) BIO_set_retry_read(bio);
  return static_cast<int>(result);
}

long onControl(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

int onCreate(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

// OpenSSL's own for sockets writes without MSG_NOSIGNAL.
BIO_METHOD* makeSocketMethod() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "vayu socket");
  if (method == nullptr) return nullptr;
  BIO_meth_set_write(method, &onWrite);
  BIO_meth_set_read(method, &onRead);
  BIO_meth_set_ctrl(method, &onControl);
  BIO_meth_set_create(method, &onCreate);
  return method;
}

// As long as the process: connections of any thread use it.
const BIO_METHOD* socketMethod() {
  static const BIO_METHOD* const method = makeSocketMethod();
  return method;
}

// What others have left in the thread's list would be taken for this connection's. Clearing an empty list costs 390 instructions.
void forgetErrors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

SSL* handleOf(CURL* easy) {
  curl_tlssessioninfo* session = nullptr;
  curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session);
  if (session == nullptr || session->backend != CURLSSLBACKEND_OPENSSL) return nullptr;
  return static_cast<SSL*>(session->internals);
}

}  // namespace

bool TlsStream::takeOver(CURL* easy, curl_socket_t fd, bool keepsBuffers) {
  long tunnelStatus = 0;
  curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &tunnelStatus);
  if (!whyNotOpenSsl().empty() || tunnelStatus != 0 || socketMethod() == nullptr) return false;
  SSL* ssl = handleOf(easy);
  if (ssl == nullptr) return false;
  BIO* bio = BIO_new(socketMethod());
  if (bio == nullptr) return false;
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));
  SSL_set_bio(ssl, bio, bio);
  // They look for the call of libcurl's that they are in.
  SSL_set_msg_callback(ssl, nullptr);
  SSL_CTX_sess_set_new_cb(SSL_get_SSL_CTX(ssl), nullptr);  // libcurl makes one context per connection
  SSL_set_read_ahead(ssl, 1);
  SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (keepsBuffers) SSL_clear_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
  ssl_ = ssl;
  return true;
}

bool TlsStream::holdsData() const { return SSL_has_pending(static_cast<const SSL*>(ssl_)) != 0; }

WireIo TlsStream::statusOf(int result) {
  // Before anything else calls into the system.
  const int error = errno;
  switch (SSL_get_error(static_cast<SSL*>(ssl_), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return WireIo::kWouldBlock;
    case SSL_ERROR_ZERO_RETURN: return WireIo::kClosed;
    case SSL_ERROR_SYSCALL:
      // Without a farewell of TLS, which libcurl takes for an end as well: the length that HTTP tells is what counts.
      if (result == 0) return WireIo::kClosed;
      osError_ = error;
      break;
    default: osError_ = 0;
  }
  ERR_clear_error();
  return WireIo::kFailed;
}

WireIo TlsStream::send(const char* data, std::size_t size, std::size_t& sent) {
  sent = 0;
  forgetErrors();
  const int result = SSL_write(static_cast<SSL*>(ssl_), data, static_cast<int>(std::min<std::size_t>(size, INT_MAX)));
  if (result <= 0) return statusOf(result);
  sent = static_cast<std::size_t>(result);
  return WireIo::kOk;
}

WireIo TlsStream::receive(char* buffer, std::size_t size, std::size_t& got) {
  got = 0;
  forgetErrors();
  const int result = SSL_read(static_cast<SSL*>(ssl_), buffer, static_cast<int>(std::min<std::size_t>(size, INT_MAX)));
  if (result <= 0) return statusOf(result);
  got = static_cast<std::size_t>(result);
  return WireIo::kOk;
}

#else

bool TlsStream::takeOver(CURL*, curl_socket_t, bool) { return false; }
bool TlsStream::holdsData() const { return false; }
WireIo TlsStream::statusOf(int) { return WireIo::kFailed; }
WireIo TlsStream::send(const char*, std::size_t, std::size_t&) { return WireIo::kFailed; }
WireIo TlsStream::receive(char*, std::size_t, std::size_t&) { return WireIo::kFailed; }

#endif

}  // namespace vayu
