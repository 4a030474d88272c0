// Every fault of the fault server × design mode and load × both transports: the right class, sums that balance, and a next request
// that is fine.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Engine } from '../../lib/engine/engine.js';
import type { LoadPlan, RequestSpec, Tick } from '../../lib/engine/types.js';
import { faultCases, type Expectation, type FaultCase } from '../support/fault-cases.js';
import { startFaultServerProcess, type FaultServerProcess } from '../support/fault-server-process.js';

let server: FaultServerProcess;
let engine: Engine;

before(async () => {
  server = await startFaultServerProcess();
  engine = new Engine({ workers: 1, caFile: server.caFile });
});

after(async () => {
  await engine.close();
  await server.close();
});

/** The names are known before the server is: the tables are made twice. */
const names = faultCases(new Proxy({}, { get: (_, name) => `http://${String(name)}.invalid` }) as never);

function caseAt(index: number): FaultCase {
  return faultCases(server.urls)[index]!;
}

function requestOf(faultCase: FaultCase): RequestSpec {
  return { method: 'GET', url: faultCase.url, headers: [], timeoutMs: 5000, ...faultCase.options };
}

function describeExpectation(expected: Expectation): string {
  return typeof expected === 'number' ? `status ${expected}` : String(expected);
}

async function nextRequestIsFine(): Promise<void> {
  const exchange = await engine.submitAsync({
    request: { method: 'GET', url: `${server.url}/ok`, headers: [], timeoutMs: 5000 },
  });
  assert.equal(exchange.error, undefined);
  assert.equal(exchange.response?.status, 200);
}

describe('design mode', () => {
  for (const [index, { name, expected }] of names.entries()) {
    test(`${name} → ${describeExpectation(expected)}`, async () => {
      const exchange = await engine.submitAsync({ request: requestOf(caseAt(index)) });
      if (typeof expected === 'number') {
        assert.equal(exchange.error, undefined);
        assert.equal(exchange.response?.status, expected);
      } else {
        assert.ok(
          [expected].flat().includes(exchange.error!.code),
          `${exchange.error?.code ?? `status ${exchange.response?.status ?? '?'}`}: ${exchange.error?.message ?? ''}`,
        );
        assert.ok(exchange.error!.message.length > 0);
      }
      await nextRequestIsFine();
    });
  }
});

const iterations = 6;

function planFor(faultCase: FaultCase, transport: 'curl' | 'wire'): LoadPlan {
  return {
    submission: { request: requestOf(faultCase) },
    model: {
      kind: 'concurrency',
      segments: [{ durationMs: Infinity, startConcurrency: 2, endConcurrency: 2 }],
      iterations,
    },
    gracePeriodMs: 1000,
    sampling: {
      successRate: 1,
      maxSuccesses: 10,
      maxErrors: 10,
      slowThresholdMs: 60_000,
      maxSlow: 0,
      maxBodyBytes: 1000,
    },
    transport,
  };
}

async function finalTick(plan: LoadPlan): Promise<Tick> {
  let last: Tick | undefined;
  const run = engine.startLoad(plan, (tick) => (last = tick));
  await run.done;
  assert.ok(last?.final, 'the last tick is the final one');
  return last;
}

/** Failures are counted by error code, and by the status class where there was a response. */
function allowedClasses(expected: Expectation): string[] {
  if (typeof expected !== 'number') return [expected].flat();
  return expected >= 500 ? ['http_5xx'] : expected >= 400 ? ['http_4xx'] : [];
}

for (const transport of ['curl', 'wire'] as const) {
  describe(`load on ${transport}`, () => {
    for (const [index, { name, expected, onWire }] of names.entries()) {
      const wanted = (transport === 'wire' ? onWire : undefined) ?? expected;
      test(`${name} → ${describeExpectation(wanted)}`, async () => {
        const { counters, failures, statusCodes, inFlight } = await finalTick(
          planFor(caseAt(index), transport),
        );
        const told = JSON.stringify({ counters, failures, statusCodes });
        assert.equal(counters.planned, counters.sent + counters.dropped, told);
        assert.equal(counters.sent, counters.succeeded + counters.failed + counters.aborted, told);
        assert.equal(counters.sent, iterations, told);
        assert.equal(inFlight, 0);
        const classes = allowedClasses(wanted);
        if (classes.length === 0) {
          assert.deepEqual(failures, {}, told);
          assert.equal(counters.succeeded, iterations, told);
        } else {
          assert.equal(counters.failed, iterations, told);
          assert.deepEqual(
            Object.keys(failures).filter((failure) => !classes.includes(failure)),
            [],
            told,
          );
        }
        if (typeof wanted === 'number') assert.equal(statusCodes[String(wanted)], iterations, told);
        await nextRequestIsFine();
      });
    }
  });
}
