import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Newest build of the native runner. */
function findRunner(): string | undefined {
  const given = process.env['VAYU_SCRIPT_RUNNER'];
  if (given !== undefined) return given;
  const build = path.join(root, 'build');
  const candidates = existsSync(build)
    ? readdirSync(build)
        .map((name) => path.join(build, name, 'vayu_script_runner'))
        .filter((file) => existsSync(file))
    : [];
  return candidates.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
}

export const runnerFile = findRunner();

export interface RunnerInput {
  phase?: 'test' | 'prerequest';
  scripts: { name: string; code: string; owner?: string }[];
  request?: { method?: string; url?: string; headers?: [string, string][]; body?: string };
  response?: {
    code?: number;
    status?: string;
    headers?: [string, string][];
    body?: string;
    responseTime?: number;
  };
  variables?: Partial<
    Record<'local' | 'data' | 'environment' | 'collection' | 'globals', Record<string, unknown>>
  >;
  /** Absent: access to it is denied. */
  vault?: Record<string, unknown>;
  info?: {
    requestName?: string;
    requestId?: string;
    location?: string[];
    iteration?: number;
    iterationCount?: number;
  };
  answers?: unknown[];
  limits?: { memoryBytes?: number; timeoutMs?: number; stackBytes?: number };
}

export interface RunnerTest {
  name: string;
  passed: boolean;
  skipped: boolean;
  error: string | null;
}

export interface RunnerOutcome {
  error: { kind: string; script: string; message: string; line: number; column: number } | null;
  tests: RunnerTest[];
  console: [level: string, message: string][];
  skipRequest: boolean;
  nextRequestSet: boolean;
  nextRequest: string | null;
  durationNs: number;
  request: { changed: boolean; method: string; url: string; headers: [string, string][]; body: string };
  variables: Record<'local' | 'environment' | 'collection' | 'globals', Record<string, unknown>>;
  vault: Record<string, unknown>;
  runnerError?: string;
}

/** The native runner as a process: one line in, one line out. */
export class ScriptRunner {
  private readonly process: ChildProcessWithoutNullStreams;
  private readonly lines: AsyncIterator<string>;

  constructor() {
    if (runnerFile === undefined) throw new Error('vayu_script_runner is not built (VAYU_BUILD_TESTS)');
    this.process = spawn(runnerFile, { stdio: 'pipe' });
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
  }

  async run(input: RunnerInput): Promise<RunnerOutcome> {
    this.process.stdin.write(`${JSON.stringify(input)}\n`);
    const line = await this.lines.next();
    if (line.done === true) throw new Error('the script runner ended');
    const outcome = JSON.parse(line.value) as RunnerOutcome;
    if (outcome.runnerError !== undefined) throw new Error(outcome.runnerError);
    return outcome;
  }

  close(): void {
    this.process.stdin.end();
  }
}
