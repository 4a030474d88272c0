#include "base/cookie_jar.h"

#include <gtest/gtest.h>

#include <string>

namespace vayu {
namespace {

using Stored = CookieJar::Stored;

struct Rule {
  const char* setBy;
  const char* line;
  const char* askedFor;
  const char* sent;
};

class CookieRules : public ::testing::TestWithParam<Rule> {};

TEST_P(CookieRules, DecideWhatIsSent) {
  CookieJar jar;
  jar.store(GetParam().setBy, GetParam().line);
  EXPECT_EQ(jar.header(GetParam().askedFor), GetParam().sent)
      << GetParam().setBy << " " << GetParam().line << " " << GetParam().askedFor;
}

INSTANTIATE_TEST_SUITE_P(
    Rfc6265, CookieRules,
    ::testing::Values(
        Rule{"http://a.example/x/y", "n=v", "http://a.example/x/z?q=/", "n=v"},
        Rule{"http://a.example/x/y", "n=v", "http://a.example/xx", ""},
        Rule{"http://a.example/x/y", "n=v", "http://a.example/", ""},
        Rule{"http://a.example/x/y", "n=v; Path=/", "http://a.example", "n=v"},
        Rule{"http://a.example/x/y", "n=v; Path=/x/", "http://a.example/x/q", "n=v"},
        Rule{"http://a.example/x/y", "n=v; Path=/x/", "http://a.example/x", ""},
        Rule{"http://a.example/x/y", "n=v; path=relative", "http://a.example/x", "n=v"},
        Rule{"http://A.Example:81/", "n=v", "https://a.example:82/", "n=v"},
        Rule{"http://user:pw@a.example/", "n=v", "a.example/", "n=v"},
        Rule{"http://a.example/", "n=v", "http://b.a.example/", ""},
        Rule{"http://b.a.example/", "n=v; Domain=a.example", "http://c.a.example/", "n=v"},
        Rule{"http://b.a.example/", "n=v; Domain=.a.example", "http://a.example/", "n=v"},
        Rule{"http://b.a.example/", "n=v; Domain=a.example", "http://ba.example/", ""},
        Rule{"http://b.a.example/", "n=v; Domain=", "http://c.b.a.example/", ""},
        Rule{"http://a.example/", "n=v; Secure", "http://a.example/", ""},
        Rule{"http://a.example/", "n=v; Secure", "https://a.example/", "n=v"},
        Rule{"http://a.example/", "n=v; HttpOnly; SameSite=Lax; Unknown=1", "http://a.example/", "n=v"},
        Rule{"http://a.example/", " n = v w ;Path=/", "http://a.example/", "n=v w"},
        Rule{"http://a.example/", "n=\"q\"", "http://a.example/", "n=\"q\""},
        Rule{"http://a.example/", "n=", "http://a.example/", "n="},
        Rule{"http://a.example/", "n=v=w", "http://a.example/", "n=v=w"},
        Rule{"http://a.example/", "n=v; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "http://a.example/", "n=v"},
        Rule{"http://a.example/", "n=v; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "http://a.example/", ""},
        Rule{"http://a.example/", "n=v; Expires=Fri, 31 Dec 9999 23:59:59 GMT", "http://a.example/", "n=v"},
        Rule{"http://a.example/", "n=v; Expires=nonsense", "http://a.example/", "n=v"},
        Rule{"http://a.example/", "n=v; Max-Age=0", "http://a.example/", ""},
        Rule{"http://a.example/", "n=v; Max-Age=-99999999999999999999", "http://a.example/", ""},
        Rule{"http://a.example/", "n=v; Max-Age=99999999999999999999", "http://a.example/", "n=v"},
        Rule{"http://a.example/", "n=v; Max-Age=soon", "http://a.example/", "n=v"},
        Rule{"http://127.0.0.1:1/", "n=v", "http://127.0.0.1:2/", "n=v"},
        Rule{"http://127.0.0.1/", "n=v; Domain=127.0.0.1", "http://127.0.0.1/", "n=v"},
        Rule{"http://127.0.0.1/", "n=v; Domain=0.0.1", "http://127.0.0.1/", ""},
        Rule{"http://[::1]:8080/", "n=v", "http://[::1]/", "n=v"},
        Rule{"http://localhost/", "n=v; Domain=localhost", "http://localhost/", "n=v"}));

TEST(CookieJar, RefusesWhatIsNoCookieOrOfAnotherDomain) {
  CookieJar jar;
  EXPECT_EQ(jar.store("http://a.example/", "no cookie"), Stored::kNoCookie);
  EXPECT_EQ(jar.store("http://a.example/", "=v"), Stored::kNoCookie);
  EXPECT_EQ(jar.store("http://a.example/", ""), Stored::kNoCookie);
  EXPECT_EQ(jar.store("http://a.example/", "n=v\r\nX: y"), Stored::kNoCookie);
  EXPECT_EQ(jar.store("http://a.example/", "n", "v;w", ""), Stored::kNoCookie);
  EXPECT_EQ(jar.store("http://a.example/", "n", "v\tw", ""), Stored::kNoCookie);
  EXPECT_EQ(jar.store("http://a.example/", "n", std::string(5000, 'v'), ""), Stored::kNoCookie);
  EXPECT_EQ(jar.store("http://a.example/", "n=v; Domain=b.example"), Stored::kOtherDomain);
  EXPECT_EQ(jar.store("http://a.example/", "n=v; Domain=example"), Stored::kOtherDomain);
  EXPECT_EQ(jar.store("http://a.example/", "n=v; Domain=c.a.example"), Stored::kOtherDomain);
  EXPECT_TRUE(jar.empty());
  EXPECT_EQ(jar.version(), 0u);
}

TEST(CookieJar, SendsLongerPathsFirstAndThenTheOlder) {
  CookieJar jar;
  jar.storeAll("http://a.example/x/y",
               "X-Other: 1\r\nSet-Cookie: a=1; Path=/\r\nset-cookie: b=2; Path=/x\r\nSET-COOKIE:c=3; Path=/\r\n");
  EXPECT_EQ(jar.header("http://a.example/x/y"), "b=2; a=1; c=3");
  jar.store("http://a.example/", "a=changed");
  EXPECT_EQ(jar.header("http://a.example/"), "a=changed; c=3");
}

TEST(CookieJar, ChangesItsVersionWithItsContentsOnly) {
  CookieJar jar;
  jar.store("http://a.example/", "a=1");
  const std::uint64_t first = jar.version();
  jar.store("http://a.example/", "a=1");
  EXPECT_EQ(jar.version(), first);
  jar.store("http://a.example/", "a=2");
  EXPECT_NE(jar.version(), first);
  const std::uint64_t second = jar.version();
  jar.store("http://a.example/", "a=2; Max-Age=0");
  EXPECT_NE(jar.version(), second);
  EXPECT_TRUE(jar.empty());
}

TEST(CookieJar, RemovesOneOrAllThatGoWithAUrl) {
  CookieJar jar;
  for (const char* line : {"a=1", "b=2", "c=3; Path=/other"}) jar.store("http://a.example/", line);
  jar.store("http://b.example/", "a=1");
  jar.remove("http://a.example/", "a");
  jar.remove("http://a.example/", "none");
  EXPECT_EQ(jar.header("http://a.example/other"), "c=3; b=2");
  jar.clear("http://a.example/");
  EXPECT_EQ(jar.header("http://a.example/other"), "c=3");
  EXPECT_EQ(jar.header("http://b.example/"), "a=1");
}

TEST(CookieJar, HoldsSoManyAndForgetsTheOldest) {
  CookieJar jar;
  for (int index = 0; index < 301; ++index) jar.store("http://a.example/", "c" + std::to_string(index) + "=1");
  EXPECT_EQ(jar.matching("http://a.example/").size(), 300u);
  EXPECT_EQ(jar.matching("http://a.example/").front()->name, "c1");
}

TEST(CookieDate, IsReadInEveryFormThatServersWrite) {
  constexpr std::int64_t kExpected = 784'111'777'000;  // RFC 9110's example
  EXPECT_EQ(parseCookieDateMs("Sun, 06 Nov 1994 08:49:37 GMT"), kExpected);
  EXPECT_EQ(parseCookieDateMs("Sunday, 06-Nov-94 08:49:37 GMT"), kExpected);
  EXPECT_EQ(parseCookieDateMs("Sun Nov  6 08:49:37 1994"), kExpected);
  EXPECT_EQ(parseCookieDateMs("6 november 94 8:49:37"), kExpected);
  EXPECT_EQ(parseCookieDateMs("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
  for (const char* text : {"", "tomorrow", "06 Nov 1994", "31 Feb 2030 00:00:00", "06 Nov 1994 24:00:00",
                           "06 Nov 1600 00:00:00", "123 Nov 1994 00:00:00"}) {
    EXPECT_EQ(parseCookieDateMs(text), -1) << text;
  }
}

}  // namespace
}  // namespace vayu
