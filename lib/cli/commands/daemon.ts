import { homedir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { exitCodes } from '../exit-codes.js';
import { watchInterruption } from '../interruption.js';
import { repeated, wholeNumber } from '../options/values.js';
import { saveStartUpMemory } from '../start-up-memory.js';

interface Options {
  port: number;
  host: string;
  dataDir?: string;
  verbose?: number;
  token?: string;
  origin?: string[];
  publicHost?: string[];
  allowHost?: string[];
  parentPid?: number;
  workers?: number;
}

const options = [
  new Option('-p, --port <n>', 'port to listen on; 0 takes a free one and prints it')
    .argParser(wholeNumber(0, 65_535))
    .default(9876),
  new Option('--host <address>', 'address to listen on; any but loopback needs --token').default('127.0.0.1'),
  new Option('--data-dir <folder>', 'where requests, runs and settings are kept (default: ~/.vayu)').env(
    'VAYU_DATA_DIR',
  ),
  new Option(
    '--verbose <n>',
    'log: 0 warnings, 1 what happens, 2 each call (default: the stored setting)',
  ).argParser(wholeNumber(0, 2)),
  new Option('--token <token>', 'token that each call must carry').env('VAYU_TOKEN'),
  new Option('--origin <url>', 'web page origin that may call; may be repeated').argParser(repeated),
  new Option(
    '--public-host <name>',
    'name accepted in Host besides the loopback ones; may be repeated',
  ).argParser(repeated),
  new Option(
    '--allow-host <name>',
    'send requests to this host only; may be repeated (default: any)',
  ).argParser(repeated),
  new Option('--parent-pid <pid>', 'end when this process ends').argParser(wholeNumber(1)),
  new Option('--workers <n>', 'threads that send requests (default: one per core)').argParser(
    wholeNumber(0, 1024),
  ),
];

/** `name`: as it was called, `vayu daemon` or `vayu-engine`. */
export function daemonCommand(name = 'daemon'): Command {
  const command = new Command(name)
    .description('Start the daemon that serves the control API')
    .helpOption('-h, --help', 'show this help');
  for (const option of options) command.addOption(option);
  return command.action(daemon).addHelpText(
    'after',
    `
Examples:
  vayu daemon
  vayu daemon --port 0 --data-dir ./data
  vayu daemon --origin http://localhost:5173 --parent-pid "$PPID"

Ctrl-C or SIGTERM ends it: runs are stopped and stored first.`,
  );
}

async function daemon(options: Options): Promise<void> {
  // Before anything is locked or opened: a signal that comes while it starts ends it in the same order.
  const end = { close: (): void => undefined };
  const interruption = watchInterruption(
    () => end.close(),
    () => undefined,
  );
  const endSaving = saveStartUpMemory();
  const { startDaemon } = await import('../../api/daemon.js');
  const running = await startDaemon({
    host: options.host,
    port: options.port,
    dataDir: options.dataDir ?? join(homedir(), '.vayu'),
    origins: options.origin ?? [],
    hosts: options.publicHost ?? [],
    ...(options.verbose === undefined ? {} : { verbose: options.verbose }),
    ...(options.allowHost === undefined ? {} : { allowHosts: options.allowHost }),
    ...(options.token === undefined ? {} : { token: options.token }),
    ...(options.parentPid === undefined ? {} : { parentPid: options.parentPid }),
    ...(options.workers === undefined ? {} : { workers: options.workers }),
  });
  endSaving();
  end.close = () => void running.close();
  if (interruption.interrupted) end.close();
  else process.stdout.write(`Vayu listens on ${running.url}\n`);
  await running.closed;
  interruption.end();
  process.exitCode = exitCodes.ok;
}
