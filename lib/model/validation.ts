import * as z from 'zod';
import { describeValue, invalidInput, type Problem } from './errors.js';

/** Edit distance (insertions, deletions, substitutions, swaps of neighbours), letters compared without case. */
function distance(a: string, b: string): number {
  const rows: number[][] = [];
  for (let i = 0; i <= a.length; i++) {
    const row: number[] = [i];
    for (let j = 1; j <= b.length; j++) {
      if (i === 0) {
        row.push(j);
        continue;
      }
      const above = rows[i - 1]!;
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (rows[i - 2]![j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? Number.MAX_SAFE_INTEGER;
}

const plain = (name: string): string => name.toLowerCase().replaceAll(/[_\-\s]/g, '');

/** The known name that was most likely meant by `name`; undefined where none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const wanted = plain(name);
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of known) {
    const d = distance(wanted, plain(candidate));
    if (d < bestDistance) {
      best = candidate;
      bestDistance = d;
    }
  }
  if (best !== undefined || wanted.length < 3) return best;
  return known.find((candidate) => plain(candidate).includes(wanted) || wanted.includes(plain(candidate)));
}

/** A field that does not exist, answered with the name that was likely meant. */
export function unknownField(field: string, key: string, known: readonly string[]): Problem {
  const nearest = nearestName(key, known);
  return {
    field,
    expected: 'a known field',
    actual: JSON.stringify(key),
    fix: nearest === undefined ? `Known fields: ${known.join(', ')}` : `Did you mean "${nearest}"?`,
  };
}

export function fieldPath(path: readonly PropertyKey[]): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? String(step) : `.${String(step)}`;
  }
  return text;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

/** The field names that `schema` knows at `path`, where `value` chooses the alternative of a union with a discriminator. */
function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[], value: unknown): string[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) {
    return keysAt(schema.unwrap(), path, value);
  }
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const { discriminator } = schema.def;
    const chosen = (value as Record<string, unknown> | undefined)?.[discriminator];
    const option = schema.options.find(
      (one) =>
        one instanceof z.ZodObject && (one.shape[discriminator] as z.ZodType).safeParse(chosen).success,
    );
    return option === undefined ? [] : keysAt(option, path, value);
  }
  if (schema instanceof z.ZodUnion) {
    return [...new Set(schema.options.flatMap((option: z.core.$ZodType) => keysAt(option, path, value)))];
  }
  const [step, ...rest] = path;
  const inner = step === undefined ? undefined : valueAt(value, [step]);
  if (schema instanceof z.ZodArray)
    return typeof step === 'number' ? keysAt(schema.element, rest, inner) : [];
  if (!(schema instanceof z.ZodObject)) return [];
  if (step === undefined) return Object.keys(schema.shape);
  const next = schema.shape[String(step)] as z.core.$ZodType | undefined;
  return next === undefined ? [] : keysAt(next, rest, inner);
}

function article(type: string): string {
  if (type === 'object' || type === 'array' || type === 'int')
    return `an ${type === 'int' ? 'integer' : type}`;
  return type === 'null' || type === 'undefined' ? type : `a ${type}`;
}

function bound(
  issue: { origin: string; inclusive?: boolean | undefined },
  word: 'at least' | 'at most',
  limit: number | bigint,
): string {
  const strict = issue.inclusive === false;
  if (issue.origin === 'string') return `${word} ${limit} characters`;
  if (issue.origin === 'array') return `${word} ${limit} element${limit === 1 ? '' : 's'}`;
  if (strict) return word === 'at least' ? `a number above ${limit}` : `a number below ${limit}`;
  return `a number of ${word} ${limit}`;
}

/** How far into the input an alternative of a union got before it failed: the furthest is the one that was meant. */
function depth(issues: z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length + (issue.code === 'invalid_type' ? 0 : 1)));
}

function toProblems(
  issue: z.core.$ZodIssue,
  prefix: PropertyKey[],
  schema: z.core.$ZodType,
  input: unknown,
): Problem[] {
  const path = [...prefix, ...issue.path];
  const field = fieldPath(path);
  const value = valueAt(input, path);
  const actual = describeValue(value);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = keysAt(schema, path, input);
      return issue.keys.map((key) => unknownField(fieldPath([...path, key]), key, known));
    }
    case 'invalid_type':
      if (value === undefined)
        return [
          {
            field,
            expected: article(issue.expected),
            actual: 'nothing',
            fix: `Add "${String(path.at(-1) ?? '')}"`,
          },
        ];
      return [{ field, expected: article(issue.expected), actual }];
    case 'invalid_value': {
      const known = issue.values.map(String);
      const nearest = typeof value === 'string' ? nearestName(value, known) : undefined;
      const problem: Problem = {
        field,
        expected: `one of ${known.map((name) => JSON.stringify(name)).join(', ')}`,
        actual,
      };
      return [nearest === undefined ? problem : { ...problem, fix: `Did you mean "${nearest}"?` }];
    }
    case 'too_small':
      return [{ field, expected: bound(issue, 'at least', issue.minimum), actual }];
    case 'too_big':
      return [{ field, expected: bound(issue, 'at most', issue.maximum), actual }];
    case 'invalid_union': {
      if (issue.discriminator !== undefined) {
        const option = {
          ...issue,
          code: 'invalid_value',
          values: (issue as { options?: unknown[] }).options ?? [],
        } as unknown as z.core.$ZodIssue;
        return toProblems(option, prefix, schema, input);
      }
      const branches = issue.errors.filter((branch) => branch.length > 0);
      const best = branches.toSorted((a, b) => depth(b) - depth(a))[0];
      const tie =
        branches.length > 1 &&
        best !== undefined &&
        branches.filter((branch) => depth(branch) === depth(best)).length > 1;
      if (best === undefined || tie || depth(best) === 0) return [{ field, expected: issue.message, actual }];
      return best.flatMap((inner) => toProblems(inner, path, schema, input));
    }
    case 'custom': {
      const fix: unknown = issue.params?.['fix'];
      const problem: Problem = {
        field,
        expected: issue.message,
        actual: (issue.params?.['actual'] as string | undefined) ?? actual,
      };
      return [typeof fix === 'string' ? { ...problem, fix } : problem];
    }
    default:
      return [{ field, expected: issue.message, actual }];
  }
}

/** All problems of a failed validation, in the words of {@link Problem}. */
export function problemsOf(
  error: z.ZodError,
  schema: z.core.$ZodType,
  input: unknown,
  prefix: PropertyKey[] = [],
): Problem[] {
  const root = prefix.reduceRight<unknown>((inner, step) => ({ [step]: inner }), input);
  return error.issues.flatMap((issue) =>
    prefix.length === 0
      ? toProblems(issue, [], schema, input)
      : toProblems(issue, prefix, nest(schema, prefix), root),
  );
}

function nest(schema: z.core.$ZodType, prefix: PropertyKey[]): z.core.$ZodType {
  return prefix.reduceRight<z.core.$ZodType>((inner, step) => z.object({ [String(step)]: inner }), schema);
}

/** The input as `schema` takes it, or a `bad_request` that names every problem. */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw invalidInput(problemsOf(result.error, schema, input));
}
