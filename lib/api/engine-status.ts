/** What the API shows of the engine. */
export interface EngineStatus {
  readonly workers: number;
  readonly activeCount: number;
  readonly pendingCount: number;
  readonly totalProcessed: number;
}

/** Facts of the process that serves the API. */
export interface ProcessInfo {
  version: string;
  /** What the addon was built with and runs on. */
  versions?: object | undefined;
}

/** `engine` is undefined while it is still being loaded; `workers` is then how many it will have. */
export function healthOf(
  info: ProcessInfo,
  engine: EngineStatus | undefined,
  workers = 0,
): Record<string, unknown> {
  const uptime = process.uptime();
  return {
    status: 'ok',
    ready: engine !== undefined,
    version: info.version,
    workers: engine?.workers ?? workers,
    uptime,
    uptime_seconds: Math.floor(uptime),
    pid: process.pid,
  };
}
