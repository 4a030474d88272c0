import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openHarness, startTarget, type Harness, type Target } from './harness.js';

const arrived: { url: string; headers: Record<string, unknown>; body: string }[] = [];
let harness: Harness;
let target: Target;
before(async () => {
  harness = openHarness();
  target = await startTarget({
    '/take': (request, response, body) => {
      arrived.push({ url: request.url ?? '', headers: request.headers, body });
      response.end('ok');
    },
  });
});
after(async () => {
  await harness.close();
  await target.close();
});

const given = 'vault-given-91aa';
const written = 'vault-written-33cd';
const overwritten = 'vault-overwritten-77ef';
const quoted = 'vault-"quoted"\\-12';

/** Everything that is kept of a run, as one text. */
function kept(runId: string): string {
  const run = harness.store.runs.get(runId);
  const results = harness.store.results.list(runId, { limit: 1000, offset: 0 });
  return JSON.stringify([run, results, harness.manager.report(runId) ?? null]);
}

function assertHidden(text: string): void {
  for (const secret of [given, written, overwritten, quoted, JSON.stringify(quoted).slice(1, -1)]) {
    const at = text.indexOf(secret);
    assert.equal(at, -1, `${secret} in …${text.slice(Math.max(0, at - 80), at + 80)}…`);
  }
}

/** Code of the text that does not hold it: what stands in a script is its writer's to hide. */
const spelt = (text: string): string =>
  `[${Array.from(text)
    .map((letter) => `'${letter}'`)
    .join()}].join('')`;

const request = {
  preRequestScript: `
    await pm.vault.set('token', ${spelt(overwritten)});
    console.log('first', await pm.vault.get('token'));
    await pm.vault.set('token', (await pm.vault.get('key')) + '+' + ${spelt(written)});
    await pm.vault.unset('gone');
    pm.request.headers.add({ key: 'X-Written', value: await pm.vault.get('token') });`,
  postRequestScript: `
    const token = await pm.vault.get('token');
    console.log('second', token);
    pm.test('written', () => pm.expect(token).to.equal(${spelt(`${given}+${written}`)}));
    const gone = await pm.vault.get('gone');
    pm.test('gone', () => pm.expect(gone).to.equal(undefined));
    pm.test('fails', () => pm.expect(token).to.equal('x'));
    pm.visualizer.set('<b>{{token}}</b>', { token });`,
  body: 'quoted: {{vault:quoted}}',
  vault: { key: given, gone: 'vault-gone', quoted },
};

describe('the vault of a request', () => {
  it('is read and written by scripts and templates in design mode, and shown nowhere', async () => {
    arrived.length = 0;
    const result = await harness.manager.execute({
      ...request,
      url: `${target.url}/take?key={{vault:key}}&none={{vault:none}}`,
    });
    assert.deepEqual(
      result.tests.map(({ name, passed }) => [name, passed]),
      [
        ['written', true],
        ['gone', true],
        ['fails', false],
      ],
    );
    assert.equal(arrived[0]?.url, `/take?key=${given}&none={{vault:none}}`);
    assert.equal(arrived[0]?.headers['x-written'], `${given}+${written}`);
    assert.deepEqual(
      result.console.map(({ message }) => message),
      ['first ***', 'second ***'],
    );
    assert.match(result.warnings.join(), /"vault:none" is not defined/);
    assertHidden(JSON.stringify(result));
    const text = kept(result.runId);
    assert.match(text, /"vault":\{"key":"\*\*\*","gone":"\*\*\*","quoted":"\*\*\*"\}/);
    assert.match(text, /x-written/i);
    assertHidden(text);
  });

  it('lives as long as a virtual user in load mode, and is shown nowhere', async () => {
    arrived.length = 0;
    const run = harness.start({
      request: {
        ...request,
        url: `${target.url}/take?key={{vault:key}}`,
        preRequestScript: `${request.preRequestScript}
          const uses = ((await pm.vault.get('uses')) ?? 0) + 1;
          await pm.vault.set('uses', uses);
          pm.request.headers.add({ key: 'X-Uses', value: String(uses) });`,
      },
      mode: 'iterations',
      iterations: 6,
      concurrency: 2,
      save_timing_breakdown: true,
    });
    const report = await run.done;
    assert.equal(report.summary.successfulRequests, 6);
    const counts = Object.fromEntries(report.tests!.tests.map(({ name, ...count }) => [name, count]));
    assert.deepEqual(
      Object.entries(counts).map(([name, { passed, failed }]) => [name, passed, failed]),
      [
        ['written', 6, 0],
        ['gone', 6, 0],
        ['fails', 0, 6],
      ],
    );
    assert.match(JSON.stringify(counts['fails']), /expected '\*\*\*' to equal 'x'/);
    assert.equal(arrived.filter(({ url }) => url === `/take?key=${given}`).length, 6);
    assert.ok(arrived.every(({ headers }) => headers['x-written'] === `${given}+${written}`));
    assert.ok(arrived.every(({ body }) => body === `quoted: ${quoted}`));
    // Each user counts for itself, from one on.
    const uses = arrived.map(({ headers }) => Number(headers['x-uses'])).toSorted((a, b) => a - b);
    assert.equal(uses.filter((count) => count === 1).length, 2);
    assert.equal(uses.reduce((sum, count) => sum + count, 0) >= 12, true);
    const text = kept(run.runId);
    assert.match(text, /x-written/i);
    assertHidden(text + JSON.stringify(report));
  });

  it('is denied where none was given, and empty where an empty one was', async () => {
    const code = `
      try { console.log(await pm.vault.get('key')) } catch (error) { console.log(error.message) }
      await pm.vault.set('key', 'v').then(() => console.log('set'), (error) => console.log(error.message));`;
    const spoken = async (more: object): Promise<string[]> =>
      (
        await harness.manager.execute({ url: `${target.url}/take`, postRequestScript: code, ...more })
      ).console.map(({ message }) => message);
    assert.deepEqual(await spoken({}), ['Vault access denied', 'Vault access denied']);
    assert.deepEqual(await spoken({ vault: {} }), ['undefined', 'set']);
    const run = harness.start({
      request: {
        url: `${target.url}/take`,
        postRequestScript:
          'let error; try { await pm.vault.get("key") } catch (e) { error = e } pm.test("denied", () => pm.expect(error.message).to.equal("Vault access denied"))',
      },
      mode: 'iterations',
      iterations: 3,
    });
    const { tests } = (await run.done).tests!;
    assert.deepEqual([tests[0]?.name, tests[0]?.passed, tests[0]?.failed], ['denied', 3, 0]);
  });
});
