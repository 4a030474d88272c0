// The request that a redirect asks for. Pure.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/request.h"

namespace vayu {

// Whether a response of that status is a redirect to be followed, if it names a location.
inline bool isRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// Whether scheme, host and port of two absolute URLs are the same.
bool sameOrigin(const std::string& left, const std::string& right);

// By the rules of RFC 9110 section 15.4 as browsers and libcurl apply them: 303 becomes GET (but HEAD stays), 301 and 302 turn POST into
// GET, 307 and 308 repeat the request. Credentials and cookies given as headers do not follow to another host, scheme or port.
// Cookies set by `headerBlock` go along when the options keep cookies. Null with `message` set when the location is no URL.
std::shared_ptr<PreparedRequest> redirected(const PreparedRequest& request, int status, std::string_view location,
                                            std::string_view headerBlock, std::string& message);

}  // namespace vayu
