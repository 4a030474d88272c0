import { resolve } from 'node:path';
import { loadShape, modeAliases, runModes } from '../../model/run-config.js';
import type { LoadOptions } from '../options/load-options.js';
import type { RequestOptions } from '../options/request-options.js';
import { applyRequestOptions, type RequestTexts } from './request-input.js';

type Fields = Record<string, unknown>;

export const defaultDuration = '10s';
export const defaultConcurrency = 50;

const loadModes: readonly unknown[] = [...runModes, ...Object.keys(modeAliases)];

/** Fields that say how a run ends, and how its load is made: an option replaces all of the file's fields of its kind. */
const endFields = ['duration', 'iterations'];
const shapeFields = [
  'targetRps',
  'target_rps',
  'concurrency',
  'stages',
  'startConcurrency',
  'startRps',
  'rampUpDuration',
  'ramp',
];

/**
 * What `vayu load` hands to `parseRunConfig`: the file's run, or a bare URL, with the options put over it and defaults for what neither
 * says. Pure.
 */
export function buildLoadInput(
  document: Fields,
  options: LoadOptions & RequestOptions,
  texts: RequestTexts,
): Fields {
  const nested = isObject(document['request']);
  const request = applyRequestOptions(nested ? (document['request'] as Fields) : document, options, texts);
  const merged: Fields = nested ? { ...document, request } : request;
  const { config } = merged;
  if (!isObject(config)) return loadFields(merged, options);
  const atTop = Object.keys(merged).filter((key) => key in loadShape);
  const load = Object.fromEntries(atTop.map((key) => [key, merged[key]]));
  return { ...without(merged, atTop), config: loadFields({ ...load, ...config }, options) };
}

function loadFields(file: Fields, options: LoadOptions): Fields {
  const rps = options.rps ?? options.rate;
  const ends = options.requests !== undefined || options.duration !== undefined;
  const rises =
    options.rampUp !== undefined || options.startConcurrency !== undefined || options.startRps !== undefined;
  const shapes = options.stages !== undefined || options.concurrency !== undefined || rps !== undefined;
  const load = without(file, [
    ...(ends || options.stages !== undefined ? endFields : []),
    ...(shapes || (ends && file['stages'] !== undefined) ? shapeFields : []),
    ...(rises ? ['stages'] : []),
  ]);
  const set = (key: string, value: unknown): void => {
    if (value !== undefined) load[key] = value;
  };
  set('iterations', options.requests);
  set('duration', options.duration === undefined ? undefined : `${options.duration}ms`);
  set('targetRps', rps);
  set('stages', options.stages);
  set('ramp', options.ramp);
  set('rampUpDuration', options.rampUp === undefined ? undefined : `${options.rampUp}ms`);
  set('startConcurrency', options.startConcurrency);
  set('startRps', options.startRps);
  set('maxInFlight', options.maxInFlight);
  set('arrival', options.arrival);
  set('burst', options.burst);
  set('seed', options.seed);
  set('gracePeriod', options.grace === undefined ? undefined : `${options.grace}ms`);
  set('transport', options.transport);
  set('streamsPerConnection', options.streams);
  // A daemon has a working directory of its own.
  set('data', options.iterationData === undefined ? undefined : resolve(options.iterationData));
  set('dataMode', options.dataMode);
  set('dataEnd', options.dataEnd);
  set(
    'thresholds',
    options.threshold === undefined ? undefined : [...asArray(load['thresholds']), ...options.threshold],
  );
  set('success_sample_rate', options.sampleRate);
  set('slow_threshold_ms', options.slow);
  set('comment', options.comment);
  // With a rate, the connections of hey and oha are an upper bound of what is in flight.
  if (options.concurrency !== undefined) {
    if (rps === undefined && options.stages === undefined) load['concurrency'] = options.concurrency;
    else if (options.maxInFlight === undefined) load['maxInFlight'] = options.concurrency;
  }
  const known = file['mode'] === undefined || loadModes.includes(file['mode']);
  if (known && (ends || shapes || rises || load['mode'] === undefined)) {
    load['mode'] = modeOf(load, file['mode'], rises);
  }
  return withDefaults(load);
}

/** The mode that the fields mean. One that the file names stays where the options leave its fields in force. */
function modeOf(load: Fields, fileMode: unknown, rises: boolean): unknown {
  if (load['stages'] !== undefined || load['rampUpDuration'] !== undefined || rises) return 'ramp_up';
  if (fileMode === 'ramp_up' && load['startConcurrency'] !== undefined) return fileMode;
  return load['iterations'] !== undefined && load['duration'] === undefined ? 'iterations' : 'constant';
}

function withDefaults(load: Fields): Fields {
  const { mode } = load;
  const filled = { ...load };
  if (mode === 'constant' || mode === 'constant_concurrency' || mode === 'iterations') {
    if (
      filled['targetRps'] === undefined &&
      filled['target_rps'] === undefined &&
      filled['concurrency'] === undefined
    ) {
      const { iterations } = filled;
      filled['concurrency'] =
        typeof iterations === 'number'
          ? Math.min(defaultConcurrency, Math.max(1, iterations))
          : defaultConcurrency;
    }
  }
  if (
    mode === 'ramp_up' &&
    filled['stages'] === undefined &&
    filled['targetRps'] === undefined &&
    filled['concurrency'] === undefined
  ) {
    if (filled['startRps'] === undefined) filled['concurrency'] = defaultConcurrency;
  }
  const timed =
    mode === 'constant' ||
    mode === 'constant_rps' ||
    mode === 'constant_concurrency' ||
    (mode === 'ramp_up' && filled['stages'] === undefined);
  if (
    timed &&
    filled['duration'] === undefined &&
    filled['iterations'] === undefined &&
    filled['rampUpDuration'] === undefined
  ) {
    filled['duration'] = defaultDuration;
  }
  return filled;
}

function without(fields: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asArray(value: unknown): unknown[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}
