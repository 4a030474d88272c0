/** One thing wrong with an input: what was looked at, what it takes, what it got and how to mend it. */
export interface Problem {
  /** Path as a user would write it, as in `stages[1].targetRps`; empty for the input as a whole. */
  field: string;
  expected: string;
  actual: string;
  fix?: string;
}

/** `field: expected …, got …. fix` */
export function describeProblem(problem: Problem): string {
  const subject = problem.field === '' ? 'input' : problem.field;
  const sentence = `${subject}: expected ${problem.expected}, got ${problem.actual}`;
  return problem.fix === undefined ? sentence : `${sentence}. ${problem.fix}`;
}

/** An error that a user can act on. `code` is stable and in snake_case; `details` are sent beside it. */
export class VayuError extends Error {
  override readonly name = 'VayuError';

  constructor(
    readonly code: string,
    message: string,
    readonly details: Record<string, unknown> = {},
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }

  toJSON(): Record<string, unknown> {
    return { code: this.code, message: this.message, ...this.details };
  }
}

/** A `bad_request` that carries every problem at once, in its message and as `details.problems`. */
export function invalidInput(problems: Problem[]): VayuError {
  return new VayuError('bad_request', problems.map(describeProblem).join('; '), { problems });
}

/** Short form of a value for messages: what it is, and what it says where that is short. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'string')
    return value.length > 60 ? `${JSON.stringify(value.slice(0, 57))}…` : JSON.stringify(value);
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
