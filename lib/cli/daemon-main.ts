#!/usr/bin/env node
import { createDaemonProgram } from './program.js';
import { runProgram } from './run-program.js';

await runProgram(createDaemonProgram(), process.argv.slice(2));
