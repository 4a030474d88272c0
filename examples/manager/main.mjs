// What the main process of a manager does: requests of its own through the library, all else through a daemon beside it.
//   node examples/manager/main.mjs http://127.0.0.1:8080/
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Engine } from 'vayu-engine';
import { createApi } from './preload.mjs';
import { startEngineProcess } from './engine-process.mjs';

const url = process.argv[2] ?? 'http://127.0.0.1:8080/';

const engine = new Engine({ workers: 1 });
const exchange = await engine.submitAsync({ request: { method: 'GET', url, headers: [] } });
console.log('library:', exchange.response?.status ?? exchange.error.message);
await engine.close();

const dataDir = await mkdtemp(path.join(tmpdir(), 'vayu-manager-'));
const daemon = await startEngineProcess({ dataDir, origin: 'http://localhost:5173' });
try {
  const api = createApi(daemon);
  const response = await api.send({ url });
  console.log('daemon:', response.status, response.body);
  const report = await api.load(
    { request: { url }, mode: 'iterations', iterations: 200, concurrency: 5 },
    (live) => {
      console.log('live:', live.totalRequests, 'of', live.requestsExpected);
    },
  );
  console.log('report:', report.summary.totalRequests, 'requests,', report.summary.failedRequests, 'failed');
} finally {
  await daemon.stop();
  await rm(dataDir, { recursive: true });
}
