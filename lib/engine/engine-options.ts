import { describeValue, invalidInput, type Problem } from '../model/errors.js';
import { unknownField } from '../model/validation.js';
import type { EngineOptions } from './types.js';

interface Rule {
  expected: string;
  holds: (value: unknown) => boolean;
}

function integer(min: number, max: number): Rule {
  return {
    expected: `an integer from ${min} to ${max}`,
    holds: (value) => typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max,
  };
}

function number(min: number, max: number): Rule {
  return {
    expected: `a number from ${min} to ${max}`,
    holds: (value) => typeof value === 'number' && value >= min && value <= max,
  };
}

const text: Rule = { expected: 'a string', holds: (value) => typeof value === 'string' };
const flag: Rule = { expected: 'true or false', holds: (value) => typeof value === 'boolean' };
const texts: Rule = {
  expected: 'an array of strings',
  holds: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
};

const rules: Record<keyof EngineOptions, Rule> = {
  workers: integer(0, 256),
  maxConcurrent: integer(1, 1_000_000),
  maxPerHost: integer(0, 1_000_000),
  pollTimeoutMs: integer(0, 60_000),
  targetRps: number(0, 10_000_000),
  burstSize: number(0, 10_000_000),
  userAgent: text,
  verbose: flag,
  proxyUrl: text,
  caFile: text,
  allowHosts: texts,
  scriptMemoryLimit: integer(1024 * 1024, 2 ** 40),
  scriptTimeoutMs: integer(1, 3_600_000),
  scriptStackSize: integer(64 * 1024, 2 * 1024 * 1024),
};

/** Throws a `bad_request` that names every option that is out of bounds, of another type or unknown. */
export function checkEngineOptions(options: EngineOptions): void {
  const problems: Problem[] = [];
  for (const [field, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const rule = Object.hasOwn(rules, field) ? rules[field as keyof EngineOptions] : undefined;
    if (rule === undefined) {
      problems.push(unknownField(field, field, Object.keys(rules)));
    } else if (!rule.holds(value)) {
      problems.push({ field, expected: rule.expected, actual: describeValue(value) });
    }
  }
  if (problems.length > 0) throw invalidInput(problems);
}
