import type { TestCount } from '../engine/types.js';

/** Results of all tests of a run together. */
export interface TestSums {
  passed: number;
  failed: number;
  skipped: number;
}

export function testSums(tests: readonly TestCount[]): TestSums {
  const sums = { passed: 0, failed: 0, skipped: 0 };
  for (const test of tests) {
    sums.passed += test.passed;
    sums.failed += test.failed;
    sums.skipped += test.skipped;
  }
  return sums;
}
