import { createRequire } from 'node:module';

/** Postman's own sandbox, the judge of outcomes and messages. */

const require = createRequire(import.meta.url);

interface SandboxContext {
  on(event: string, listener: (...args: never[]) => void): void;
  dispatch(event: string, ...args: unknown[]): void;
  off(event: string, listener: (...args: never[]) => void): void;
  removeAllListeners(event: string): void;
  execute(target: object, options: object, done: (error: unknown, result: ReferenceResult) => void): void;
  dispose(): void;
}

interface Sandbox {
  createContext(options: object, done: (error: unknown, context: SandboxContext) => void): void;
}

interface ReferenceResult {
  environment?: { values: { key: string; value: unknown }[] };
  globals?: { values: { key: string; value: unknown }[] };
  collectionVariables?: { values: { key: string; value: unknown }[] };
  request?: unknown;
  return?: { nextRequest?: unknown; visualizer?: unknown };
}

export interface ReferenceTest {
  name: string;
  passed: boolean;
  skipped: boolean;
  error: { name: string; message: string } | string | null;
}

export interface ReferenceInput {
  event?: 'test' | 'prerequest';
  request?: unknown;
  response?: unknown;
  environment?: Record<string, unknown>;
  globals?: Record<string, unknown>;
  collectionVariables?: Record<string, unknown>;
  data?: Record<string, unknown>;
  vault?: Record<string, unknown>;
  location?: { path: string[]; owner: string };
}

export interface ReferenceOutcome {
  error: { name?: string; message?: string } | null;
  tests: ReferenceTest[];
  console: [level: string, ...args: unknown[]][];
  result: ReferenceResult;
}

const scope = (values: Record<string, unknown> | undefined): object => ({
  values: Object.entries(values ?? {}).map(([key, value]) => ({ key, value })),
});

interface Scope {
  get(name: string): unknown;
  set(name: string, value?: unknown): void;
  unset(name: string): void;
}
const { VariableScope } = require('postman-collection') as { VariableScope: new (values: object) => Scope };

/** A cookie as the sandbox's jar hands it to whoever stores it. */
interface StoredCookie {
  key: string;
  domain: string;
  path: string;
}

/** Stores cookies for one execution; the sandbox's jar itself decides which of them match. */
class CookieStore {
  private cookies: StoredCookie[] = [];

  call(method: string, args: unknown[]): StoredCookie[] | StoredCookie | null {
    const [domain, path, key] = args;
    const isAsked = (cookie: StoredCookie): boolean =>
      cookie.domain === domain && cookie.path === path && cookie.key === key;
    switch (method) {
      case 'putCookie':
        this.put(args[0] as StoredCookie);
        return null;
      case 'updateCookie':
        this.put(args[1] as StoredCookie);
        return null;
      case 'removeCookie':
        this.cookies = this.cookies.filter((cookie) => !isAsked(cookie));
        return null;
      case 'findCookie':
        return this.cookies.find(isAsked) ?? null;
      case 'findCookies':
      case 'getAllCookies':
        return this.cookies;
      default:
        throw new Error(`the cookie store of the tests has no ${method}`);
    }
  }

  private put(cookie: StoredCookie): void {
    const { key, domain, path } = cookie;
    const at = this.cookies.findIndex(
      (other) => other.key === key && other.domain === domain && other.path === path,
    );
    if (at < 0) this.cookies.push(cookie);
    else this.cookies[at] = cookie;
  }
}

/** As the engine's runner of scripts answers `pm.execution.runRequest`: with the call itself, but for some ids. */
function answerOfRun(id: string, variables: unknown): [error: unknown, response?: unknown] {
  if (id === 'skipped') return [null, null];
  if (id === 'fails') return [{ name: 'Error', message: 'the request failed' }];
  const body = JSON.stringify({ id, variables: variables ?? {} });
  return [null, { code: 201, status: 'Created', header: [{ key: 'X-Run', value: 'yes' }], body }];
}

export class ReferenceSandbox {
  private runs = 0;

  private constructor(private readonly context: SandboxContext) {}

  static open(): Promise<ReferenceSandbox> {
    const sandbox = require('postman-sandbox') as Sandbox;
    return new Promise((resolve, reject) => {
      sandbox.createContext({}, (error, context) => {
        if (error) reject(new Error('the reference sandbox cannot be created', { cause: error }));
        else {
          // An uncaught error is an event; without a listener it would be thrown here.
          context.on('error', () => {});
          resolve(new ReferenceSandbox(context));
        }
      });
    });
  }

  run(code: string, input: ReferenceInput = {}): Promise<ReferenceOutcome> {
    const id = `run-${++this.runs}`;
    const tests: ReferenceTest[] = [];
    const lines: ReferenceOutcome['console'] = [];
    const onTests = (_cursor: unknown, found: ReferenceTest[]): void => void tests.push(...found);
    const onConsole = (_cursor: unknown, level: string, ...args: unknown[]): void =>
      void lines.push([level, ...args]);
    this.context.on(`execution.assertion.${id}`, onTests);
    this.context.on('console', onConsole);
    const store = new CookieStore();
    const cookieEvent = `execution.cookies.${id}`;
    const onCookies = (eventId: unknown, _action: unknown, method: string, args: unknown[]): void => {
      this.context.dispatch(cookieEvent, eventId, null, store.call(method, args));
    };
    this.context.on(cookieEvent, onCookies);
    const vaultEvent = `execution.vault.${id}`;
    const vault = input.vault === undefined ? undefined : new VariableScope(scope(input.vault));
    // As Postman's runtime answers: what a scope's method returns, or the refusal as a text.
    const onVault = (
      eventId: unknown,
      command: 'get' | 'set' | 'unset',
      ...args: [string, unknown?]
    ): void => {
      if (vault === undefined) this.context.dispatch(vaultEvent, eventId, 'Vault access denied');
      else this.context.dispatch(vaultEvent, eventId, null, vault[command](...args));
    };
    this.context.on(vaultEvent, onVault);
    const runEvent = `execution.run_collection_request.${id}`;
    const onRun = (
      _cursor: unknown,
      executionId: unknown,
      eventId: unknown,
      requestId: string,
      options: { variables?: unknown },
    ): void => {
      const answer = answerOfRun(requestId, options.variables);
      this.context.dispatch(
        `execution.run_collection_request_response.${String(executionId)}`,
        eventId,
        ...answer,
      );
    };
    this.context.on(runEvent, onRun);
    const target = { listen: input.event ?? 'test', script: { exec: code } };
    const context = {
      request: input.request,
      response: input.response,
      environment: scope(input.environment),
      globals: scope(input.globals),
      collectionVariables: scope(input.collectionVariables),
      data: input.data ?? {},
    };
    const legacy =
      input.location === undefined
        ? {}
        : { _itemPath: input.location.path, _eventItemName: input.location.owner };
    return new Promise((resolve) => {
      this.context.execute(
        target,
        { id, timeout: 5000, context, cursor: { iteration: 0, cycles: 1 }, legacy },
        (error, result) => {
          this.context.off('console', onConsole);
          this.context.off(cookieEvent, onCookies);
          this.context.off(vaultEvent, onVault);
          this.context.off(runEvent, onRun);
          this.context.off(`execution.assertion.${id}`, onTests);
          resolve({ error: error ?? null, tests, console: lines, result });
        },
      );
    });
  }

  close(): void {
    this.context.dispose();
  }
}

/** The text that our engine gives a failed test. */
export function errorText(error: ReferenceTest['error']): string | null {
  if (error === null || typeof error === 'string') return error;
  return `${error.name}: ${error.message}`;
}
