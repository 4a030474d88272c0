/** Postman's own assertions on responses and requests: `pm.response.to.have.status(200)`, `to.be.ok`, `to.have.jsonBody('a.b')`… */

import { Request } from '../sdk/request.js';
import { Response } from '../sdk/response.js';
import { native } from '../core/native.js';
import { ownBundle } from '../core/own-bundle.js';
import { Assertion, Flag, ask, fromChai, toChai } from './assertion.js';
import { chai } from './chai.js';
import { deepEqual } from './deep-equal.js';
import { failureOf } from './failure.js';

/**
 * Throws chai's AssertionError unless `holds`, respecting `not`. #{this}, #{exp} and #{act} are filled in as chai does: where no actual value
 * is given, it is the subject.
 */
function check(
  assertion: Assertion,
  holds: unknown,
  ...rest: [message: string, negated: string, expected?: unknown, actual?: unknown]
): void {
  if (Boolean(holds) === ((assertion._flags & Flag.negate) === 0)) return;
  const args = [holds, ...rest];
  // What continues an assertion of chai's may carry flags that only chai knows.
  if (assertion._chai !== undefined) ask(assertion, 'assert', args);
  const negate = (assertion._flags & Flag.negate) !== 0;
  throw failureOf(chai(), { negate, object: assertion._obj, message: assertion._message }, args);
}

function responseOf(assertion: Assertion): Response {
  const value = assertion._obj;
  if (!(value instanceof Response)) {
    check(
      new Assertion(value, assertion._message, 0),
      false,
      'expecting a postman response object but got #{this}',
      '',
    );
  }
  return value as Response;
}

function method(name: string, body: (assertion: Assertion, args: unknown[]) => Assertion | void): void {
  Object.defineProperty(Assertion.prototype, name, {
    value: function (this: Assertion, ...args: unknown[]): Assertion {
      return body(this, args) ?? this;
    },
    writable: true,
    configurable: true,
  });
}

function property(name: string, body: (assertion: Assertion) => void): void {
  Object.defineProperty(Assertion.prototype, name, {
    get(this: Assertion): Assertion {
      body(this);
      return this;
    },
    configurable: true,
  });
}

function checkCode(assertion: Assertion, expected: number, actual: number): void {
  check(
    assertion,
    actual === expected,
    'expected response to have status code #{exp} but got #{act}',
    'expected response to not have status code #{act}',
    expected,
    actual,
  );
}

function checkReason(assertion: Assertion, expected: unknown, actual: string): void {
  check(
    assertion,
    actual === expected,
    'expected response to have status reason #{exp} but got #{act}',
    'expected response to not have status reason #{act}',
    expected,
    actual,
  );
}

method('status', (assertion, [expected]) => {
  const response = responseOf(assertion);
  if (typeof expected === 'number') checkCode(assertion, expected, response.code);
  else checkReason(assertion, expected, response.reason());
});

method('statusCode', (assertion, [expected]) =>
  checkCode(assertion, Number(expected), responseOf(assertion).code),
);

method('statusReason', (assertion, [expected]) =>
  checkReason(assertion, String(expected), responseOf(assertion).reason()),
);

function checkClass(assertion: Assertion, expected: unknown): void {
  const { code } = responseOf(assertion);
  check(
    assertion,
    Math.floor(code / 100) === expected,
    'expected response code to be #{exp}XX but found #{act}',
    'expected response code to not be #{exp}XX',
    expected,
    code,
  );
}
method('statusCodeClass', (assertion, [expected]) => checkClass(assertion, expected));

const classes: [string, number][] = [
  ['info', 1],
  ['success', 2],
  ['redirection', 3],
  ['clientError', 4],
  ['serverError', 5],
];
for (const [name, expected] of classes) property(name, (assertion) => checkClass(assertion, expected));

property('error', (assertion) => {
  const { code } = responseOf(assertion);
  const kind = Math.floor(code / 100);
  check(
    assertion,
    kind === 4 || kind === 5,
    'expected response code to be 4XX or 5XX but found #{act}',
    'expected response code to not be 4XX or 5XX',
    null,
    code,
  );
});

const named: [name: string, code: number, reason: string][] = [
  ['accepted', 202, 'ACCEPTED'],
  ['withoutContent', 204, 'NO CONTENT'],
  ['badRequest', 400, 'BAD REQUEST'],
  ['unauthorised', 401, 'UNAUTHORISED'],
  ['unauthorized', 401, 'UNAUTHORIZED'],
  ['forbidden', 403, 'FORBIDDEN'],
  ['notFound', 404, 'NOT FOUND'],
  ['notAcceptable', 406, 'ACCEPTABLE'],
  ['rateLimited', 429, 'TOO MANY REQUESTS'],
];
for (const [name, code, reason] of named) {
  property(name, (assertion) => {
    const response = responseOf(assertion);
    checkReason(assertion, reason, response.reason().toUpperCase());
    checkCode(assertion, code, response.code);
  });
}

