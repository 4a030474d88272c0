import assert from 'node:assert/strict';
import { ReferenceSandbox, errorText } from './reference.js';
import { ScriptRunner, type RunnerInput, type RunnerOutcome } from './runner.js';

export interface Situation {
  body?: string;
  code?: number;
  status?: string;
  headers?: [string, string][];
  phase?: 'test' | 'prerequest';
  request?: { method?: string; url?: string; headers?: [string, string][]; body?: string };
  environment?: Record<string, unknown>;
  globals?: Record<string, unknown>;
  collection?: Record<string, unknown>;
  data?: Record<string, unknown>;
  vault?: Record<string, unknown>;
  /** Names from the collection to the request, and that of the one which the script belongs to. */
  location?: { path: string[]; owner: string };
}

const defaults = {
  body: '{"id":7,"name":"seven","price":1.5,"ok":true,"none":null,"tags":["a","b"],"nested":{"deep":{"list":[1,{"x":2}]}}}',
  headers: [
    ['Content-Type', 'application/json; charset=utf-8'],
    ['X-Request-Id', 'abc'],
  ] as [string, string][],
  request: {
    method: 'GET',
    url: 'http://localhost:3000/items/7?page=2&q=a%20b',
    headers: [['Accept', '*/*']] as [string, string][],
  },
};

export interface Observed {
  error: string | null;
  tests: { name: string; passed: boolean; skipped: boolean; error: string | null }[];
  console: string[];
}

/** Runs one script here and in Postman's sandbox. */
export class Comparison {
  private constructor(
    private readonly runner: ScriptRunner,
    private readonly reference: ReferenceSandbox,
  ) {}

  static async open(): Promise<Comparison> {
    return new Comparison(new ScriptRunner(), await ReferenceSandbox.open());
  }

  async ours(
    code: string,
    situation: Situation = {},
  ): Promise<{ observed: Observed; outcome: RunnerOutcome }> {
    const input: RunnerInput = {
      phase: situation.phase ?? 'test',
      scripts: [
        {
          name: 'script',
          code,
          ...(situation.location === undefined ? {} : { owner: situation.location.owner }),
        },
      ],
      request: situation.request ?? defaults.request,
      response: {
        code: situation.code ?? 200,
        status: situation.status ?? 'OK',
        headers: situation.headers ?? defaults.headers,
        body: situation.body ?? defaults.body,
        responseTime: 12,
      },
      variables: {
        environment: situation.environment ?? {},
        globals: situation.globals ?? {},
        collection: situation.collection ?? {},
        data: situation.data ?? {},
      },
      ...(situation.vault === undefined ? {} : { vault: situation.vault }),
      info: { requestName: '', requestId: '', location: situation.location?.path ?? [] },
    };
    const outcome = await this.runner.run(input);
    return {
      outcome,
      observed: {
        error: outcome.error === null ? null : outcome.error.message,
        tests: outcome.tests,
        console: outcome.console.filter(([level]) => level === 'log').map(([, message]) => message),
      },
    };
  }

  async theirs(code: string, situation: Situation = {}): Promise<Observed> {
    const request: NonNullable<Situation['request']> = situation.request ?? defaults.request;
    const isTest = situation.phase !== 'prerequest';
    const outcome = await this.reference.run(code, {
      event: isTest ? 'test' : 'prerequest',
      request: {
        method: request.method,
        url: request.url,
        header: (request.headers ?? []).map(([key, value]) => ({ key, value })),
        ...(request.body === undefined ? {} : { body: { mode: 'raw', raw: request.body } }),
      },
      ...(isTest
        ? {
            response: {
              code: situation.code ?? 200,
              status: situation.status ?? 'OK',
              header: (situation.headers ?? defaults.headers).map(([key, value]) => ({ key, value })),
              stream: Buffer.from(situation.body ?? defaults.body),
              responseTime: 12,
            },
          }
        : {}),
      environment: situation.environment ?? {},
      globals: situation.globals ?? {},
      collectionVariables: situation.collection ?? {},
      data: situation.data ?? {},
      ...(situation.vault === undefined ? {} : { vault: situation.vault }),
      ...(situation.location === undefined ? {} : { location: situation.location }),
    });
    return {
      error: outcome.error === null ? null : `${outcome.error.name}: ${outcome.error.message}`,
      tests: outcome.tests.map(({ name, passed, skipped, error }) => ({
        name,
        passed,
        skipped,
        error: errorText(error),
      })),
      console: outcome.console
        .filter(([level]) => level === 'log')
        .map(([, ...args]) => args.map(String).join(' ')),
    };
  }

  /** Fails unless both observed the same. */
  async same(code: string, situation: Situation = {}): Promise<void> {
    const [{ observed }, expected] = [await this.ours(code, situation), await this.theirs(code, situation)];
    // Tests that settle later are listed where they began here, and where they ended there.
    const byName = (a: { name: string }, b: { name: string }): number =>
      a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
    observed.tests.sort(byName);
    expected.tests.sort(byName);
    assert.deepEqual(observed, expected);
  }

  close(): void {
    this.runner.close();
    this.reference.close();
  }
}
