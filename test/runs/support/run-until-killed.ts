/** A process that runs a load into a database until it is killed: `<database> <url>`. Prints the run's id, then a line per stored second. */
import { openHarness } from '../harness.js';

const [file, url] = process.argv.slice(2);
if (file === undefined || url === undefined) throw new Error('usage: run-until-killed.ts <database> <url>');
const harness = openHarness({}, file);
const { runId } = harness.start({
  request: { url, tests: 'pm.test("t", () => {})' },
  mode: 'constant',
  targetRps: 100,
  duration: 60,
  thresholds: ['p99<10s'],
});
console.log(runId);
harness.manager.live(runId)?.subscribe({ onMetrics: () => console.log('second') });
