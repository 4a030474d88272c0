/** A field after a merge patch: absent keeps it, null resets it. */
export function patched<T>(change: T | null | undefined, present: T, reset: T): T {
  if (change === undefined) return present;
  return change ?? reset;
}
