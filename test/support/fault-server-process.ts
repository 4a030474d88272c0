// The fault server in a process of its own, so that a busy JavaScript thread of the test does not slow it and the other way round.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startFaultServer, type FaultServer, type FaultUrls } from './fault-server.js';

type Counts = { requests: number; connections: number; open: number };
type Hello = Pick<FaultServer, 'urls' | 'caFile' | 'certificates'>;

export interface FaultServerProcess {
  urls: FaultUrls;
  url: string;
  caFile: string;
  certificates: FaultServer['certificates'];
  pid: number;
  /** `requests` for the path; connections over all ports: accepted so far, and open now. */
  counts(path: string): Promise<Counts>;
  /** Ends it at once, as a crash of the target would. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

export async function startFaultServerProcess(): Promise<FaultServerProcess> {
  const child = fork(fileURLToPath(import.meta.url), {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  const [hello] = (await once(child, 'message')) as [Hello];
  return {
    ...hello,
    url: hello.urls.http,
    pid: child.pid!,
    counts: async (path) => {
      child.send({ path });
      const [counts] = (await once(child, 'message')) as [Counts];
      return counts;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    close: async () => {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.send) {
  const server = await startFaultServer();
  process.on('message', (message: { path: string }) => {
    const counts: Counts = {
      requests: server.requestCount(message.path),
      connections: server.connectionCount(),
      open: server.openConnections(),
    };
    process.send?.(counts);
  });
  process.once('disconnect', () => void server.close());
  const { urls, caFile, certificates } = server;
  process.send({ urls, caFile, certificates } satisfies Hello);
}
