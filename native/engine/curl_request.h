// Turns a prepared request into libcurl options, and libcurl's results into our error classes.
#pragma once

#include <curl/curl.h>

#include <string>

#include "curl/handles.h"
#include "engine/exchange.h"

namespace vayu {

// Sets every option of the request on a fresh or reset handle. `headers` and `resolve` receive the lists that the handle borrows.
// Returns kNone, or the class of what cannot be done with `message` set.
ErrorCode configureEasy(CURL* easy, const PreparedRequest& request, CurlSlist& headers, CurlSlist& resolve,
                        std::string& message);

// `errorBuffer` is libcurl's own text, which tells apart what one code stands for.
ErrorCode errorCodeOf(CURLcode code, const char* errorBuffer);

// The message of a failed transfer: libcurl's own words where it has any.
std::string errorMessageOf(CURLcode code, const char* errorBuffer);

// Exchange facts that libcurl keeps: phases, status, versions, sizes.
void readTransferInfo(CURL* easy, Exchange& exchange);

}  // namespace vayu
