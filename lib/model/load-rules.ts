import { parseDurationMs } from './duration.js';
import { describeValue, type Problem } from './errors.js';

/** The load's fields as far as they have the right type; what is wrong by itself is reported elsewhere. */
interface Fields {
  mode?: string;
  duration?: unknown;
  targetRps?: number;
  concurrency?: number;
  iterations?: number;
  stages?: Record<string, unknown>[];
  startConcurrency?: number;
  startRps?: number;
  rampUpDuration?: unknown;
  maxInFlight?: number;
  burst?: number;
  arrival?: unknown;
  dataMode?: unknown;
  dataEnd?: unknown;
}

function fieldsOf(load: Record<string, unknown>): Fields {
  const number = (key: string): number | undefined => (typeof load[key] === 'number' ? load[key] : undefined);
  const stages = load['stages'];
  const entries = {
    mode: typeof load['mode'] === 'string' ? load['mode'] : undefined,
    duration: load['duration'],
    targetRps: number('targetRps'),
    concurrency: number('concurrency'),
    iterations: number('iterations'),
    stages: Array.isArray(stages)
      ? stages.map((stage) =>
          typeof stage === 'object' && stage !== null ? (stage as Record<string, unknown>) : {},
        )
      : undefined,
    startConcurrency: number('startConcurrency'),
    startRps: number('startRps'),
    rampUpDuration: load['rampUpDuration'],
    maxInFlight: number('maxInFlight'),
    burst: number('burst'),
    arrival: load['arrival'],
    dataMode: load['dataMode'],
    dataEnd: load['dataEnd'],
  };
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));
}

interface Findings {
  problems: Problem[];
  warnings: string[];
}

function missing(field: string, expected: string, fix: string): Problem {
  return { field, expected, actual: 'nothing', fix };
}

function checkConstant(load: Fields, { problems, warnings }: Findings): void {
  if (load.targetRps === undefined && load.concurrency === undefined) {
    problems.push(
      missing(
        'targetRps',
        '"targetRps" or "concurrency" for mode "constant"',
        'Add "targetRps" for a rate, or "concurrency" for a number of connections',
      ),
    );
  }
  if (load.targetRps === 0) {
    problems.push({ field: 'targetRps', expected: 'a number above 0', actual: '0' });
  }
  if (load.duration === undefined && load.iterations === undefined) {
    problems.push(
      missing(
        'duration',
        '"duration" (or "iterations") for mode "constant"',
        'Add "duration", such as 30 or "30s"',
      ),
    );
  }
  if (load.targetRps !== undefined && load.concurrency !== undefined) {
    warnings.push(
      '"concurrency" is not used with "targetRps": arrivals are due whatever is in flight; "maxInFlight" bounds them',
    );
  }
}

function checkIterations(load: Fields, { problems, warnings }: Findings): void {
  if (load.iterations === undefined) {
    problems.push(
      missing('iterations', '"iterations" for mode "iterations"', 'Add the number of requests to make'),
    );
  }
  if (load.targetRps === 0) problems.push({ field: 'targetRps', expected: 'a number above 0', actual: '0' });
  if (load.targetRps !== undefined && load.concurrency !== undefined) {
    warnings.push(
      '"concurrency" is not used with "targetRps": arrivals are due whatever is in flight; "maxInFlight" bounds them',
    );
  }
}

function checkStages(stages: Record<string, unknown>[], { problems }: Findings): void {
  let byRate = 0;
  let byConcurrency = 0;
  let busy = 0;
  stages.forEach((stage, index) => {
    const rate = stage['targetRps'];
    const concurrency = stage['concurrency'];
    if (rate !== undefined) byRate += 1;
    if (concurrency !== undefined) byConcurrency += 1;
    if (rate !== undefined && concurrency !== undefined) {
      problems.push({
        field: `stages[${index}]`,
        expected: 'either "targetRps" or "concurrency"',
        actual: 'both',
      });
    }
    if (rate === undefined && concurrency === undefined) {
      problems.push(
        missing(
          `stages[${index}].targetRps`,
          '"targetRps" or "concurrency" for the stage',
          'Add what the stage is to reach',
        ),
      );
    }
    if (Number(rate ?? 0) > 0 || Number(concurrency ?? 0) > 0) busy += 1;
  });
  if (byRate > 0 && byConcurrency > 0) {
    problems.push({
      field: 'stages',
      expected: 'stages that all have "targetRps" or all "concurrency"',
      actual: 'a mixture',
    });
  } else if (stages.length > 0 && busy === 0 && byRate + byConcurrency === stages.length) {
    problems.push({
      field: 'stages',
      expected: 'a stage with a target above 0',
      actual: 'only stages that send nothing',
    });
  }
}

