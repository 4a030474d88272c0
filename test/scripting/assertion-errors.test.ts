import { describeCompared, type ComparedScript } from './support/suite.js';

/** What a script that catches an assertion's error sees of it: members, their order and their values. */
const caught = (code: string): ComparedScript => [
  code,
  `try { ${code} } catch (error) {
    show(Object.keys(error).filter((key) => key !== 'stack'), error.name, error.message, error.showDiff, error.operator);
    show(typeof error.stack, error instanceof Error, Object.prototype.toString.call(error), String(error));
    show(JSON.stringify([error.actual, error.expected]), Object.keys(error.toJSON(false)));
    show(Object.getOwnPropertyDescriptor(error, 'message').enumerable, 'operator' in error);
  }`,
];

describeCompared(
  'the error of a failed assertion is the one of Postman',
  [
    'pm.expect(1).to.equal(2)',
    'pm.expect(0).to.equal(1)',
    'pm.expect(1).to.not.equal(1)',
    'pm.expect(-0.5, "why").to.equal(1e21)',
    'pm.expect(NaN).to.equal(Infinity)',
    `pm.expect("it's").to.equal("a\\nb")`,
    'pm.expect("a\\u00e9b").to.equal("\\u2028")',
    'pm.expect("x".repeat(30)).to.equal("y".repeat(31))',
    'pm.expect("x".repeat(60)).to.equal("#{exp} #{this}")',
    'pm.expect({a: 1}).to.eql({a: 2})',
    'pm.expect([1]).to.not.eql([1])',
    'pm.expect(new Date(5)).to.eql(new Date(6))',
    'pm.expect(1).to.equal(undefined)',
    'pm.expect(undefined).to.equal(null)',
    'pm.expect(null).to.not.be.null',
    'pm.expect(false).to.be.true',
    'pm.expect(1).to.be.a("string")',
    'pm.expect(() => 1).to.be.an("array")',
    'pm.expect(5).to.be.below(2)',
    'pm.expect(5).to.be.within(1, 2)',
    'pm.expect([1, 2]).to.include(3)',
    'pm.expect("abc").to.not.include("b")',
    'pm.expect({a: 1}).to.have.property("b")',
    'pm.expect({a: 1}).to.have.property("a", 2)',
    'pm.expect({a: 1}).to.have.all.keys("b")',
    'pm.expect([1]).to.have.lengthOf(2)',
    'pm.expect(3).to.be.oneOf([1, 2])',
    'pm.expect(() => 1).to.throw()',
    'pm.expect(5).to.satisfy((value) => value > 9)',
    'pm.expect.fail("a", "b")',
    'pm.expect.fail()',
    'pm.response.to.have.status(201)',
    'pm.response.to.not.have.status(200)',
    'pm.response.to.have.status("Created")',
    'pm.response.to.be.error',
    'pm.response.to.not.be.ok',
    'pm.response.to.have.header("x-missing")',
    'pm.response.to.have.jsonBody("a.b")',
    'pm.response.to.have.body("other")',
    'pm.expect(1).to.have.status(200)',
  ].map(caught),
);
