// npm run bench:scripts: the typical script in our runtime and in Postman's own sandbox, taking turns on one machine.
// CPU per execution: of the thread for ours, of the whole process for the sandbox, whose host and worker share the work.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ReferenceSandbox } from '../test/scripting/support/reference.js';
import { buildOwnProgram } from './own-program.js';
import { median } from './statistics.js';

const projectRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const ownCase = 'typical: json + 3 tests';
const rounds = 5;
const limits = { ownUs: 17, ratio: 20 };

/** The script and the body of bench/native/script_bench.cc. */
const script = `
  const body = pm.response.json();
  pm.test('page', () => { pm.expect(body.page).to.eql(1); });
  pm.test('items', () => { pm.expect(body).to.have.property('items'); });
  pm.test('time', () => { pm.expect(pm.response.responseTime).to.be.below(500); });`;

function typicalBody(): string {
  let body = '{"page":1,"pages":12,"total":117,"ok":true,"next":null,"items":[';
  for (let i = 0; body.length < 980; i++) {
    body += `${i > 0 ? ',' : ''}{"id":${i},"name":"item ${i}","price":${i}.25,"active":true,"tags":["a","b"],"owner":{"id":7,"email":"x@example.com"}}`;
  }
  return `${body}]}`;
}

/** µs of CPU per execution. */
function measureOwn(program: string): number {
  const { stdout } = spawnSync(program, ['20000', ownCase], { encoding: 'utf8' });
  const line = stdout.split('\n').find((text) => text.startsWith(ownCase));
  const found = line === undefined ? null : /([\d.]+) us/.exec(line);
  if (found === null || line?.includes('ERROR') === true)
    throw new Error(`script_bench said nothing of "${ownCase}": ${stdout}`);
  return Number(found[1]);
}

function measureSandbox(): number {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(import.meta.url), '--sandbox'],
    {
      encoding: 'utf8',
      cwd: projectRoot,
    },
  );
  const us = Number(stdout);
  if (!(us > 0)) throw new Error(`the sandbox could not be measured: ${stderr}`);
  return us;
}

async function runSandbox(): Promise<void> {
  const sandbox = await ReferenceSandbox.open();
  const response = {
    code: 200,
    status: 'OK',
    header: [{ key: 'Content-Type', value: 'application/json' }],
    stream: Buffer.from(typicalBody()),
    responseTime: 1,
  };
  const runMany = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const outcome = await sandbox.run(script, { response });
      if (outcome.error !== null || outcome.tests.some((test) => !test.passed) || outcome.tests.length !== 3)
        throw new Error(`the sandbox did not pass the script: ${JSON.stringify(outcome)}`);
    }
  };
  await runMany(200);
  const executions = 1000;
  const before = process.cpuUsage();
  await runMany(executions);
  const { user, system } = process.cpuUsage(before);
  process.stdout.write(String((user + system) / executions));
  sandbox.close();
}

function compare(): void {
  const program = buildOwnProgram('script_bench');
  const own: number[] = [];
  const sandbox: number[] = [];
  for (let round = 0; round < rounds; round++) {
    own.push(measureOwn(program));
    sandbox.push(measureSandbox());
  }
  const ownUs = median(own);
  const sandboxUs = median(sandbox);
  const ratio = sandboxUs / ownUs;
  const perSecond = (us: number): string => Math.round(1e6 / us).toLocaleString('en');
  console.log(`ours             ${ownUs.toFixed(1)} µs, ${perSecond(ownUs)}/s`);
  console.log(`postman-sandbox  ${sandboxUs.toFixed(0)} µs, ${perSecond(sandboxUs)}/s`);
  const claims: [kept: boolean, text: string][] = [
    [ownUs <= limits.ownUs, `at most ${limits.ownUs} µs per execution: ${ownUs.toFixed(1)}`],
    [ratio >= limits.ratio, `at least ${limits.ratio} times postman-sandbox: ${ratio.toFixed(0)}`],
  ];
  for (const [kept, text] of claims) console.log(`${kept ? 'kept  ' : 'MISSED'} ${text}`);
  if (claims.some(([kept]) => !kept)) process.exitCode = 1;
}

if (process.argv.includes('--sandbox')) await runSandbox();
else compare();
