#!/usr/bin/env node
import { daemonCommand } from './commands/daemon.js';
import { prepare } from './program.js';
import { runProgram } from './run-program.js';
import { version } from './version.js';

const program = prepare(daemonCommand('vayu-engine').version(version, '-V, --version', 'show the version'));
await runProgram(program, process.argv.slice(2));
