#include "script/text_template.h"

#include <gtest/gtest.h>

#include <map>

namespace vayu {
namespace {

const std::map<std::string, std::string, std::less<>> kValues = {{"host", "example.com"},
                                                                 {"a", "{{b}}"},
                                                                 {"b", "end"},
                                                                 {"loop", "{{loop}}"},
                                                                 {"open", "{{"},
                                                                 {"empty", ""},
                                                                 {"sign", "& \xc3\xa9'"},
                                                                 {"outer", "1={{sign}}{{none}}"}};

bool resolve(std::string_view name, std::string& out) {
  const auto found = kValues.find(name);
  if (found == kValues.end()) return false;
  out += found->second;
  return true;
}

std::string rendered(std::string_view text, std::vector<std::string>* names = nullptr) {
  std::string out = "left over";
  TextTemplate(text).render(resolve, out, names);
  return out;
}

TEST(TextTemplateTest, ReplacesNames) {
  EXPECT_EQ(rendered("http://{{host}}/{{a}}?x={{empty}}{{b}}"), "http://example.com/end?x=end");
  EXPECT_EQ(rendered("no names, { braces } and {{}}"), "no names, { braces } and {{}}");
  EXPECT_TRUE(TextTemplate("no names").isPlain());
  EXPECT_EQ(rendered("{{{b}}}"), "{end}");
  EXPECT_EQ(rendered("{{ b }}"), "{{ b }}");
}

TEST(TextTemplateTest, LeavesAndNamesWhatHasNoValue) {
  std::vector<std::string> names;
  EXPECT_EQ(rendered("{{host}}/{{none}}/{{none}}", &names), "example.com/{{none}}/{{none}}");
  EXPECT_EQ(names, std::vector<std::string>{"none"});
}

TEST(TextTemplateTest, EndsACycle) { EXPECT_EQ(rendered("{{loop}}"), "{{loop}}"); }

TEST(TextTemplateTest, AgreesWithSubstitutionOfTheWholeText) {
  for (const char* text :
       {"{{open}}b}}", "{{{{b}}}}", "{{host}}{{a}}{{{{open}}", "{{a{{b}}", "}}{{b}}{{", "{{open}}{{open}}a}}}}"}) {
    std::vector<std::string> expectedNames;
    std::vector<std::string> names;
    EXPECT_EQ(rendered(text, &names), substituteTemplates(text, resolve, &expectedNames)) << text;
    EXPECT_EQ(names, expectedNames) << text;
  }
}

TEST(TextTemplateTest, EncodesValuesWhereItIsTold) {
  std::string out;
  std::vector<std::string> names;
  TextTemplate("a={{sign}}&b={{outer}}", ValueEncoding::kForm).render(resolve, out, &names);
  EXPECT_EQ(out, "a=%26+%C3%A9%27&b=1%3D%26+%C3%A9%27{{none}}");
  EXPECT_EQ(names, std::vector<std::string>{"none"});

  TextTemplate part("{{sign}}?x={{sign}}&{{sign}}");
  part.encodeValues(9, 20, ValueEncoding::kUrlComponent);
  part.render(resolve, out, nullptr);
  EXPECT_EQ(out, "& \xc3\xa9'?x=%26%20%C3%A9'&& \xc3\xa9'");
}

TEST(TextTemplateTest, VerbatimTextIsNotLookedInto) {
  std::string out;
  TextTemplate::verbatim("{{host}}").render(resolve, out, nullptr);
  EXPECT_EQ(out, "{{host}}");
}

}  // namespace
}  // namespace vayu
