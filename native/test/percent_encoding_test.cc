#include "base/percent_encoding.h"

#include <gtest/gtest.h>

namespace vayu {
namespace {

std::string encodedUrl(std::string url) {
  encodeUrl(url);
  return url;
}

TEST(PercentEncodingTest, QuotesNamesOfParts) {
  std::string text = "kept ";
  appendQuotedName("a \"b\"\r\n\xc3\xa9%", text);
  EXPECT_EQ(text, "kept a %22b%22%0D%0A\xc3\xa9%");
}

// The expected texts are what `new URL(…).href` of Node.js makes of the same, but for the last of the tests.
TEST(PercentEncodingTest, EncodesAUrlAsTheStandardDoes) {
  EXPECT_EQ(encodedUrl("http://h/a^`|[]{}\\x\"'?a^`|[]{}\\x\"'"), "http://h/a^%60|[]%7B%7D/x%22'?a^`|[]{}\\x%22%27");
  EXPECT_EQ(encodedUrl("http://h/a b?c d=\xc3\xa9+<>%20%zz"), "http://h/a%20b?c%20d=%C3%A9+%3C%3E%20%zz");
  EXPECT_EQ(encodedUrl("\t http://h/x?y#z é \n"), "http://h/x?y");
  EXPECT_EQ(encodedUrl("https://user:p w@h\xc3\xa9/p q"), "https://user:p w@h\xc3\xa9/p%20q");
}

TEST(PercentEncodingTest, LeavesACleanUrlAndWhatHasNoValueYet) {
  for (const char* url : {"http://h", "http://h/a/b?c=d&e=%20", "host:80/x", "", "http://h?q"})
    EXPECT_EQ(encodedUrl(url), url);
  EXPECT_EQ(encodedUrl("http://h/{{ a b }}/{{}}/{c}?{{d}} "), "http://h/{{ a b }}/%7B%7B%7D%7D/%7Bc%7D?{{d}}");
  EXPECT_EQ(encodedUrl("http://h/a\r\n\1?b\n"), "http://h/a%0D%0A%01?b");
}

TEST(PercentEncodingTest, EncodesComponents) {
  std::string component;
  appendUrlComponent("aZ09-_.!~*'() &=+/\xc3\xa9%", component);
  EXPECT_EQ(component, "aZ09-_.!~*'()%20%26%3D%2B%2F%C3%A9%25");
  std::string form;
  appendFormComponent("aZ09-_.!~*'() &=+/\xc3\xa9%", form);
  EXPECT_EQ(form, "aZ09-_.%21%7E*%27%28%29+%26%3D%2B%2F%C3%A9%25");
}

}  // namespace
}  // namespace vayu
