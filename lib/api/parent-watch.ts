const intervalMs = 500;

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Calls `onEnd` once when the process `pid` is gone; returns what ends the watch. */
export function watchProcess(pid: number, onEnd: () => void): () => void {
  const isParent = process.ppid === pid;
  const timer = setInterval(() => {
    // A parent that ended hands its children on, even while its number still exists as a zombie or as another process.
    if (exists(pid) && (!isParent || process.ppid === pid)) return;
    clearInterval(timer);
    onEnd();
  }, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
}