const chaiOk = Object.getOwnPropertyDescriptor(Assertion.prototype, 'ok')!.get as (
  this: Assertion,
) => Assertion;
Object.defineProperty(Assertion.prototype, 'ok', {
  get(this: Assertion): Assertion {
    if (!(this._obj instanceof Response)) return chaiOk.call(this);
    checkReason(this, 'OK', this._obj.reason().toUpperCase());
    checkCode(this, 200, this._obj.code);
    return this;
  },
  configurable: true,
});

method('header', (assertion, args) => {
  const subject = assertion._obj;
  const isRequest = subject instanceof Request;
  if (!isRequest && !(subject instanceof Response)) {
    check(
      new Assertion(subject, assertion._message, 0),
      false,
      'expecting a postman request or response object but got #{this}',
      '',
    );
  }
  const { headers } = subject as Response | Request;
  const kind = isRequest ? 'request' : 'response';
  const [name, value] = args;
  const present = headers.has(name);
  check(
    assertion,
    present,
    `expected ${kind} to have header with key '${String(name)}'`,
    `expected ${kind} to not have header with key '${String(name)}'`,
    true,
    present,
  );
  if (args.length < 2) return;
  const actual = headers.one(name as string)!.value;
  check(
    assertion,
    actual === value,
    `expected '${String(name)}' ${kind} header to be #{exp} but got #{act}`,
    `expected '${String(name)}' ${kind} header to not be #{act}`,
    value,
    actual,
  );
});

function checkContent(assertion: Assertion, text: string): void {
  check(
    assertion,
    text.length > 0,
    'expected response to have content in body',
    'expected response to not have content in body',
  );
}

property('withBody', (assertion) => checkContent(assertion, responseOf(assertion).text()));

/** The body's value, or what makes it no JSON. */
function bodyJson(response: Response): { value?: unknown; failure?: string } {
  try {
    return { value: response.json() };
  } catch (thrown) {
    const error = thrown as Error;
    const firstLine = error.message.split('\n')[0] ?? '';
    return { failure: error.name === 'JSONError' ? firstLine : `${error.name}: ${error.message}` };
  }
}

function checkJson(assertion: Assertion, failure: string | undefined): void {
  check(
    assertion,
    failure === undefined,
    `expected response body to be a valid json but got error ${failure}`,
    'expected response body not to be a valid json',
  );
}

property('json', (assertion) => checkJson(assertion, bodyJson(responseOf(assertion)).failure));

const { getPrototypeOf, prototype: objectPrototype } = Object;

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = getPrototypeOf(value);
  return prototype === null || prototype === objectPrototype;
}

const patternHolds = (pattern: RegExp, text: string): boolean => pattern.exec(text) !== null;

method('body', (assertion, args) => {
  const response = responseOf(assertion);
  const [expected] = args;
  if (isPlainObject(expected)) {
    const { value } = bodyJson(response);
    check(
      assertion,
      deepEqual(value, expected),
      'expected response body json to equal #{exp} but got #{act}',
      'expected response body json to not equal #{exp} but got #{act}',
      expected,
      value,
    );
    return;
  }
  const text = response.text();
  if (args.length === 0) {
    checkContent(assertion, text);
  } else if (expected instanceof RegExp) {
    check(
      assertion,
      patternHolds(expected, text),
      'expected response body text to match #{exp} but got #{act}',
      'expected response body text #{act} to not match #{exp}',
      expected,
      text,
    );
  } else {
    check(
      assertion,
      text === expected,
      'expected response body to equal #{exp} but got #{act}',
      'expected response body to not equal #{exp}',
      expected,
      text,
    );
  }
});

