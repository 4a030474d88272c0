// What is sent, and where: the input's lines are method, url, proxy exceptions, location of a redirect, then headers up to an empty line, then
// the body. Whatever they hold, a rendered head has exactly its own line ends, and a host that is not allowed is not sent to.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "engine/host_rules.h"
#include "engine/redirect.h"
#include "engine/wire_choice.h"
#include "engine/wire_request.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// Lines end with a byte that urls and headers may hold otherwise, so that line breaks themselves can be tried.
std::string takeLine(std::string_view& input) {
  const std::size_t end = std::min(input.find('\x1e'), input.size());
  std::string line(input.substr(0, end));
  input.remove_prefix(std::min(end + 1, input.size()));
  return line;
}

void checkHead(const vayu::PreparedRequest& request, const vayu::WireRequest& wire) {
  const std::string_view bytes = wire.bytes;
  const std::size_t end = bytes.find("\r\n\r\n");
  require(end != std::string_view::npos);
  const std::string_view body = bytes.substr(end + 4);
  require(body.empty() || body == request.body);
  std::size_t lines = 0;
  for (std::size_t at = 0; at < end; ++at) {
    require(bytes[at] != '\0');
    if (bytes[at] == '\n') require(at > 0 && bytes[at - 1] == '\r');
    if (bytes[at] == '\r') require(bytes[at + 1] == '\n');
    lines += bytes[at] == '\n' ? 1 : 0;
  }
  // Host, Authorization, User-Agent, Accept, Accept-Encoding, Content-Length are ours.
  require(lines <= request.headers.size() + 6);
  const std::string_view requestLine = bytes.substr(0, bytes.find("\r\n"));
  require(requestLine.starts_with(request.method + " /") || requestLine.starts_with(request.method + " ?"));
  require(requestLine.ends_with(" HTTP/1.1"));
  require(requestLine.substr(request.method.size() + 1, requestLine.size() - request.method.size() - 10).find(' ') ==
          std::string_view::npos);
  require(wire.endpoint.starts_with("http://") || wire.endpoint.starts_with("https://"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 8192) return 0;
  const std::uint8_t setting = data[0];
  std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  vayu::PreparedRequest request;
  auto options = std::make_shared<vayu::RequestOptions>();
  options->userAgent = "fuzz";
  if ((setting & 1) != 0) options->allowHosts = {"allowed.example", "*.inner.example:8080", "[::1]"};
  if ((setting & 2) != 0) options->proxy = "http://127.0.0.1:3128";
  request.method = (setting & 4) != 0 ? takeLine(input) : "POST";
  request.url = takeLine(input);
  options->noProxy = takeLine(input);
  request.options = options;
  const std::string location = takeLine(input);
  for (std::string line = takeLine(input); !line.empty(); line = takeLine(input)) {
    const std::size_t colon = std::min(line.find(':'), line.size());
    request.headers.push_back({line.substr(0, colon), line.substr(std::min(colon + 1, line.size()))});
  }
  request.body = std::string(input);

  vayu::whyNotOnWire(request);
  vayu::whyNotOnHttp2(request);
  vayu::WireOrigin origin;
  vayu::WireRequest wire;
  std::string message;
  const vayu::ErrorCode code = vayu::renderWireRequest(request, origin, wire, message);
  require((code == vayu::ErrorCode::kNone) == message.empty());
  if (code == vayu::ErrorCode::kNone) {
    checkHead(request, wire);
    if ((setting & 1) != 0) {
      require(wire.endpoint.find("//allowed.example:") != std::string::npos ||
              wire.endpoint.find(".inner.example:8080/") != std::string::npos ||
              wire.endpoint.find("//[::1]:") != std::string::npos);
    }
    // By the shorter way that remembers the origin.
    vayu::WireRequest again;
    require(vayu::renderWireRequest(request, origin, again, message) == vayu::ErrorCode::kNone);
    require(again.bytes == wire.bytes && again.endpoint == wire.endpoint);
  }
  const auto next = vayu::redirected(request, 300 + setting % 9, location, request.body, message);
  if (next != nullptr) {
    require(next->options->maxRedirects == request.options->maxRedirects - 1);
    require(next->headers.size() <= request.headers.size());
  }
  return 0;
}
