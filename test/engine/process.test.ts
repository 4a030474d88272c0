import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runNode } from './node-process.js';

const inLoad = `
  const target = await startTarget();
  const engine = new Engine({ workers: 2 });
  const run = engine.startLoad(planOf(target.url, rateModel(500, 60_000)), () => undefined);
  for (let i = 0; i < 20; i++) engine.submit(get(target.url), () => undefined);
  await new Promise((resolve) => setTimeout(resolve, 200));
`;

describe('a process', { concurrency: 2 }, () => {
  it('exits by itself when the engine is idle and not closed', async () => {
    const ended = await runNode(`
      const target = await startTarget();
      const engine = new Engine({ workers: 2 });
      const { response } = await engine.submitAsync(get(target.url));
      console.log(response.status);
      await target.close();`);
    assert.deepEqual([ended.code, ended.signal, ended.output], [0, null, '200\n'], ended.errors);
  });

  it('stays while work is under way', async () => {
    const ended = await runNode(`
      import { spawn } from 'node:child_process';
      const target = await startTarget(400);
      const engine = new Engine({ workers: 1 });
      // Nothing but the engine holds the loop open: the target is in this process, but unreferenced.
      engine.startLoad(planOf('http://127.0.0.1:1/', rateModel(20, 700)), (tick) => {
        if (tick.final) console.log('run', tick.counters.failed);
      });
      engine.submit(get('http://127.0.0.1:1/'), (exchange) => console.log('request', exchange.error.code));
      await target.close();`);
    assert.equal(ended.code, 0, ended.errors);
    assert.deepEqual(ended.output.trim().split('\n').sort(), ['request connection_failed', 'run 14']);
  });

  it('exits with its code in the middle of a run', async () => {
    const ended = await runNode(`${inLoad} process.exit(7);`);
    assert.deepEqual([ended.code, ended.signal], [7, null], ended.errors);
  });

  it('exits from within a tick', async () => {
    const ended = await runNode(inLoad.replace('() => undefined)', '() => process.exit(5))'));
    assert.deepEqual([ended.code, ended.signal], [5, null], ended.errors);
  });

  it('ends of an uncaught exception in the middle of a run', async () => {
    const ended = await runNode(
      `${inLoad} setTimeout(() => { throw new Error('on purpose'); }, 10); await run.done;`,
    );
    assert.deepEqual([ended.code, ended.signal], [1, null]);
    assert.match(ended.errors, /on purpose/);
  });

  it('ends of SIGTERM in the middle of a run', async () => {
    const ended = await runNode(`${inLoad} process.kill(process.pid, 'SIGTERM'); await run.done;`);
    assert.deepEqual([ended.code, ended.signal], [null, 'SIGTERM']);
  });

  it('lets a child process end while it runs', async () => {
    const ended = await runNode(`${inLoad}
      const { execFileSync } = await import('node:child_process');
      console.log(execFileSync(process.execPath, ['-e', 'console.log(6 * 7)'], { encoding: 'utf8' }).trim());
      run.stop(0);
      await run.done;
      await engine.close();
      await target.close();`);
    assert.deepEqual([ended.code, ended.output], [0, '42\n'], ended.errors);
  });

  it('surfaces what callbacks throw as uncaught exceptions and loses nothing', async () => {
    const ended = await runNode(`
      const target = await startTarget();
      const engine = new Engine({ workers: 1 });
      let uncaught = 0, results = 0, ticks = 0;
      process.on('uncaughtException', (error) => { if (error.message === 'mine') uncaught++; });
      for (let i = 0; i < 10; i++) engine.submit(get(target.url), () => { results++; throw new Error('mine'); });
      const run = engine.startLoad(planOf(target.url, rateModel(100, 500)), (tick) => { ticks++; throw new Error('mine'); });
      const outcome = await run.done;
      while (results < 10) await new Promise((resolve) => setTimeout(resolve, 5));
      await engine.close();
      console.log(results, uncaught === results + ticks, ticks > 2, outcome.workers);
      await target.close();`);
    assert.deepEqual([ended.code, ended.output], [0, '10 true true 1\n'], ended.errors);
  });

  it('frees engines that were closed', async () => {
    const ended = await runNode(`
      const { setFlagsFromString } = await import('node:v8');
      setFlagsFromString('--expose-gc');
      const { runInNewContext } = await import('node:vm');
      const gc = runInNewContext('gc');
      let freed = 0;
      const registry = new FinalizationRegistry(() => freed++);
      const target = await startTarget();
      for (let i = 0; i < 30; i++) {
        const engine = new Engine({ workers: 1 });
        registry.register(engine, i);
        await engine.submitAsync(get(target.url));
        await engine.close();
      }
      for (let i = 0; i < 20 && freed < 25; i++) { gc(); await new Promise((resolve) => setTimeout(resolve, 20)); }
      console.log(freed >= 25);
      await target.close();`);
    assert.deepEqual([ended.code, ended.output], [0, 'true\n'], ended.errors);
  });
});

const inThread = `
  import { Worker } from 'node:worker_threads';
  const target = await startTarget();
  const source = \`
    const { workerData, parentPort } = require('node:worker_threads');
    import(workerData.engine).then(async ({ Engine, get, planOf, rateModel }) => {
      const engine = new Engine({ workers: 2 });
      const { response } = await engine.submitAsync(get(workerData.url));
      parentPort.postMessage(response.status);
      const run = engine.startLoad(planOf(workerData.url, rateModel(300, workerData.milliseconds)), () => undefined);
      engine.submit(get(workerData.url), () => undefined);
      const outcome = await run.done;
      parentPort.postMessage(outcome.durationMs);
      if (workerData.close) await engine.close();
    });\`;
  const spawnThread = (more) => new Worker(source, {
    eval: true,
    workerData: { engine: bundled, url: target.url, milliseconds: 60_000, close: false, ...more },
  });
  const ended = (thread) => new Promise((resolve) => thread.once('exit', resolve));
  const message = (thread) => new Promise((resolve) => thread.once('message', resolve));
`;

describe('worker_threads', { concurrency: 2 }, () => {
  it('each have an engine of their own, at once, beside the main thread', async () => {
    const ended = await runNode(`${inThread}
      const own = new Engine({ workers: 1 });
      const threads = [spawnThread({ milliseconds: 300 }), spawnThread({ milliseconds: 300, close: true })];
      const codes = await Promise.all(threads.map(ended));
      console.log(codes.join(), (await own.submitAsync(get(target.url))).response.status, target.count());
      await own.close();
      await target.close();`);
    assert.deepEqual([ended.code, ended.signal], [0, null], ended.errors);
    // Two runs of 90, and two requests of each thread.
    assert.equal(ended.output, '0,0 200 185\n');
  });

  it('are terminated in the middle of a run', async () => {
    const ended = await runNode(`${inThread}
      for (let round = 0; round < 3; round++) {
        const threads = [spawnThread({}), spawnThread({})];
        await Promise.all(threads.map(message));
        await new Promise((resolve) => setTimeout(resolve, 60 * round));
        await Promise.all(threads.map((thread) => thread.terminate()));
      }
      console.log('alive');
      await target.close();`);
    assert.deepEqual([ended.code, ended.signal, ended.output], [0, null, 'alive\n'], ended.errors);
  });

  it('end with the process in the middle of a run', async () => {
    const ended = await runNode(`${inThread}
      const thread = spawnThread({});
      await message(thread);
      process.exit(3);`);
    assert.deepEqual([ended.code, ended.signal], [3, null], ended.errors);
  });
});
