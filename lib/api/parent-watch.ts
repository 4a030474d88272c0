import { isProcessAlive } from './process-alive.js';

const intervalMs = 500;

/** Calls `onEnd` once when the process `pid` is gone; returns what ends the watch. */
export function watchProcess(pid: number, onEnd: () => void): () => void {
  const isParent = process.ppid === pid;
  const timer = setInterval(() => {
    // A parent that ended hands its children on, even while its number still exists as a zombie or as another process.
    if (isProcessAlive(pid) && (!isParent || process.ppid === pid)) return;
    clearInterval(timer);
    onEnd();
  }, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
}
