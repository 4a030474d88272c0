import { Command, Option } from 'commander';
import { exitCodes } from '../exit-codes.js';
import { watchInterruption } from '../interruption.js';
import { repeated, wholeNumber } from '../options/values.js';

interface Options {
  port: number;
  host: string;
  dataDir?: string;
  verbose: number;
  token?: string;
  origin?: string[];
  allowHost?: string[];
  parentPid?: number;
  workers?: number;
}

/** `name`: as it was called, `vayu daemon` or `vayu-engine`. */
export function daemonCommand(name = 'daemon'): Command {
  return new Command(name)
    .description('Start the daemon that serves the control API')
    .helpOption('-h, --help', 'show this help')
    .addOption(
      new Option('-p, --port <n>', 'port to listen on; 0 takes a free one and prints it')
        .argParser(wholeNumber(0, 65_535))
        .default(9876),
    )
    .addOption(
      new Option('--host <address>', 'address to listen on; another than loopback needs --token').default(
        '127.0.0.1',
      ),
    )
    .addOption(
      new Option(
        '--data-dir <folder>',
        'where runs, requests and settings are kept (default: .vayu in the home folder)',
      ).env('VAYU_DATA_DIR'),
    )
    .addOption(
      new Option('--verbose <n>', 'how much to log: 0 errors, 1 what happens, 2 each call')
        .argParser(wholeNumber(0, 3))
        .default(1),
    )
    .addOption(new Option('--token <token>', 'token that each call must carry').env('VAYU_TOKEN'))
    .addOption(
      new Option('--origin <url>', 'web origin that may call it; may be repeated').argParser(repeated),
    )
    .addOption(
      new Option(
        '--allow-host <name>',
        'Host header that is accepted besides loopback; may be repeated',
      ).argParser(repeated),
    )
    .addOption(new Option('--parent-pid <pid>', 'end when this process ends').argParser(wholeNumber(1)))
    .addOption(
      new Option('--workers <n>', 'threads that send requests (default: one per core)').argParser(
        wholeNumber(0, 1024),
      ),
    )
    .action(daemon)
    .addHelpText(
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
  const { startDaemon } = await import('../../api/daemon.js');
  const running = await startDaemon({
    host: options.host,
    port: options.port,
    dataDir: options.dataDir ?? (await defaultDataDir()),
    verbose: options.verbose,
    origins: options.origin ?? [],
    allowedHosts: options.allowHost ?? [],
    ...(options.token === undefined ? {} : { token: options.token }),
    ...(options.parentPid === undefined ? {} : { parentPid: options.parentPid }),
    ...(options.workers === undefined ? {} : { workers: options.workers }),
  });
  process.stdout.write(`Vayu listens on ${running.url}\n`);
  const interruption = watchInterruption(
    () => void running.close(),
    () => undefined,
  );
  await running.closed;
  interruption.end();
  process.exitCode = exitCodes.ok;
}

async function defaultDataDir(): Promise<string> {
  const [{ homedir }, { join }] = await Promise.all([import('node:os'), import('node:path')]);
  return join(homedir(), '.vayu');
}