/** lodash's path syntax: `a.b[0]["c"]`. A key that is spelled like the whole path comes first. */
function pathParts(path: string, root: unknown): string[] {
  if (typeof root === 'object' && root !== null && Object.hasOwn(root, path)) return [path];
  const parts: string[] = [];
  for (const match of path.matchAll(
    /[^.[\]]+|\[(?:(-?\d+(?:\.\d+)?)|(["'])((?:(?!\2)[^\\]|\\.)*?)\2)\]|(?=(?:\.|\[\])(?:\.|\[\]|$))/g,
  )) {
    parts.push(match[2] !== undefined ? match[3]!.replace(/\\(\\)?/g, '$1') : (match[1] ?? match[0]));
  }
  return parts;
}

function lookUp(root: unknown, path: string): { found: boolean; value: unknown } {
  let value = root;
  for (const part of pathParts(path, root)) {
    if (value === null || value === undefined || !Object.hasOwn(Object(value) as object, part))
      return { found: false, value: undefined };
    value = (value as Record<string, unknown>)[part];
  }
  return { found: true, value };
}

method('jsonBody', (assertion, args) => {
  const { value, failure } = bodyJson(responseOf(assertion));
  const [path, expected] = args;
  if (args.length === 0) {
    checkJson(assertion, failure);
    return;
  }
  if (typeof path !== 'string') return;
  const found = lookUp(value, path);
  check(
    assertion,
    found.found,
    'expected #{act} in response to contain property #{exp}',
    'expected #{act} in response to not contain property #{exp}',
    path,
    value,
  );
  if (args.length === 1) return;
  check(
    assertion,
    deepEqual(found.value, expected),
    `expected response body json at "${path}" to contain #{exp} but got #{act}`,
    `expected response body json at "${path}" to not contain #{exp} but got #{act}`,
    expected,
    found.value,
  );
});

interface Validator {
  validate(schema: unknown, data: unknown): boolean;
  errors: unknown;
  errorsText(): string;
}

const ajv = ownBundle<new (options: object) => Validator>('ajv');

/** One per schema text, each with its compiled schema: compiling costs a hundred times what validating does. */
const validators = new Map<string, { ajv: Validator; schema: unknown }>();
const maxValidators = 32;

// Taken before any script runs: what is cached must not pass through a built-in that a script has put its own in place of.
const { stringify } = JSON;
const { values } = Object;
const { isArray } = Array;

/** Whether `value` is told in full by its JSON: no functions, nothing beyond plain data. */
const isPlainData = (value: unknown): boolean =>
  typeof value !== 'object' || value === null
    ? typeof value !== 'function' && typeof value !== 'symbol'
    : (isArray(value) || isPlainObject(value)) && values(value).every(isPlainData);

function validatorOf(schema: object, options: unknown): { ajv: Validator; schema: unknown } {
  const Ajv = ajv();
  const merged = { allErrors: true, logger: false, ...(options as object | undefined) };
  if (!isPlainData(schema) || !isPlainData(merged)) return { ajv: new Ajv(merged), schema };
  const key = stringify([schema, merged]);
  let known = validators.get(key);
  if (known === undefined) {
    const [ownSchema, ownOptions] = native.parseJson(key) as [unknown, object];
    known = { ajv: new Ajv(ownOptions), schema: ownSchema };
    if (validators.size >= maxValidators) validators.clear();
    validators.set(key, known);
  }
  return known;
}

method('jsonSchema', (assertion, [schema, options]) => {
  if (typeof schema !== 'object' || schema === null)
    ask(new Assertion(schema, undefined, 0), 'an', ['object']);
  const { ajv, schema: given } = validatorOf(schema as object, options);
  const subject = assertion._obj;
  const data = subject instanceof Response ? subject.json() : subject;
  const valid = ajv.validate(given, data) && !ajv.errors;
  check(
    assertion,
    valid,
    `expected data to satisfy schema but found following errors: \n${ajv.errorsText()}`,
    'expected data to not satisfy schema',
    true,
    valid,
  );
});

/** `have.responseTime.below(200)` and `have.responseTime(200)`: a number that goes on as the chain's object. */
function measured(
  name: string,
  read: (response: Response) => number,
  compare: (assertion: Assertion, value: number, expected: unknown) => void,
): void {
  Object.defineProperty(Assertion.prototype, name, {
    get(this: Assertion): Assertion {
      const value = read(responseOf(this));
      const flags = this._flags;
      const message = this._message;
      const callable = (...args: unknown[]): Assertion => {
        const subject = new Assertion(value, message, flags);
        if (args.length > 0) compare(subject, value, args[0]);
        return subject;
      };
      const inner = new Assertion(value, message, flags) as unknown as Record<PropertyKey, unknown>;
      // Both a function and the number's assertion: members come from the latter.
      return new Proxy(callable, {
        get(_target, key) {
          const member = inner[key];
          return typeof member === 'function' ? (member.bind(inner) as unknown) : member;
        },
      }) as unknown as Assertion;
    },
    configurable: true,
  });
}

measured(
  'responseTime',
  (response) => response.responseTime,
  (assertion, value, expected) => {
    const message = 'expected response to have a valid response time but got #{act}';
    check(
      assertion,
      value === expected,
      message,
      'expected response to not have a valid response time but got #{act}',
      null,
      value,
    );
  },
);

measured(
  'responseSize',
  (response) => {
    const { body, header } = response.size();
    return body + header;
  },
  (assertion, value, expected) => {
    check(
      assertion,
      value === expected,
      'expected response size to equal #{act} but got #{exp}',
      'expected response size to not equal #{act} but got #{exp}',
      expected,
      value,
    );
  },
);

for (const [name, holds, text] of [
  ['postmanResponse', (value: unknown) => value instanceof Response, 'expecting a postman response object'],
  ['postmanRequest', (value: unknown) => value instanceof Request, 'expecting a postman request object'],
] as const) {
  property(name, (assertion) =>
    check(assertion, holds(assertion._obj), `${text} but got #{this}`, `not ${text}`),
  );
}

/** Kept for the module graph: chai must see these only through the bridge functions. */
export const bridge = { chai, fromChai, toChai };
