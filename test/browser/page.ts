import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestContext } from 'node:test';
import { build } from 'esbuild';

const patienceMs = 60_000;

/** A server of one page, whose origin is known before the page is opened, so that a daemon can be told of it. */
export interface PageServer {
  /** As browsers name it: `http://127.0.0.1:PORT`. */
  origin: string;
  /** Opens the page in a browser and settles with what `script` returned there, or with `{ failure }`. */
  open(script: string): Promise<unknown>;
  /** The same page under a name that is not this machine's. */
  openAs(name: string, script: string): Promise<unknown>;
}

/** The client that users import as `vayu-engine/client`, as one module for a page. */
async function clientModule(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: ['lib/client/index.ts'],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
  });
  return outputFiles[0]!.text;
}

function pageOf(script: string): string {
  return `<!doctype html><title>page</title><script type="module">
import * as vayu from '/client.js';
const told = (body) => fetch('/result', { method: 'POST', body: JSON.stringify(body) ?? 'null' });
try { await told(await (async () => { ${script} })()); } catch (error) { await told({ failure: String(error) }); }
</script>`;
}

/** The server ends with the test. */
export async function startPageServer(context: TestContext): Promise<PageServer> {
  const module = await clientModule();
  let page = '';
  let told: (result: unknown) => void = () => undefined;
  const server = createServer((request, response) => {
    if (request.url === '/client.js') response.setHeader('Content-Type', 'text/javascript').end(module);
    else if (request.url === '/result') {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        response.end();
        told(JSON.parse(body));
      });
    } else response.setHeader('Content-Type', 'text/html').end(page);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const openAs = async (name: string, script: string): Promise<unknown> => {
    page = pageOf(script);
    const result = new Promise<unknown>((resolve) => (told = resolve));
    const close = openBrowser(`http://${name}:${port}/`);
    try {
      const silence = sleep(patienceMs, undefined, { ref: false }).then(() => {
        throw new Error('The page told nothing.');
      });
      return await Promise.race([result, silence]);
    } finally {
      await close();
    }
  };
  return { origin: `http://127.0.0.1:${port}`, open: (script) => openAs('127.0.0.1', script), openAs };
}

const programs = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'];

/** The browser of this machine; the set-up step of the tests installs one where it can. */
export function browserProgram(): string | undefined {
  return programs.find((name) => spawnSync(name, ['--version']).status === 0);
}

/** Names that the browser resolves to this machine, as a page that rebinds its own name has it do. */
export const reboundName = 'rebound.test';

/** Returns what ends the browser again. */
function openBrowser(url: string): () => Promise<void> {
  const program = browserProgram();
  if (program === undefined) throw new Error('There is no browser on this machine.');
  const profile = mkdtempSync(path.join(tmpdir(), 'vayu-browser-'));
  const args = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--no-first-run',
    `--host-resolver-rules=MAP ${reboundName} 127.0.0.1`,
    `--user-data-dir=${profile}`,
    '--remote-debugging-port=0',
    url,
  ];
  // A group of its own: the program that is found may be a script, and what it starts has to end with it.
  const child = spawn(program, args, { stdio: 'ignore', detached: true });
  const ended = once(child, 'close');
  return async () => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
}
