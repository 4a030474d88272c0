import { invalidInput, type Problem } from './errors.js';
import { nearestName } from './validation.js';

export const settingCategories = [
  'general_engine',
  'network_performance',
  'scripting_sandbox',
  'database_performance',
  'observability',
] as const;
export type SettingCategory = (typeof settingCategories)[number];

interface Described {
  label: string;
  description: string;
  category: SettingCategory;
  /** True where a change counts from the next start of the daemon. */
  requiresRestart: boolean;
}

export interface NumberSetting extends Described {
  type: 'integer';
  unit: string;
  default: number;
  min: number;
  max: number;
}

export interface TextSetting extends Described {
  type: 'string';
  unit: '';
  default: string;
  maxLength: number;
  /** What a value that is not empty has to look like. */
  pattern?: { expression: RegExp; expected: string };
}

export interface ChoiceSetting extends Described {
  type: 'enum';
  unit: '';
  default: string;
  options: readonly { value: string; label: string }[];
}

export type SettingDefinition = NumberSetting | TextSetting | ChoiceSetting;

const mebibyte = 1024 * 1024;

/** Every setting of the daemon. */
export const settingDefinitions = {
  workers: {
    type: 'integer',
    label: 'Workers',
    description: 'Threads that send requests; 0 takes one per processor core',
    category: 'general_engine',
    unit: 'threads',
    default: 0,
    min: 0,
    max: 1024,
    requiresRestart: true,
  },
  maxConnections: {
    type: 'integer',
    label: 'Requests in flight per worker',
    description: 'More submitted requests than this wait in the queue of their worker',
    category: 'network_performance',
    unit: 'requests',
    default: 1000,
    min: 1,
    max: 1_000_000,
    requiresRestart: true,
  },
  maxPerHost: {
    type: 'integer',
    label: 'Connections per host and worker',
    description: 'Bounds submitted requests; a load run is bounded by its own concurrency',
    category: 'network_performance',
    unit: 'connections',
    default: 100,
    min: 1,
    max: 1_000_000,
    requiresRestart: true,
  },
  defaultTimeout: {
    type: 'integer',
    label: 'Timeout of a request',
    description: 'What a request that names no timeout gets; 0 waits for ever',
    category: 'network_performance',
    unit: 'ms',
    default: 30_000,
    min: 0,
    max: 86_400_000,
    requiresRestart: false,
  },
  maxRedirects: {
    type: 'integer',
    label: 'Redirects',
    description: 'How many redirects a request that names no number follows',
    category: 'network_performance',
    unit: 'redirects',
    default: 10,
    min: 0,
    max: 1000,
    requiresRestart: false,
  },
  maxResponseSize: {
    type: 'integer',
    label: 'Size of a response',
    description: 'Larger bodies fail the request',
    category: 'network_performance',
    unit: 'bytes',
    default: 100 * mebibyte,
    min: 1024,
    max: 4096 * mebibyte,
    requiresRestart: false,
  },
  userAgent: {
    type: 'string',
    label: 'User-Agent',
    description: 'Sent by requests that set none; empty takes the name and version of the engine',
    category: 'network_performance',
    unit: '',
    default: '',
    maxLength: 1000,
    pattern: { expression: /^[\x20-\x7e]*$/, expected: 'printable ASCII on one line' },
    requiresRestart: true,
  },
  proxyUrl: {
    type: 'string',
    label: 'Proxy',
    description: 'Proxy of every request that names none itself; empty uses none',
    category: 'network_performance',
    unit: '',
    default: '',
    maxLength: 2000,
    pattern: {
      expression: /^(https?|socks[45][ah]?):\/\/\S+$/,
      expected: 'a URL such as "http://127.0.0.1:3128"',
    },
    requiresRestart: true,
  },
  maxRuns: {
    type: 'integer',
    label: 'Load runs at once',
    description: 'A further run is refused while this many are under way',
    category: 'general_engine',
    unit: 'runs',
    default: 16,
    min: 1,
    max: 1000,
    requiresRestart: false,
  },
  statsInterval: {
    type: 'integer',
    label: 'Interval of live snapshots',
    description: 'How often a live stream that names no interval gets a snapshot',
    category: 'observability',
    unit: 'ms',
    default: 100,
    min: 50,
    max: 60_000,
    requiresRestart: false,
  },
  maxLiveReaders: {
    type: 'integer',
    label: 'Readers of live streams',
    description: 'Live streams that may be open at once',
    category: 'observability',
    unit: 'readers',
    default: 256,
    min: 1,
    max: 10_000,
    requiresRestart: false,
  },
  logLevel: {
    type: 'enum',
    label: 'Log level',
    description: 'What the daemon writes to its log',
    category: 'observability',
    unit: '',
    default: 'info',
    options: [
      { value: 'silent', label: 'Nothing' },
      { value: 'error', label: 'Errors' },
      { value: 'warn', label: 'Warnings' },
      { value: 'info', label: 'What happens' },
      { value: 'debug', label: 'Every request' },
    ],
    requiresRestart: false,
  },
  scriptMemoryLimit: {
    type: 'integer',
    label: 'Memory of scripts',
    description: 'Memory that the script runtime of one worker may take',
    category: 'scripting_sandbox',
    unit: 'bytes',
    default: 64 * mebibyte,
    min: mebibyte,
    max: 4096 * mebibyte,
    requiresRestart: true,
  },
  scriptTimeout: {
    type: 'integer',
    label: 'Time of a script',
    description: 'How long one execution of a script may take',
    category: 'scripting_sandbox',
    unit: 'ms',
    default: 5000,
    min: 1,
    max: 600_000,
    requiresRestart: true,
  },
  scriptStackSize: {
    type: 'integer',
    label: 'Stack of a script',
    description: 'Stack that one execution of a script may take',
    category: 'scripting_sandbox',
    unit: 'bytes',
    default: 256 * 1024,
    min: 64 * 1024,
    max: 16 * mebibyte,
    requiresRestart: true,
  },
  retentionCount: {
    type: 'integer',
    label: 'Runs kept',
    description: 'Older runs beyond this many are deleted; 0 keeps all',
    category: 'database_performance',
    unit: 'runs',
    default: 10_000,
    min: 0,
    max: 10_000_000,
    requiresRestart: false,
  },
  retentionDays: {
    type: 'integer',
    label: 'Age of runs kept',
    description: 'Runs that began longer ago are deleted; 0 keeps all',
    category: 'database_performance',
    unit: 'days',
    default: 0,
    min: 0,
    max: 36_500,
    requiresRestart: false,
  },
} as const satisfies Record<string, SettingDefinition>;