function checkRampUp(load: Fields, raw: Record<string, unknown>, findings: Findings): void {
  const { problems } = findings;
  if (raw['stages'] !== undefined) {
    for (const field of ['targetRps', 'concurrency', 'duration', 'rampUpDuration'] as const) {
      if (raw[field] !== undefined)
        findings.warnings.push(`"${field}" is not used where "stages" say what load is made`);
    }
    if (load.stages !== undefined) checkStages(load.stages, findings);
    return;
  }
  if (load.targetRps === undefined && load.concurrency === undefined) {
    problems.push(
      missing(
        'stages',
        '"stages", or "concurrency" or "targetRps" to ramp up to, for mode "ramp_up"',
        'Add "stages": [{"duration": 10, "targetRps": 10}, …]',
      ),
    );
    return;
  }
  if (load.targetRps !== undefined && load.concurrency !== undefined) {
    problems.push({
      field: 'concurrency',
      expected: 'either "targetRps" or "concurrency" to ramp up to',
      actual: 'both',
    });
  }
  if (load.targetRps === 0) problems.push({ field: 'targetRps', expected: 'a number above 0', actual: '0' });
  if (load.duration === undefined && load.rampUpDuration === undefined) {
    problems.push(
      missing(
        'duration',
        '"duration" or "rampUpDuration" for mode "ramp_up"',
        'Add "duration", such as 30 or "30s"',
      ),
    );
  }
  const durationMs = parseDurationMs(load.duration);
  const rampMs = parseDurationMs(load.rampUpDuration);
  if (durationMs !== undefined && rampMs !== undefined && rampMs > durationMs) {
    problems.push({
      field: 'rampUpDuration',
      expected: `at most "duration" (${describeValue(load.duration)})`,
      actual: describeValue(load.rampUpDuration),
    });
  }
}

/** Which fields only mean something to other modes than the one given. */
function warnUnused(load: Fields, raw: Record<string, unknown>, warnings: string[]): void {
  const ramping = load.mode === 'ramp_up';
  if (!ramping) {
    for (const field of ['stages', 'ramp', 'startConcurrency', 'startRps', 'rampUpDuration']) {
      if (raw[field] !== undefined) warnings.push(`"${field}" is only used by mode "ramp_up"`);
    }
  }
  for (const field of ['dataMode', 'dataEnd']) {
    if (raw[field] !== undefined && raw['data'] === undefined)
      warnings.push(`"${field}" is only used where "data" is given`);
  }
  if (load.dataMode === 'unique' && load.dataEnd === 'stop')
    warnings.push('"dataEnd" is not used by data mode "unique": each virtual user keeps its row');
  const open =
    load.targetRps !== undefined || (load.stages ?? []).some((stage) => stage['targetRps'] !== undefined);
  if (!open) {
    for (const field of ['maxInFlight', 'arrival', 'burst'] as const) {
      if (raw[field] !== undefined) warnings.push(`"${field}" is only used where a rate is given`);
    }
  }
}

/** The rules that span several fields: what each mode needs, and what it cannot use. Takes raw input, so that all problems show at once. */
export function checkLoad(raw: Record<string, unknown>): Findings {
  const findings: Findings = { problems: [], warnings: [] };
  const load = fieldsOf(raw);
  switch (load.mode) {
    case 'constant':
      checkConstant(load, findings);
      break;
    case 'constant_rps':
      if (load.targetRps === undefined)
        findings.problems.push(
          missing('targetRps', '"targetRps" for mode "constant_rps"', 'Add the requests per second'),
        );
      else checkConstant(load, findings);
      break;
    case 'constant_concurrency':
      if (load.concurrency === undefined)
        findings.problems.push(
          missing(
            'concurrency',
            '"concurrency" for mode "constant_concurrency"',
            'Add the number of connections',
          ),
        );
      else checkConstant(withoutRate(load, findings), findings);
      break;
    case 'iterations':
      checkIterations(load, findings);
      break;
    case 'ramp_up':
      checkRampUp(load, raw, findings);
      break;
    default:
      return findings;
  }
  warnUnused(load, raw, findings.warnings);
  if (
    load.burst !== undefined &&
    load.burst > 0 &&
    load.maxInFlight !== undefined &&
    load.burst > load.maxInFlight
  ) {
    findings.problems.push({
      field: 'burst',
      expected: `at most "maxInFlight" (${load.maxInFlight})`,
      actual: describeValue(load.burst),
    });
  }
  return findings;
}

function withoutRate(load: Fields, findings: Findings): Fields {
  if (load.targetRps === undefined) return load;
  findings.warnings.push('"targetRps" is not used by mode "constant_concurrency"');
  const { targetRps: _unused, ...rest } = load;
  return rest;
}
