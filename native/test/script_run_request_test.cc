// pm.execution.runRequest as the script host knows it.
#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

#include "test/script_fixture.h"

namespace vayu {
namespace {

class RunRequestHost : public ScriptFixture {
 protected:
  // Begins a script that waits for a saved request; `result_` is there when it ends.
  ScriptHost::ExecutionId begin(const std::string& code) {
    program_ = host().prepare(scripts(ScriptPhase::kTest, {code}));
    return host().run(program_, ScriptPhase::kTest, context(ScriptPhase::kTest), [this](ScriptOutcome& outcome) {
      result_ = outcome;
      ++ended_;
    });
  }
  std::string console() const {
    std::string text;
    for (const ConsoleEntry& entry : result_.console) text += entry.message + "|";
    return text;
  }
  void TearDown() override { host().release(program_); }

  ScriptHost::ProgramId program_ = 0;
  ScriptOutcome result_;
  int ended_ = 0;
};

constexpr const char* kTelling =
    "await pm.execution.runRequest('a', { variables: { t: 'x', n: 1.5, b: true, z: null, o: { k: [1] }, u: undefined } "
    "})"
    ".then((r) => console.log(r === null ? 'null' : r.code + r.status + r.text() + r.headers.get('x-a')),"
    " (e) => console.log(e.name, e.message))";

TEST_F(RunRequestHost, ACallCarriesIdScriptAndOverrides) {
  ASSERT_NE(begin(kTelling), 0u);
  ASSERT_EQ(calls_.size(), 1u);
  EXPECT_EQ(calls_[0].id, "a");
  EXPECT_EQ(calls_[0].script, 0u);
  using Kind = VariableValue::Kind;
  const std::vector<std::tuple<std::string, Kind, std::string>> expected = {
      {"t", Kind::kString, "x"},  {"n", Kind::kNumber, "1.5"},       {"b", Kind::kBoolean, "true"},
      {"z", Kind::kNull, "null"}, {"o", Kind::kJson, "{\"k\":[1]}"}, {"u", Kind::kJson, ""}};
  ASSERT_EQ(calls_[0].overrides.size(), expected.size());
  for (std::size_t at = 0; at < expected.size(); ++at) {
    const auto& [name, kind, text] = expected[at];
    EXPECT_EQ(calls_[0].overrides[at].name, name);
    EXPECT_EQ(calls_[0].overrides[at].value.kind, kind);
    EXPECT_EQ(calls_[0].overrides[at].value.text, text);
  }
  ResponseView view;
  view.status = 201;
  view.statusText = "Created";
  view.headerBlock = "X-A: b\r\n";
  view.body = "body";
  host().resolveRequest(calls_[0].token, view);
  EXPECT_EQ(ended_, 1);
  EXPECT_EQ(console(), "201Createdbodyb|");
}

TEST_F(RunRequestHost, SkippedRejectedAndRefused) {
  ASSERT_NE(begin(kTelling), 0u);
  host().resolveSkipped(calls_[0].token);
  EXPECT_EQ(console(), "null|");
  host().release(program_);
  ASSERT_NE(begin(kTelling), 0u);
  host().rejectRequest(calls_[1].token, "it failed");
  EXPECT_EQ(console(), "Error it failed|");
  host().release(program_);
  EXPECT_EQ(begin("await pm.execution.runRequest('refused').catch((e) => console.log(e.name, e.message))"), 0u);
  EXPECT_EQ(console(), "Error not this one|");
  EXPECT_EQ(calls_.size(), 2u);
  EXPECT_EQ(ended_, 3);
}

TEST_F(RunRequestHost, SaysThatThereAreNoSavedRequests) {
  ScriptContext bare = context(ScriptPhase::kTest);
  bare.runReference = nullptr;
  program_ = host().prepare(
      scripts(ScriptPhase::kTest, {"await pm.execution.runRequest('a').catch((e) => console.log(e.message))"}));
  host().run(program_, ScriptPhase::kTest, bare, [this](ScriptOutcome& outcome) { result_ = outcome; });
  EXPECT_TRUE(console().starts_with("runRequest: there are no saved requests here; save them with POST /requests"))
      << console();
}

TEST_F(RunRequestHost, WhatItLeavesIsTheCallersAndBounded) {
  ASSERT_NE(begin("pm.test('before', () => {}); await pm.execution.runRequest('a'); pm.test('after', () => {});"), 0u);
  ScriptOutcome of;
  of.tests = {{"inner", false, false, "why"}};
  of.console = {{"warn", "said"}};
  of.secrets = {"secret"};
  of.skipRequest = true;
  of.visualizer = "{}";
  host().addOutcome(calls_[0].token, of);
  ScriptOutcome greedy;
  greedy.tests.resize(20'000);
  greedy.console = {{"log", std::string(2u << 20, 'x')}, {"log", "more"}};
  host().addOutcome(calls_[0].token, greedy);
  // Nobody waits for this one.
  host().addOutcome(calls_[0].token + 1, of);
  host().resolveSkipped(calls_[0].token);
  // The last of the caller's own tests has no room any more.
  ASSERT_TRUE(result_.error);
  EXPECT_NE(result_.error->message.find("more than 10000 tests"), std::string::npos);
  ASSERT_EQ(result_.tests.size(), 10'000u);
  EXPECT_EQ(result_.tests[0].name, "before");
  EXPECT_EQ(result_.tests[1].name, "inner");
  EXPECT_EQ(result_.tests[1].error, "why");
  EXPECT_EQ(console(), "said|console output of this script is cut after 1 MiB|");
  EXPECT_EQ(result_.secrets, std::vector<std::string>{"secret"});
  EXPECT_FALSE(result_.skipRequest);
  EXPECT_FALSE(result_.visualizer);
}

}  // namespace
}  // namespace vayu
