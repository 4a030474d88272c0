// Nothing that one execution does is seen by the next, and no script takes the worker down.
#include <cstdlib>

#include "script_fixture.h"

namespace vayu {
namespace {

using ScriptIsolationTest = ScriptFixture;

struct Leak {
  const char* name;
  const char* make;
  const char* look;  // logs "clean" when nothing leaked
};

class ScriptLeakTest : public ScriptFixture, public ::testing::WithParamInterface<Leak> {};

TEST_P(ScriptLeakTest, IsNotSeenByTheNextExecution) {
  run(GetParam().make);
  EXPECT_EQ(logged(GetParam().look), "clean");
}

constexpr const char* kLeakedGlobal = "console.log(typeof leak === 'undefined' ? 'clean' : 'leaked ' + leak)";

INSTANTIATE_TEST_SUITE_P(
    Channels, ScriptLeakTest,
    ::testing::Values(
        Leak{"ImplicitGlobal", "leak = 1", kLeakedGlobal},
        Leak{"IndirectEvalVar", "(0, eval)('var leak = 1')", kLeakedGlobal},
        Leak{"IndirectEvalLet", "(0, eval)('let leak = 1')", kLeakedGlobal},
        Leak{"IndirectEvalFunction", "(0, eval)('function leak(){}')", kLeakedGlobal},
        Leak{"FunctionConstructor", "Function('leak = 1')()", kLeakedGlobal},
        Leak{"SloppyThis", "(function(){ this.leak = 1 })()", kLeakedGlobal},
        Leak{"FixedGlobal", "Object.defineProperty((function(){return this})(), 'leak', {value: 1})", kLeakedGlobal},
        Leak{"GlobalPrototype", "Object.getPrototypeOf((function(){return this})()).leak = 1", kLeakedGlobal},
        Leak{"GlobalPrototypeSwap", "Object.setPrototypeOf((function(){return this})(), {leak: 1})", kLeakedGlobal},
        Leak{"FrozenGlobal", "Object.freeze((function(){return this})())",
             "x = 1; console.log(x === 1 ? 'clean' : 'frozen')"},
        Leak{"ReplacedBuiltin", "JSON = {parse: () => 'evil'}; console = null; URL = 1",
             "console.log(JSON.parse('1') === 1 && typeof URL !== 'number' ? 'clean' : 'leaked')"},
        Leak{"ReplacedPm", "pm = {response: 1}", "console.log(pm.response.code === 200 ? 'clean' : 'leaked')"},
        Leak{"DeletedPm", "delete (function(){return this})().pm",
             "console.log(pm.response.code === 200 ? 'clean' : 'leaked')"},
        Leak{"LockedPm",
             "Object.defineProperty((function(){return this})(), 'pm', {value: 1, configurable: false, writable: "
             "false})",
             "console.log(pm.response.code === 200 ? 'clean' : 'leaked')"},
        Leak{"PmMember", "pm.leak = 1", "console.log('leak' in pm ? 'leaked' : 'clean')"},
        Leak{"PmPrototype", "Object.getPrototypeOf(pm).leak = 1", "console.log('leak' in pm ? 'leaked' : 'clean')"},
        Leak{"TestFunction", "pm.test.leak = 1; pm.test = null",
             "console.log(pm.test.leak === undefined ? 'clean' : 'leaked')"},
        Leak{"Console", "console.leak = 1; console.log = () => {}",
             "console.log(console.leak === undefined ? 'clean' : 'leaked')"},
        Leak{"ResponseObject", "pm.response.leak = 1", "console.log('leak' in pm.response ? 'leaked' : 'clean')"},
        Leak{"ResponsePrototype", "Object.getPrototypeOf(pm.response).leak = 1",
             "console.log('leak' in pm.response ? 'leaked' : 'clean')"},
        Leak{"HeadersPrototype", "Object.getPrototypeOf(Object.getPrototypeOf(pm.response.headers)).leak = 1",
             "console.log(pm.response.headers.leak === undefined ? 'clean' : 'leaked')"},
        Leak{"AssertionPrototype", "Object.getPrototypeOf(pm.expect(1)).leak = 1; pm.expect.leak = 1",
             "console.log(pm.expect.leak === undefined && !('leak' in Object.getPrototypeOf(pm.expect(1))) ? 'clean' : "
             "'leaked')"},
        Leak{"ChainableFunction", "pm.expect(1).include.leak = 1; Object.getPrototypeOf(pm.expect(1).include).leak = 1",
             "console.log('leak' in pm.expect(1).include ? 'leaked' : 'clean')"},
        Leak{"AssertionErrorClass",
             "try { pm.expect(1).to.equal(2) } catch (e) { e.constructor.leak = 1; Object.getPrototypeOf(e).leak = 1 }",
             "try { pm.expect(1).to.equal(2) } catch (e) { console.log(e.leak === undefined && e.constructor.leak === "
             "undefined ? 'clean' : 'leaked') }"},
        Leak{"ObjectPrototype", "const p = Object['proto' + 'type']; p.leak = 1",
             "console.log({}.leak === undefined ? 'clean' : 'leaked')"},
        Leak{"ArrayPush", "const p = Array['proto' + 'type']; p.push = () => 'evil'",
             "console.log([].push(1) === 1 ? 'clean' : 'leaked')"},
        Leak{"StringPrototype", "const p = Object.getPrototypeOf(''); p.leak = 1",
             "console.log(''.leak === undefined ? 'clean' : 'leaked')"},
        Leak{"IteratorPrototype", "Object.getPrototypeOf([][Symbol.iterator]()).next = () => ({done: true})",
             "let n = 0; for (const x of [1, 2]) n += x; console.log(n === 3 ? 'clean' : 'leaked')"},
        Leak{"GeneratorPrototype", "Object.getPrototypeOf(function*(){}).prototype.leak = 1",
             "console.log((function*(){})().leak === undefined ? 'clean' : 'leaked')"},
        Leak{"PromiseThen", "const p = Promise['proto' + 'type']; p.then = null",
             "console.log(typeof Promise.resolve().then === 'function' ? 'clean' : 'leaked')"},
        Leak{"DefinedPrototypeMember",
             "try { Reflect.defineProperty(Reflect.getPrototypeOf({}), 'leak', {value: 1}) } catch {}",
             "console.log({}.leak === undefined ? 'clean' : 'leaked')"},
        Leak{"PatchedPrototype",
             "String.prototype.shout = function () { return this.toUpperCase() + '!' }; console.log('a'.shout())",
             "console.log(''['shout'] === undefined ? 'clean' : 'leaked')"},
        Leak{"Library", "require('lodash').mixin({leak: () => 1}); require('moment').locale('xx')",
             "console.log(require('lodash').leak === undefined ? 'clean' : 'leaked')"},
        Leak{"PoisonedLibrary",
             "Object = { prototype: null }; Array = undefined; try { pm.expect(1).to.equal(2) } catch (e) {}",
             "try { pm.expect({a: 1}).to.have.keys('b') } catch (e) { console.log(e.message.startsWith('expected { a: "
             "1 }') ? 'clean' : e.message) }"},
        Leak{"SchemaOfAnother",
             "const s = {type: 'object'}; pm.response.to.have.jsonSchema(s); s.type = 'array'; s.$id = 'x'",
             "pm.response.to.have.jsonSchema({type: 'object'}); console.log('clean')"},
        Leak{"LegacyTests", "tests['leak'] = true; tests = {leak: 1}",
             "console.log(Object.keys(tests).length === 0 ? 'clean' : 'leaked')"},
        Leak{"Timer", "setTimeout(() => { leak = 1 }, 1); throw new Error('early')", kLeakedGlobal},
        Leak{"PendingJobs", "const f = () => Promise.resolve().then(f); f(); throw new Error('early')", kLeakedGlobal},
        Leak{"RegExpPrototype", "const p = Object.getPrototypeOf(/a/); p.test = () => true; p.exec = null",
             "console.log(/b/.test('a') === false ? 'clean' : 'leaked')"},
        Leak{"MapPrototype", "const p = Object.getPrototypeOf(new Map()); p.get = () => 'evil'",
             "console.log(new Map([[1, 2]]).get(1) === 2 ? 'clean' : 'leaked')"},
        Leak{"TypedArray", "const p = Object.getPrototypeOf(Object.getPrototypeOf(new Uint8Array(1))); p.leak = 1",
             "console.log(new Uint8Array(1).leak === undefined ? 'clean' : 'leaked')"}),
    [](const ::testing::TestParamInfo<Leak>& info) { return std::string(info.param.name); });

TEST_F(ScriptIsolationTest, ScriptsOfOneSetAreApart) {
  const ScriptOutcome outcome =
      runAll(ScriptPhase::kTest, {"leak = 1; pm.leak = 2", "console.log(typeof leak, pm.leak)"});
  ASSERT_FALSE(outcome.error);
  EXPECT_EQ(outcome.console.at(0).message, "undefined undefined");
}

TEST_F(ScriptIsolationTest, LibrariesAreLikeNewInEveryExecutionOfAProgram) {
  const auto program = host().prepare(scripts(ScriptPhase::kTest, {R"(
    const _ = require('lodash'), moment = require('moment');
    console.log([_.uniqueId(), _.leak, moment.locale(), moment.leak, typeof leak, {}.leak, [3, 1].leak].join());
    console.log(Math.random(), pm.variables.replaceIn('{{$randomWords}} {{$randomInt}} {{$guid}}'));
    _.mixin({ leak: () => 1 }); _.leak = moment.leak = leak = 1; moment.locale('xx', {}); moment.locale('xx');
    const failing = pm.test('fails', () => pm.expect({ a: 1 }).to.have.keys('b'));
  )"}));
  std::vector<std::string> drawn;
  for (int round = 0; round < 5; ++round) {
    const ScriptOutcome outcome = runProgram(program, ScriptPhase::kTest);
    ASSERT_FALSE(outcome.error) << outcome.error->message;
    EXPECT_EQ(outcome.console.at(0).message, "1,,en,,undefined,,") << "round " << round;
    EXPECT_EQ(outcome.tests.at(0).error, "AssertionError: expected { a: 1 } to have key 'b'");
    drawn.push_back(outcome.console.at(1).message);
  }
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(drawn[i], drawn[j]);
  }
  host().release(program);
}

TEST_F(ScriptIsolationTest, ExecutionsWithLibrariesMayWaitAtTheSameTime) {
  const auto program = host().prepare(scripts(ScriptPhase::kTest, {R"(
    const _ = require('lodash');
    await new Promise((resolve) => setTimeout(resolve, 5));
    console.log(_.uniqueId());
  )"}));
  for (int round = 0; round < 3; ++round) {
    std::vector<std::string> logged;
    const ScriptContext given = context(ScriptPhase::kTest);
    for (int i = 0; i < 20; ++i) {
      host().run(program, ScriptPhase::kTest, given, [&](ScriptOutcome& outcome) {
        logged.push_back(outcome.error ? outcome.error->message : outcome.console.at(0).message);
      });
    }
    while (logged.size() < 20) {
      std::this_thread::sleep_for(
          std::chrono::nanoseconds(std::max<std::int64_t>(0, host().nextDeadlineNs() - nowNs())));
      host().pump(nowNs());
    }
    EXPECT_EQ(logged, std::vector<std::string>(20, "1"));
  }
  host().release(program);
}

TEST_F(ScriptIsolationTest, PrototypesCanBeShadowedThoughFrozen) {
  EXPECT_EQ(logged(R"(
    const o = {}; o.toString = () => 'mine'; o.constructor = 5; o.valueOf = 1;
    const e = new Error('m'); e.name = 'Custom'; e.message = 'changed';
    function Old() {} Old.prototype = Object.create(Error.prototype); Old.prototype.constructor = Old; Old.prototype.name = 'Old';
    class Sub extends TypeError { constructor(m) { super(m); this.name = 'Sub'; } }
    const list = []; list.push = 3;
    console.log(String(o), o.constructor, o.valueOf, String(e), new Old().name, new Sub('x').name, list.push);
  )"),
            "mine 5 1 Custom: changed Old Sub 3");
}

TEST_F(ScriptIsolationTest, BuiltInsMayBePatchedWithinAnExecution) {
  EXPECT_EQ(logged("String.prototype.shout = function () { return this + '!' }; console.log('a'.shout())"), "a!");
  EXPECT_EQ(logged("Object.defineProperty(Array.prototype, 'last', {get() { return this[this.length - 1] }}); "
                   "console.log([1, 2].last)"),
            "2");
}

TEST_F(ScriptIsolationTest, NothingOfTheHostIsInReach) {
  EXPECT_EQ(logged("console.log([typeof globalThis, typeof window, typeof self, typeof global, typeof process, typeof "
                   "module, typeof std, typeof os, typeof __native, typeof native].join())"),
            "undefined,undefined,undefined,undefined,undefined,undefined,undefined,undefined,undefined,undefined");
  EXPECT_TRUE(run("import('fs').then(() => console.log('loaded'))").error);
}

// How often each hostile script runs. The long run under AddressSanitizer: VAYU_HOSTILE_ROUNDS=10000 VAYU_HOSTILE_TIMEOUT_MS=2
// VAYU_HOSTILE_MEMORY_MB=4 ASAN_OPTIONS=quarantine_size_mb=16, 1 to 6 minutes for a script.
int hostileRounds() {
  const char* given = std::getenv("VAYU_HOSTILE_ROUNDS");
  return given ? std::atoi(given) : 2;
}

// Lower limits are reached sooner in the same way, which is what makes many rounds feasible.
std::int64_t hostileTimeoutMs() {
  const char* given = std::getenv("VAYU_HOSTILE_TIMEOUT_MS");
  return given ? std::atoi(given) : 300;
}

std::size_t hostileMemoryBytes() {
  const char* given = std::getenv("VAYU_HOSTILE_MEMORY_MB");
  return static_cast<std::size_t>(given ? std::atoi(given) : 24) << 20;
}

struct Hostile {
  const char* name;
  const char* code;
  ScriptError::Kind kind;
};

class ScriptHostileTest : public ScriptFixture, public ::testing::WithParamInterface<Hostile> {};

TEST_P(ScriptHostileTest, FailsItsOwnExecutionOnly) {
  ScriptLimits limits = quickLimits();
  limits.timeoutMs = GetParam().kind == ScriptError::Kind::kTimeout ? hostileTimeoutMs() : 20'000;
  limits.memoryBytes = hostileMemoryBytes();
  useLimits(limits);
  for (int round = 0; round < hostileRounds(); ++round) {
    const ScriptOutcome outcome = run(GetParam().code);
    ASSERT_TRUE(outcome.error);
    EXPECT_EQ(outcome.error->kind, GetParam().kind) << outcome.error->message;
    EXPECT_FALSE(outcome.error->message.empty());
    EXPECT_EQ(logged("console.log(pm.response.json().id)"), "7");
  }
}

INSTANTIATE_TEST_SUITE_P(
    Scripts, ScriptHostileTest,
    ::testing::Values(
        Hostile{"EndlessLoop", "for (;;) {}", ScriptError::Kind::kTimeout},
        Hostile{"EndlessLoopInTest", "pm.test('x', () => { while (true) {} })", ScriptError::Kind::kTimeout},
        Hostile{"CaughtEndlessLoop", "for (;;) { try { for (;;) {} } catch {} finally {} }",
                ScriptError::Kind::kTimeout},
        Hostile{"EndlessJobs", "const f = () => { Promise.resolve().then(f); }; f()", ScriptError::Kind::kTimeout},
        Hostile{"EndlessTimer", "setInterval(() => {}, 1)", ScriptError::Kind::kTimeout},
        Hostile{"EndlessAwait", "for (;;) await 1", ScriptError::Kind::kTimeout},
        Hostile{"RegexBacktracking", "/^(a+)+$/.test('a'.repeat(40) + 'b')", ScriptError::Kind::kTimeout},
        Hostile{"SparseIndexOf", "new Array(4e9).indexOf(1)", ScriptError::Kind::kTimeout},
        Hostile{"SparseIncludes", "Array.prototype.includes.call({ length: 9e15 }, 1)", ScriptError::Kind::kTimeout},
        Hostile{"SparseForEach", "new Array(4e9).forEach(() => {})", ScriptError::Kind::kTimeout},
        Hostile{"SparseSort", "new Array(4e9).sort()", ScriptError::Kind::kTimeout},
        Hostile{"SparseReverse", "new Array(4e9).reverse()", ScriptError::Kind::kTimeout},
        Hostile{"SparseSplice", "const a = new Array(4e9 - 1); a.unshift(0)", ScriptError::Kind::kTimeout},
        Hostile{"SparseJoin", "new Array(4e9).join('ab'.repeat(100))", ScriptError::Kind::kMemory},
        Hostile{"SparseFill", "new Array(4e9).fill(1)", ScriptError::Kind::kMemory},
        Hostile{"QuadraticSearch", "'a'.repeat(4e5).indexOf('a'.repeat(2e5) + 'b')", ScriptError::Kind::kTimeout},
        Hostile{"QuadraticLastIndexOf", "'a'.repeat(4e5).lastIndexOf('a'.repeat(2e5) + 'b')",
                ScriptError::Kind::kTimeout},
        Hostile{"QuadraticReplace", "'a'.repeat(4e5).replace('a'.repeat(2e5) + 'b', '')", ScriptError::Kind::kTimeout},
        Hostile{"QuadraticSplit", "'a'.repeat(4e5).split('a'.repeat(2e5) + 'b')", ScriptError::Kind::kTimeout},
        Hostile{"Recursion", "(function f() { f() })()", ScriptError::Kind::kStack},
        Hostile{"RecursionThroughGetter", "const o = { get a() { return this.a } }; o.a", ScriptError::Kind::kStack},
        Hostile{"RecursionThroughProxy", "let p = {}; for (let i = 0; i < 5000; ++i) p = new Proxy(p, {}); p.x",
                ScriptError::Kind::kStack},
        Hostile{"RecursionThroughJson", "let a = []; for (let i = 0; i < 10000; ++i) a = [a]; JSON.stringify(a)",
                ScriptError::Kind::kStack},
        Hostile{"MemoryArray", "const a = []; for (;;) a.push(new Array(1000).fill(1))", ScriptError::Kind::kMemory},
        Hostile{"MemoryString", "let s = 'x'; for (;;) { s += s; s.charCodeAt(0) }", ScriptError::Kind::kMemory},
        Hostile{"MemoryCaught", "const a = []; for (;;) { try { a.push('x'.repeat(1e6) + a.length) } catch {} }",
                ScriptError::Kind::kMemory},
        Hostile{"MemoryInTest", "pm.test('x', () => { const a = []; for (;;) a.push(new Array(1000).fill({})) })",
                ScriptError::Kind::kMemory},
        Hostile{"BigString", "const s = 'x'.repeat(100e6); console.log(s.length)", ScriptError::Kind::kMemory},
        Hostile{"BigBuffer", "new ArrayBuffer(1e9)", ScriptError::Kind::kMemory},
        Hostile{"ThrowingGetters",
                "throw { get message() { throw 1 }, get name() { throw 2 }, get stack() { throw 3 }, toString() { "
                "throw 4 } }",
                ScriptError::Kind::kException},
        Hostile{"ThrowProxy", "throw new Proxy({}, { get() { throw 1 }, getPrototypeOf() { throw 2 } })",
                ScriptError::Kind::kException},
        Hostile{"ThrowUndefined", "throw undefined", ScriptError::Kind::kException},
        Hostile{"DeepEval", "eval('('.repeat(1e5) + ')'.repeat(1e5))", ScriptError::Kind::kSyntax}),
    [](const ::testing::TestParamInfo<Hostile>& info) { return std::string(info.param.name); });

TEST_F(ScriptIsolationTest, DeeplyNestedJsonIsParsedWithoutTheStack) {
  setBody(std::string(100'000, '[') + std::string(100'000, ']'));
  EXPECT_EQ(logged("let v = pm.response.json(), n = 1; while (v[0]) { v = v[0]; ++n } console.log(n)"), "100000");
  setBody(std::string(100'000, '['));
  const ScriptOutcome outcome = run("pm.response.json()");
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind, ScriptError::Kind::kException);
  setBody("{}");
  EXPECT_EQ(logged("console.log(JSON.parse('['.repeat(5000) + ']'.repeat(5000)).length)"), "1");
}

TEST_F(ScriptIsolationTest, AFailedTestIsNoUncaughtErrorWhateverItThrows) {
  const ScriptOutcome outcome = run(R"(
    pm.test('getters', () => { throw { get message() { throw 1 }, toString() { throw 4 } } });
    pm.test('undefined', () => { throw undefined });
    pm.test('recursion', () => { (function f() { f() })() });
    pm.test('symbol', () => { throw Symbol('s') });
  )");
  ASSERT_FALSE(outcome.error) << outcome.error->message;
  ASSERT_EQ(outcome.tests.size(), 4u);
  for (const TestOutcome& test : outcome.tests) {
    EXPECT_FALSE(test.passed) << test.name;
    EXPECT_FALSE(test.error.empty()) << test.name;
  }
}

}  // namespace
}  // namespace vayu
