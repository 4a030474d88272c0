import assert from 'node:assert/strict';
import { VayuError, type Problem } from '../../lib/model/errors.js';

/** The problems that a call finds, by field. Fails where it finds none. */
export function problemsOf(call: () => unknown): Map<string, Problem> {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof VayuError, String(error));
    assert.equal(error.code, 'bad_request');
    const problems = error.details['problems'] as Problem[];
    return new Map(problems.map((problem) => [problem.field, problem]));
  }
  assert.fail('expected a bad_request, got none');
}
