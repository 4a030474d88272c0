import { setFlagsFromString } from 'node:v8';

/** What runs once, at the start, and not again, in V8's words, each with what takes it back. */
const startUpFlags = [
  // Optimizing it costs 6 MB of code that is never run again and of the compiler's own pages.
  ['--no-opt', '--opt'],
  // The garbage of loading modules makes the young generation grow, which an idle process never gives back: 5 MB.
  ['--semi-space-growth-factor=1', '--semi-space-growth-factor=2'],
] as const;

/**
 * Keeps memory small while modules are loaded; the returned function ends that, for what is to run fast. Does nothing where V8's flags are
 * somebody else's: given on the command line, or Electron's.
 */
export function saveStartUpMemory(): () => void {
  const flagsAreOurs =
    process.execArgv.length === 0 &&
    process.env['NODE_OPTIONS'] === undefined &&
    process.versions['electron'] === undefined;
  if (!flagsAreOurs) return () => undefined;
  for (const [saving] of startUpFlags) setFlagsFromString(saving);
  return () => {
    for (const [, usual] of startUpFlags) setFlagsFromString(usual);
  };
}
