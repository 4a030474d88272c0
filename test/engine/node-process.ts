import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  output: string;
  errors: string;
  milliseconds: number;
}

let bundled: Promise<string> | undefined;

/** The engine and support.ts as one module in build/, where it finds the addon: tsx would cost each process of a test a second or more. */
function bundle(): Promise<string> {
  bundled ??= (async () => {
    const root = fileURLToPath(new URL('../../', import.meta.url));
    const file = path.join(root, 'build', 'engine-tests', `${process.pid}.mjs`);
    await build({
      stdin: {
        contents: `export { Engine } from './lib/engine/engine.ts'; export * from './test/engine/support.ts';`,
        resolveDir: root,
        loader: 'ts',
      },
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      outfile: file,
    });
    process.once('exit', () => rmSync(file, { force: true }));
    return file;
  })();
  return bundled;
}

/** Runs a module's source in a Node process of its own; kills it after `limitMs`. It sees `Engine`, the exports of support.ts and `bundled`, the module they are from. */
export async function runNode(source: string, limitMs = 120_000): Promise<Ended> {
  const from = JSON.stringify(pathToFileURL(await bundle()).href);
  const directory = mkdtempSync(path.join(tmpdir(), 'vayu-engine-'));
  const file = path.join(directory, 'main.mjs');
  writeFileSync(
    file,
    `import { Engine, startTarget, get, planOf, rateModel, concurrencyModel } from ${from};
    const bundled = ${from};
    ${source}`,
  );
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'pipe'] });
  const start = performance.now();
  let output = '';
  let errors = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  child.stderr.on('data', (text: Buffer) => (errors += text.toString()));
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  rmSync(directory, { recursive: true });
  return { code, signal, output, errors, milliseconds: performance.now() - start };
}
