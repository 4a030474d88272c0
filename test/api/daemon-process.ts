import { startDaemon } from '../../lib/api/daemon.js';

/** A daemon in a process of its own: options as JSON in the first argument; prints its URL, ends on SIGTERM. */
const options = JSON.parse(process.argv[2] ?? '{}') as Parameters<typeof startDaemon>[0];
try {
  const daemon = await startDaemon(options);
  process.on('SIGTERM', () => void daemon.close());
  process.stdout.write(`${daemon.url}\n`);
  await daemon.closed;
  process.stdout.write('closed\n');
} catch (error) {
  const { code, message } = error as { code?: string; message: string };
  process.stdout.write(`${JSON.stringify({ code, message })}\n`);
  process.exitCode = 1;
}
