#!/usr/bin/env node
import { createProgram } from './program.js';
import { runProgram } from './run-program.js';

const args = process.argv.slice(2);
await runProgram(await createProgram(args[0]), args);
