import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseRunConfig } from '../../lib/model/run-config.js';
import { freePort } from '../support/free-port.js';
import { cliArguments } from './cli-process.js';
import { anchors, codeBlocks, links, type CodeBlock } from './markdown.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (name: string): string => readFileSync(path.join(root, name), 'utf8');
const pages = ['README.md', ...readdirSync(path.join(root, 'docs')).map((name) => `docs/${name}`)].filter(
  (name) => name.endsWith('.md'),
);

/** The server at 127.0.0.1:8080 of the pages: answers with what its path says. */
async function startTarget(context: TestContext): Promise<number> {
  const server: Server = createServer((request, response) => {
    request.resume();
    const name = (request.url ?? '').split('/').at(-1);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ id: 7, name: name === '' ? 'none' : name }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A folder as a reader's: the commands on the PATH, the package installed. */
function readersFolder(): { folder: string; env: NodeJS.ProcessEnv } {
  const folder = mkdtempSync(path.join(tmpdir(), 'vayu-reader-'));
  const bin = path.join(folder, 'bin');
  mkdirSync(bin);
  mkdirSync(path.join(folder, 'node_modules'));
  symlinkSync(root, path.join(folder, 'node_modules', 'vayu-engine'));
  writeFileSync(
    path.join(bin, 'vayu'),
    `#!/bin/sh\nexec '${process.execPath}' ${cliArguments.join(' ')} "$@"\n`,
  );
  chmodSync(path.join(bin, 'vayu'), 0o755);
  return { folder, env: { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}`, NO_COLOR: '1' } };
}

/** Carries out the blocks of a page in their order, as a reader would, on ports of its own. */
class Reader {
  readonly #daemons: ChildProcess[] = [];
  readonly #space = readersFolder();

  constructor(
    private readonly page: string,
    private readonly targetPort: number,
    private readonly daemonPort: number,
  ) {}

  async follow(block: CodeBlock): Promise<void> {
    const where = `${this.page}:${block.line}`;
    const text = block.text
      .replaceAll('127.0.0.1:8080', `127.0.0.1:${this.targetPort}`)
      .replaceAll('127.0.0.1:9876', `127.0.0.1:${this.daemonPort}`);
    const { file, run, check } = block.marks;
    if (block.language === 'text' || run === 'skip' || run === 'demo') return;
    if (run === 'script')
      assert.ok(scriptsExist(block.text), `${where}: a script that package.json does not have`);
    else if (run === 'daemon') await this.#startDaemon(text, where);
    else if (run === 'module')
      await this.#run([process.execPath, '--input-type=module', '-e', this.#onPort(text)], where);
    else if (check === 'run-config') parseRunConfig(JSON.parse(text));
    else if (file !== undefined) writeFileSync(path.join(this.#space.folder, file), text);
    else if (block.language === 'sh') await this.#run(['bash', '-e', '-o', 'pipefail', '-c', text], where);
    else assert.fail(`${where}: a block of "${block.language}" that nothing runs; mark it`);
  }

  /** Clients without a URL take the default port, which a test must not. */
  #onPort(text: string): string {
    return text.replaceAll(
      'new VayuClient()',
      `new VayuClient({ baseUrl: 'http://127.0.0.1:${this.daemonPort}' })`,
    );
  }

  async #run([command = '', ...args]: string[], where: string): Promise<void> {
    const env = { ...this.#space.env, VAYU_DAEMON: `http://127.0.0.1:${this.daemonPort}` };
    const child = spawn(command, args, { cwd: this.#space.folder, env, timeout: 120_000 });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    assert.equal(code, 0, `${where} failed:\n${output}`);
  }

  async #startDaemon(text: string, where: string): Promise<void> {
    const line = `exec ${text.trim()} --port ${this.daemonPort}`;
    const child = spawn('bash', ['-c', line], {
      cwd: this.#space.folder,
      env: this.#space.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#daemons.push(child);
    await new Promise<void>((resolve, reject) => {
      let output = '';
      child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes('Vayu listens on')) resolve();
      });
      child.on('close', (code) => reject(new Error(`${where}: the daemon ended with ${code}: ${output}`)));
    });
  }

  close(): void {
    for (const daemon of this.#daemons) daemon.kill('SIGTERM');
  }
}

function scriptsExist(block: string): boolean {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const names = [...block.matchAll(/^npm (?:run )?([\w:]+)/gm)].map(([, name = '']) => name);
  return names.length > 0 && names.every((name) => name in scripts);
}

for (const page of ['README.md', 'docs/getting-started.md', 'docs/load-modes.md', 'docs/architecture.md']) {
  test(`every code block of ${page} works as written`, { timeout: 300_000 }, async (context) => {
    const reader = new Reader(page, await startTarget(context), await freePort());
    context.after(() => reader.close());
    const blocks = codeBlocks(read(page));
    assert.ok(blocks.length > 0);
    for (const block of blocks) await reader.follow(block);
  });
}

test('the demo shows progress and a summary, and leaves no process behind', { timeout: 300_000 }, () => {
  const demo = spawnSync('npm', ['run', 'demo', '--', '--duration', '1s'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  assert.equal(demo.status, 0, demo.stdout + demo.stderr);
  const passed = /^PASSED {2}([\d,]+) requests in 1\.\ds/m.exec(demo.stdout);
  assert.ok(passed !== null, demo.stdout);
  assert.match(demo.stdout, new RegExp(`✓ status is 200: ${passed[1] ?? ''} passed`));
  assert.match(demo.stderr, /^ {2}1\.\ds +\d+% {2}[\d,]+ req\/s/m);
  const left = spawnSync('pgrep', ['-f', path.join(root, 'scripts/demo-target.mjs')], { encoding: 'utf8' });
  assert.equal(left.stdout, '');
});

test('links lead somewhere', () => {
  for (const page of pages) {
    for (const link of links(read(page))) {
      if (/^https?:/.test(link)) continue;
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? page : path.posix.join(path.posix.dirname(page), file);
      assert.ok(existsSync(path.join(root, target)), `${page}: ${link}`);
      if (anchor !== undefined) assert.ok(anchors(read(target)).has(anchor), `${page}: ${link}`);
    }
  }
});

test('the generated pages are up to date', () => {
  const tsx = import.meta.resolve('tsx');
  const result = spawnSync(process.execPath, ['--import', tsx, 'scripts/build-docs.ts', '--check'], {
    cwd: root,
    encoding: 'utf8',
  });
  assert.equal(result.status, 0, result.stderr);
});