export type SettingName = keyof typeof settingDefinitions;
export type Settings = {
  [Name in SettingName]: (typeof settingDefinitions)[Name]['type'] extends 'integer' ? number : string;
};

export const settingNames = Object.keys(settingDefinitions) as SettingName[];

export const defaultSettings = Object.fromEntries(
  settingNames.map((name) => [name, settingDefinitions[name].default]),
) as Settings;

/** The value as it is stored, or what is wrong with it. Text is read as the number it says, as some clients send only text. */
function readValue(definition: SettingDefinition, given: unknown): number | string | { expected: string } {
  if (definition.type === 'integer') {
    const number = typeof given === 'string' && /^-?\d+$/.test(given) ? Number(given) : given;
    const fits =
      Number.isInteger(number) &&
      (number as number) >= definition.min &&
      (number as number) <= definition.max;
    return fits
      ? (number as number)
      : { expected: `a whole number of ${definition.unit} from ${definition.min} to ${definition.max}` };
  }
  if (definition.type === 'enum') {
    const known = definition.options.map(({ value }) => value);
    return known.includes(given as string)
      ? (given as string)
      : { expected: `one of ${known.map((value) => JSON.stringify(value)).join(', ')}` };
  }
  if (typeof given !== 'string' || given.length > definition.maxLength) {
    return { expected: `a text of at most ${definition.maxLength} characters` };
  }
  const { pattern } = definition;
  return given === '' || pattern === undefined || pattern.expression.test(given)
    ? given
    : { expected: pattern.expected };
}

/** A change of settings as clients send it, checked as a whole; null stands for the default. */
export function parseSettings(input: Record<string, unknown>): Partial<Settings> {
  const problems: Problem[] = [];
  const read: Record<string, number | string> = {};
  for (const [name, given] of Object.entries(input)) {
    if (!(settingNames as string[]).includes(name)) {
      const nearest = nearestName(name, settingNames);
      const fix =
        nearest === undefined ? `Settings: ${settingNames.join(', ')}` : `Did you mean "${nearest}"?`;
      problems.push({ field: name, expected: 'a known setting', actual: JSON.stringify(name), fix });
      continue;
    }
    const definition: SettingDefinition = settingDefinitions[name as SettingName];
    const value = given === null ? definition.default : readValue(definition, given);
    if (typeof value === 'object') {
      problems.push({ field: name, expected: value.expected, actual: JSON.stringify(given) });
    } else read[name] = value;
  }
  if (problems.length > 0) throw invalidInput(problems);
  return read;
}
