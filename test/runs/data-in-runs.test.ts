import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { after, before, beforeEach, describe, it } from 'node:test';
import { openHarness, type Harness } from './harness.js';

let harness: Harness;
let server: http.Server;
let base: string;
let directory: string;
/** Paths in the order of their arrival. */
let seen: string[];
/** The most requests of one path that were in flight together. */
let together: number;
let delayMs = 0;

before(async () => {
  harness = openHarness({ workers: 2 });
  directory = mkdtempSync(path.join(tmpdir(), 'vayu-data-'));
  const inFlight = new Map<string, number>();
  server = http.createServer((request, response) => {
    const url = request.url ?? '';
    seen.push(url);
    const count = (inFlight.get(url) ?? 0) + 1;
    inFlight.set(url, count);
    together = Math.max(together, count);
    setTimeout(() => {
      inFlight.set(url, inFlight.get(url)! - 1);
      response.end('{}');
    }, delayMs);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  seen = [];
  together = 0;
  delayMs = 0;
});
after(async () => {
  await harness.close();
  server.closeAllConnections();
  server.close();
  rmSync(directory, { recursive: true, force: true });
});

function file(name: string, text: string): string {
  const full = path.join(directory, name);
  writeFileSync(full, text);
  return full;
}

const numbered = (rows: number): string => `id\n${Array.from({ length: rows }, (_, i) => i).join('\n')}\n`;
const ids = (): number[] => seen.map((url) => Number(url.slice(1)));

describe('a data file', () => {
  it('feeds the iterations in order and begins again after its last row', async () => {
    const data = file('people.csv', 'id,name\n1,ann\n2,bob\n3,"c/d"\n');
    const { done } = harness.start({
      request: { url: `${base}/{{id}}/{{name}}` },
      mode: 'iterations',
      iterations: 7,
      concurrency: 1,
      data,
    });
    const report = await done;
    assert.equal(report.summary.totalRequests, 7);
    assert.deepEqual(seen, ['/1/ann', '/2/bob', '/3/c/d', '/1/ann', '/2/bob', '/3/c/d', '/1/ann']);
  });

  it('ends the run after its last row when asked to', async () => {
    for (const load of [
      { mode: 'iterations', iterations: 100, concurrency: 4 },
      { mode: 'constant', concurrency: 4, duration: 20 },
      { mode: 'constant', targetRps: 500, duration: 20 },
    ]) {
      seen = [];
      const run = {
        request: { url: `${base}/{{id}}` },
        data: file('few.csv', numbered(25)),
        dataEnd: 'stop',
      };
      const report = await harness.start({ ...run, ...load }).done;
      assert.equal(report.summary.totalRequests, 25);
      assert.deepEqual(
        ids().sort((a, b) => a - b),
        Array.from({ length: 25 }, (_, i) => i),
      );
    }
  });

  it('is shuffled by the seed: each row once a round, the same again for the same seed', async () => {
    const data = file('many.csv', numbered(50));
    const orderOf = async (seed: number): Promise<number[]> => {
      seen = [];
      const run = { request: { url: `${base}/{{id}}` }, data, dataMode: 'shuffle', seed };
      await harness.start({ ...run, mode: 'iterations', iterations: 100, concurrency: 1 }).done;
      return ids();
    };
    const first = await orderOf(7);
    const all = Array.from({ length: 50 }, (_, i) => i);
    for (const round of [first.slice(0, 50), first.slice(50)]) {
      assert.notDeepEqual(round, all);
      assert.deepEqual(
        round.toSorted((a, b) => a - b),
        all,
      );
    }
    assert.notDeepEqual(first.slice(0, 50), first.slice(50));
    assert.deepEqual(await orderOf(7), first);
    assert.notDeepEqual(await orderOf(8), first);
  });

  it('gives each virtual user a row of its own', async () => {
    const data = file('users.csv', numbered(8));
    const run = { request: { url: `${base}/{{id}}` }, data, dataMode: 'unique' };
    delayMs = 3;
    await harness.start({ ...run, mode: 'iterations', iterations: 200, concurrency: 5 }).done;
    assert.equal(together, 1);
    assert.deepEqual(
      [...new Set(ids())].sort((a, b) => a - b),
      [0, 1, 2, 3, 4],
    );
    // At a rate there are as many virtual users as requests in flight, and no more than rows.
    delayMs = 50;
    const report = await harness.start({ ...run, mode: 'constant', targetRps: 400, duration: 1 }).done;
    assert.equal(together, 1);
    assert.equal(new Set(ids()).size, 8);
    assert.ok(report.conservation.dropped.total > 0);
    await assert.rejects(
      harness.start({ ...run, mode: 'iterations', iterations: 200, concurrency: 9 }).done,
      { code: 'bad_request', message: /there are 8 rows for 9 of them/ },
    );
  });

  it('may be JSON, whose types scripts see, and goes before the environment', async () => {
    const environment = harness.store.environments.create({
      name: 'e',
      variables: { id: 'from the environment' },
    });
    const script = `pm.test(JSON.stringify([pm.iterationData.get('id'), pm.iterationData.toObject(), data.on, pm.variables.get('id')]),
      () => {})`;
    const rows = [
      { id: 1, on: true, deep: { a: [null] } },
      { id: 'zwei', on: false },
    ];
    for (const data of [file('rows.json', JSON.stringify(rows)), rows]) {
      seen = [];
      const report = await harness.start({
        request: { url: `${base}/{{id}}`, tests: script, environmentId: environment.id },
        mode: 'iterations',
        iterations: 2,
        concurrency: 1,
        data,
      }).done;
      assert.deepEqual(seen, ['/1', '/zwei']);
      assert.deepEqual(report.tests?.tests.map(({ name }) => name).toSorted(), [
        JSON.stringify(['zwei', rows[1], false, 'zwei']),
        JSON.stringify([1, rows[0], true, 1]),
      ]);
    }
  });

  it('that cannot be used keeps the run from starting and says why', async () => {
    const run = { request: { url: `${base}/{{id}}` }, mode: 'iterations', iterations: 2, concurrency: 1 };
    assert.throws(() => harness.start({ ...run, data: path.join(directory, 'none.csv') }), {
      code: 'bad_request',
      message: /there is no file/,
    });
    const { done, runId } = harness.start({ ...run, data: file('bad.csv', 'a,b\n1,2\n3\n') });
    await assert.rejects(done, { code: 'bad_request', message: /row 2 has 1 fields where the header has 2/ });
    assert.equal(harness.store.runs.get(runId)?.status, 'failed');
    assert.deepEqual(seen, []);
  });

  it('of a million rows is not held in memory', { timeout: 120_000 }, async () => {
    const rows = 1_000_000;
    const data = path.join(directory, 'million.csv');
    const out = createWriteStream(data);
    out.write('id,text\n');
    for (let row = 0; row < rows; row += 1000) {
      const lines = Array.from({ length: 1000 }, (_, i) => `${row + i},some text for row ${row + i}`);
      if (!out.write(`${lines.join('\n')}\n`)) await once(out, 'drain');
    }
    out.end();
    await finished(out);
    const run = { request: { url: `${base}/{{id}}` }, data, mode: 'iterations', concurrency: 8 };
    await harness.start({ ...run, iterations: 2000 }).done;
    assert.deepEqual(
      ids().sort((a, b) => a - b),
      Array.from({ length: 2000 }, (_, i) => i),
    );
    const before = process.memoryUsage().rss;
    seen = [];
    await harness.start({ ...run, iterations: 4000, dataMode: 'shuffle', seed: 3 }).done;
    const grown = (process.memoryUsage().rss - before) / 2 ** 20;
    assert.equal(new Set(ids()).size, 4000);
    // Of so many rows drawn from the whole, some lie in every tenth.
    for (let tenth = 0; tenth < 10; tenth++)
      assert.ok(ids().some((id) => Math.floor((id / rows) * 10) === tenth));
    assert.ok(grown < 40, `the process grew by ${grown.toFixed(1)} MiB`);
  });
});

describe('iterationData of a single request', () => {
  it('is what its templates and scripts read', async () => {
    const result = await harness.manager.execute({
      url: `${base}/{{id}}`,
      iterationData: { id: 42 },
      tests:
        'pm.test("is " + pm.iterationData.get("id"), () => pm.expect(pm.iterationData.get("id")).to.equal(42))',
    });
    assert.deepEqual(seen, ['/42']);
    assert.deepEqual(result.tests, [{ name: 'is 42', passed: true }]);
  });

  it('is joined by what the script wants shown', async () => {
    const result = await harness.manager.execute({
      url: `${base}/shown`,
      tests: 'pm.visualizer.set("<b>{{name}}</b>", { name: pm.response.code })',
    });
    assert.deepEqual(result.visualizer, { template: '<b>{{name}}</b>', data: { name: 200 } });
    const [stored] = harness.store.results.list(result.runId);
    assert.deepEqual((stored?.traceData as Record<string, unknown>)['visualizer'], result.visualizer);
  });
});
