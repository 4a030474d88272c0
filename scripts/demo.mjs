// Shows a load test on a fresh clone: sets everything up, starts a server of its own in another process, loads it for 5 s.
//   npm run demo [-- options of vayu load]
import { fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const commandLine = here('../dist/cli/main.js');

const setup = spawnSync(process.execPath, [here('setup.mjs')], { stdio: 'inherit' });
if (setup.status !== 0) process.exit(setup.status ?? 1);

const target = fork(here('demo-target.mjs'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
// Ctrl-C reaches the load itself, which stops and still prints its summary.
process.on('SIGINT', () => undefined);
try {
  const [{ port }] = await once(target, 'message');
  const args = [
    'load',
    ...['--duration', '5s', '--concurrency', '64', '--script', here('demo-tests.js')],
    ...process.argv.slice(2),
    `http://127.0.0.1:${port}/`,
  ];
  const load = spawn(process.execPath, [commandLine, ...args], { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => load.kill(signal));
  const [code, signal] = await once(load, 'exit');
  if (signal !== null) console.error(`The load was ended by ${signal}.`);
  process.exitCode = code ?? 1;
} finally {
  target.kill('SIGKILL');
}
