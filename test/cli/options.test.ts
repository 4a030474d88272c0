import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { CommanderError } from 'commander';
import { completionScript } from '../../lib/cli/format/completion.js';
import { createProgram } from '../../lib/cli/program.js';
import { daemonCommand } from '../../lib/cli/commands/daemon.js';
import { describeUsageFault } from '../../lib/cli/usage-fault.js';
import { stages } from '../../lib/cli/options/times.js';
import { headerLine } from '../../lib/cli/options/values.js';

/** The options that a command line parses into, or the line that the user is told. */
async function parse(line: string): Promise<Record<string, unknown> | string> {
  const args = line.split(' ').filter((word) => word !== '');
  const program = await createProgram();
  let parsed: Record<string, unknown> = {};
  for (const command of program.commands) {
    command.action(() => {
      parsed = { ...command.opts(), args: command.args };
    });
  }
  try {
    program.parse(args, { from: 'user' });
  } catch (error) {
    assert.ok(error instanceof CommanderError);
    return describeUsageFault(error, program, args);
  }
  return parsed;
}

test('load takes the options of hey, oha and curl, joined or apart', async () => {
  const options = await parse(
    'load -c50 -z 10s -n 1e -q 5 http://a/'.replace('1e', '100') +
      ' -m POST -H A:1 -H B:2 -d x -T t/t -a u:p -k -x h:1 -t 2 --threshold p99<1s --threshold rps>1',
  );
  assert.ok(typeof options === 'object');
  const expected = {
    concurrency: 50,
    duration: 10_000,
    requests: 100,
    rps: 5,
    method: 'POST',
    header: [
      ['A', '1'],
      ['B', '2'],
    ],
    data: ['x'],
    contentType: 't/t',
    auth: 'u:p',
    insecure: true,
    proxy: 'h:1',
    timeout: 2000,
    threshold: ['p99<1s', 'rps>1'],
    args: ['http://a/'],
  };
  for (const [name, value] of Object.entries(expected)) assert.deepEqual(options[name], value, name);
});

test('spellings of curl and wrk are understood', async () => {
  const options = await parse('load -X PUT -u u:p --rate 7 --duration 1m http://a/');
  assert.ok(typeof options === 'object');
  assert.deepEqual(
    [options['request'], options['user'], options['rate'], options['duration']],
    ['PUT', 'u:p', 7, 60_000],
  );
});

test('what is wrong with a command line is told in one line that names option and value', async () => {
  const cases: [string, RegExp][] = [
    [
      'load -c abc http://a/',
      /'-c, --concurrency <n>' argument 'abc' is invalid\. Expected a whole number from 1/,
    ],
    ['load -c -5 http://a/', /argument '-5' is invalid\. Expected a whole number from 1/],
    ['load -c 1.5 http://a/', /argument '1\.5' is invalid/],
    ['load -z 10x http://a/', /'-z, --duration <time>' argument '10x' is invalid\. Expected a duration/],
    ['load -z 0 http://a/', /Expected a duration above 0/],
    ['load -q 0 http://a/', /Expected a number above 0/],
    ['load -t -1 http://a/', /'-t, --timeout <time>' argument '-1' is invalid/],
    ['load -H nope http://a/', /argument 'nope' is invalid\. Expected "Name: value"/],
    ['load --stages 30s http://a/', /Expected stages as duration:rate.*cannot read "30s"/],
    ['load --http-version 4 http://a/', /Allowed choices are auto, 1\.0/],
    ['load --concurency 5 http://a/', /unknown option '--concurency'\. Did you mean --concurrency\?/],
    ['load --treshold=x http://a/', /unknown option '--treshold=x'\. Did you mean --threshold\?/],
    ['load --qqqqqqqq http://a/', /unknown option '--qqqqqqqq'\. Try "vayu load --help"/],
    ['laod http://a/', /unknown command 'laod'\. Did you mean load\?/],
    ['load', /missing required argument 'target'\. Try "vayu load --help"/],
    ['load http://a/ http://b/', /too many arguments/],
    ['load -c', /'-c, --concurrency <n>' argument missing/],
    [
      'daemon --port abc',
      /'-p, --port <n>' argument 'abc' is invalid\. Expected a whole number from 0 to 65535/,
    ],
    ['daemon --port 70000', /argument '70000' is invalid/],
  ];
  for (const [line, message] of cases) {
    const told = await parse(line);
    assert.ok(typeof told === 'string', line);
    assert.match(told, message, line);
    assert.doesNotMatch(told, /\n|^error/, line);
  }
});

test('stages and headers', () => {
  assert.deepEqual(stages('30s:100,1m:~500, 500ms:0'), [
    { duration: '30s', targetRps: 100 },
    { duration: '1m', targetRps: 500, ramp: 'linear' },
    { duration: '500ms', targetRps: 0 },
  ]);
  assert.deepEqual(headerLine('Authorization: Bearer a:b'), ['Authorization', 'Bearer a:b']);
  assert.deepEqual(headerLine('X-Empty;'), ['X-Empty', '']);
  assert.throws(() => headerLine('bad name: x'));
});

test('the help of every command shows examples, and fits the terminal', async () => {
  const program = await createProgram();
  for (const command of [program, ...program.commands]) {
    let text = '';
    command.configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => 100 });
    command.outputHelp();
    assert.match(text, /Examples:\n {2}vayu|Examples:\n {2}echo/, command.name());
    const tooLong = text.split('\n').filter((line) => line.length > 120);
    assert.deepEqual(tooLong, [], command.name());
  }
  let engine = '';
  const daemon = daemonCommand('vayu-engine').configureOutput({ writeOut: (part) => (engine += part) });
  daemon.outputHelp();
  assert.match(engine, /^Usage: vayu-engine \[options\]/);
});

test('completion scripts know the commands and options, and bash can use them', async () => {
  const program = await createProgram();
  const bash = completionScript('bash', program);
  const complete = (words: string[]): string[] => {
    const script = `${bash}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _vayu; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const result = spawnSync('bash', ['--norc', '-c', script], { encoding: 'utf8' });
    assert.equal(result.stderr, '');
    return result.stdout.split('\n').filter((line) => line !== '');
  };
  assert.deepEqual(complete(['vayu', 'ru']), ['run', 'runs']);
  assert.deepEqual(complete(['vayu', 'load', '--conc']), ['--concurrency']);
  assert.deepEqual(complete(['vayu', 'load', '--transport', '']), ['auto', 'curl', 'wire']);
  assert.match(completionScript('zsh', program), /'load:Load a URL/);
  assert.match(
    completionScript('fish', program),
    /__fish_seen_subcommand_from load' -s c -l concurrency -r -d/,
  );
});
