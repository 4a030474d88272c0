// Percent-encoding of text on its way into a URL or a form. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace vayu {

// As encodeURIComponent() of JavaScript: all but letters, digits and -_.!~*'().
void appendUrlComponent(std::string_view text, std::string& out);

// A name or value of application/x-www-form-urlencoded, as the URL standard serialises it: a space becomes +.
void appendFormComponent(std::string_view text, std::string& out);

// A name between quotes in the header of a part of multipart/form-data, as the HTML standard writes it.
void appendQuotedName(std::string_view text, std::string& out);

// Encodes what cannot stand in a URL as it is written, as the URL standard does for http: controls, spaces, quotes, angle brackets and
// what is not ASCII, in the path also backquotes and braces. Percent signs stay, so that nothing is encoded twice; {{names}} stay; the
// authority stays, whose host has an encoding of its own; the fragment goes.
void encodeUrl(std::string& url);

}  // namespace vayu
