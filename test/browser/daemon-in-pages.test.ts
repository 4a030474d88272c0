import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test, type TestContext } from 'node:test';
import { startDaemonProcess, type DaemonProcess } from '../support/vayu-daemon.js';
import { browserProgram, reboundName, startPageServer, type PageServer } from './page.js';

const iterations = 300;

let target: Server;
let targetUrl: string;
let answered = 0;

before(async () => {
  target = createServer((_, response) => {
    answered++;
    response.end('{"ok":true}');
  });
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  targetUrl = `http://127.0.0.1:${(target.address() as AddressInfo).port}/`;
});

after(() => {
  target.closeAllConnections();
  target.close();
});

interface Scene {
  page: PageServer;
  daemon: DaemonProcess;
}

/** A page server and a daemon that allows the page's origin if `allowed` says so. Both end with the test. */
async function scene(context: TestContext, allowed: boolean, args: string[] = []): Promise<Scene> {
  const page = await startPageServer(context);
  const data = mkdtempSync(path.join(tmpdir(), 'vayu-page-'));
  const origin = allowed ? ['--origin', page.origin] : [];
  const daemon = await startDaemonProcess(['--data-dir', data, ...origin, ...args]);
  context.after(async () => {
    daemon.process.kill('SIGTERM');
    await daemon.ended;
    rmSync(data, { recursive: true, force: true });
  });
  answered = 0;
  return { page, daemon };
}

const runConfig = (): string =>
  JSON.stringify({ mode: 'iterations', iterations, concurrency: 4, url: targetUrl, method: 'GET' });

/** Every way a page has to make a browser send something, each with what the page could read of the answer. */
const attempts = (url: string): string => `
  const url = ${JSON.stringify(url)}, body = JSON.stringify(${runConfig()});
  const tries = {
    read: () => fetch(url + '/config').then((answer) => answer.text()),
    json: () => fetch(url + '/run', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body }).then((answer) => answer.text()),
    plain: () => fetch(url + '/run', { method: 'POST', body }).then((answer) => answer.text()),
    opaque: () => fetch(url + '/run', { method: 'POST', mode: 'no-cors', body }).then((answer) => answer.text()),
    beacon: async () => { navigator.sendBeacon(url + '/run', body); return ''; },
    form: async () => {
      const frame = Object.assign(document.createElement('iframe'), { name: 'sink' });
      document.body.append(frame);
      const form = Object.assign(document.createElement('form'), { method: 'POST', action: url + '/run', target: 'sink', enctype: 'text/plain' });
      document.body.append(form);
      const loaded = new Promise((resolve) => (frame.onload = resolve));
      form.submit();
      await loaded;
      return frame.contentDocument?.body?.textContent ?? '';
    },
    events: () => new Promise((resolve, reject) => {
      const source = new EventSource(url + '/run/run_1/live');
      source.onmessage = (event) => resolve(event.data);
      source.onerror = () => { source.close(); reject(new Error('refused')); };
    }),
    script: () => new Promise((resolve, reject) => {
      const element = Object.assign(document.createElement('script'), { src: url + '/config', onload: () => resolve('loaded'), onerror: () => reject(new Error('refused')) });
      document.body.append(element);
    }),
  };
  const read = {};
  for (const [name, attempt] of Object.entries(tries)) read[name] = await attempt().catch(() => '');
  return read;`;

async function unharmed(daemon: DaemonProcess): Promise<void> {
  const runs = (await (await fetch(`${daemon.url}/runs?limit=1`)).json()) as { data: unknown[] };
  assert.deepEqual(runs.data, []);
  assert.equal(answered, 0, 'the target was called');
  assert.equal((await fetch(`${daemon.url}/health`)).status, 200);
}

const nothingRead = {
  read: '',
  json: '',
  plain: '',
  opaque: '',
  beacon: '',
  form: '',
  events: '',
  script: '',
};

describe('the daemon and pages in a browser', { skip: browserProgram() === undefined }, () => {
  test('a page of an allowed origin runs a load test and follows it live', async (context) => {
    const { page, daemon } = await scene(context, true);
    const told = (await page.open(`
      const client = new vayu.VayuClient({ baseUrl: ${JSON.stringify(daemon.url)} });
      const { runId } = await client.startRun(${runConfig()});
      const events = [];
      for await (const event of client.live(runId)) events.push(event.event);
      const report = await client.report(runId);
      return { status: report.status ?? report.metadata?.status, total: report.summary.totalRequests, first: events[0], last: events.at(-1) };
    `)) as Record<string, unknown>;
    assert.equal(told.failure, undefined);
    assert.equal(told.total, iterations);
    assert.equal(told.last, 'complete');
    assert.equal(answered, iterations);
  });

  test('a page of an allowed origin needs the token where there is one', async (context) => {
    const { page, daemon } = await scene(context, true, ['--token', 'a-token-of-this-test']);
    const told = await page.open(`
      const call = async (token) => new vayu.VayuClient({ baseUrl: ${JSON.stringify(daemon.url)}, token }).config().then(() => 'read', (error) => error.status);
      return [await call('a-token-of-this-test'), await call('another'), await call(undefined)];
    `);
    assert.deepEqual(told, ['read', 401, 401]);
  });

  test('what pages of other origins try below works where the origin is allowed', async (context) => {
    const { page, daemon } = await scene(context, true);
    const told = (await page.open(attempts(daemon.url))) as typeof nothingRead;
    assert.match(told.read, /"workers":\d/);
    assert.match(told.json, /"runId"/);
  });

  test('a page of another origin can neither read nor do anything', async (context) => {
    const { page, daemon } = await scene(context, false);
    assert.deepEqual(await page.open(attempts(daemon.url)), nothingRead);
    await unharmed(daemon);
  });

  test('nor can one whose own name has come to mean this machine', async (context) => {
    const { page, daemon } = await scene(context, false);
    const { port } = new URL(daemon.url);
    const told = await page.openAs(reboundName, attempts(`http://${reboundName}:${port}`));
    assert.deepEqual(told, nothingRead);
    await unharmed(daemon);
  });
});
