// Memory over many executions, and many executions at once.
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "script_fixture.h"

namespace vayu {
namespace {

using ScriptSoakTest = ScriptFixture;

// Resident pages of this process, in KiB; 0 where /proc does not exist.
std::size_t residentKib() {
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  file >> total >> resident;
  return resident * 4;
}

int executions() {
  const char* given = std::getenv("VAYU_SOAK_EXECUTIONS");
  return given ? std::atoi(given) : 1'000'000;
}

TEST_F(ScriptSoakTest, MemoryIsFlat) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers keep freed memory";
#endif
  // Closures in cycles, implicit globals, variables, a failing test now and then, and every thousandth execution waits.
  const auto program = host().prepare(scripts(ScriptPhase::kTest, {R"(
    body = pm.response.json();
    const self = { body }; self.me = self; self.f = () => self;
    n = (pm.environment.get('n') || 0) + 1;
    pm.environment.set('n', n);
    pm.test('id', () => pm.expect(body).to.have.property('id'));
    pm.test('name', () => pm.expect(body.name).to.eql('seven'));
    if (n % 500 === 0) pm.test('fails', () => pm.expect(n).to.equal(0));
    if (n % 1000 === 0) setTimeout(() => { late = n }, 1);
  )"}));
  const int count = executions();
  const auto runMany = [&](int times) {
    for (int i = 0; i < times; ++i) {
      const ScriptOutcome outcome = runProgram(program, ScriptPhase::kTest);
      ASSERT_FALSE(outcome.error) << outcome.error->message;
    }
  };
  runMany(count / 10);
  const std::size_t before = residentKib();
  runMany(count - count / 10);
  const std::size_t after = residentKib();
  host().release(program);
  EXPECT_EQ(variables_.environment.variables.at(0).value.text, std::to_string(count / 10 + count - count / 10));
  RecordProperty("residentKibBefore", static_cast<int>(before));
  RecordProperty("residentKibAfter", static_cast<int>(after));
  EXPECT_LE(after, before + 2048) << "KiB, after " << before << " KiB at a tenth of the way";
}

TEST_F(ScriptSoakTest, ProgramsThatComeAndGoLeaveNothing) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers keep freed memory";
#endif
  const auto runMany = [&](int times) {
    for (int i = 0; i < times; ++i) {
      const auto program = host().prepare(
          scripts(ScriptPhase::kTest, {"const unique" + std::to_string(i % 100) + " = pm.response.json().id;"}));
      runProgram(program, ScriptPhase::kTest);
      host().release(program);
    }
  };
  runMany(2000);
  const std::size_t before = residentKib();
  runMany(20'000);
  EXPECT_LE(residentKib(), before + 2048);
}

TEST_F(ScriptSoakTest, ScriptsThatAreWaitedForDoNotQueueBehindThoseThatWait) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "hundreds of realms take minutes";
#endif
  constexpr int kMore = 530;
  const auto program = host().prepare(scripts(ScriptPhase::kTest, {"await pm.execution.runRequest('a')"}));
  std::vector<ScriptHost::ExecutionId> ids;
  int ended = 0;
  for (int count = 0; count < kMore; ++count) {
    ids.push_back(
        host().run(program, ScriptPhase::kTest, context(ScriptPhase::kTest), [&ended](ScriptOutcome&) { ++ended; }));
  }
  // The others have no realm to run in.
  EXPECT_EQ(calls_.size(), 512u);
  const auto inner = host().prepare(scripts(ScriptPhase::kTest, {"console.log('ran')"}));
  ScriptContext awaited = context(ScriptPhase::kTest);
  awaited.awaited = true;
  bool ran = false;
  EXPECT_EQ(host().run(inner, ScriptPhase::kTest, awaited, [&ran](ScriptOutcome&) { ran = true; }), 0u);
  EXPECT_TRUE(ran);
  host().release(inner);
  for (const ScriptHost::ExecutionId id : ids) host().cancel(id);
  EXPECT_EQ(ended, kMore);
  host().release(program);
}

}  // namespace
}  // namespace vayu
