// The daemon as a child of a manager: started on a free port, known only to this process by a token, ended with it.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const packageFile = createRequire(import.meta.url).resolve('vayu-engine/package.json');
const { bin } = JSON.parse(readFileSync(packageFile, 'utf8'));
// Node's child processes cannot read inside an asar archive: the package has to be unpacked from it.
const program = path
  .join(path.dirname(packageFile), bin['vayu-engine'])
  .replace('app.asar', 'app.asar.unpacked');

/**
 * Starts the daemon. `dataDir` is a folder of its own, in Electron under `app.getPath('userData')`; `origin` is that of the renderer's pages.
 * Returns where it listens, the token that calls need, and how to end it.
 */
export async function startEngineProcess({ dataDir, origin }) {
  const token = randomBytes(24).toString('hex');
  const args = ['--port', '0', '--data-dir', dataDir, '--parent-pid', String(process.pid)];
  if (origin !== undefined) args.push('--origin', origin);
  const child = spawn(process.execPath, [program, ...args], {
    // In Electron, process.execPath is Electron itself: this makes it behave as Node. The token is not an argument, which others could read.
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', VAYU_TOKEN: token },
    stdio: ['ignore', 'pipe', 'inherit'],
    windowsHide: true,
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const baseUrl = await new Promise((resolve, reject) => {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
      const match = /Vayu listens on (\S+)\n/.exec(text);
      if (match !== null) resolve(match[1]);
    });
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new Error(`the engine ended with exit code ${code} before it listened`)),
    );
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  return { baseUrl, token, pid: child.pid, ended, stop };
}
