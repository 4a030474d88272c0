import { toRequestAuth } from '../model/resources-auth.js';
import { savedAuthSchema } from '../model/resources.js';

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a composed request carries for people, not for sending. */
const dropped = ['warnings', 'bodyType'];

/** Scripts given in parts: with a saved request at hand, its collections' parts are run from there and only its own is taken. */
function joinParts(value: unknown, ownOnly: boolean): unknown {
  if (!Array.isArray(value) || !value.every((part) => isFields(part) && typeof part['script'] === 'string'))
    return value;
  const taken = (value as Fields[]).filter((part) => !ownOnly || part['origin'] !== 'collection');
  return taken.map((part) => part['script'] as string).join('\n');
}

/** Renames `from` where it is given and `to` is not. */
function rename(fields: Fields, from: string, to: string, change: (value: unknown) => unknown): void {
  if (!(from in fields)) return;
  const value = change(fields[from]);
  Reflect.deleteProperty(fields, from);
  if (value !== '' && value !== undefined) fields[to] ??= value;
}

/** A request in the manager's spelling (`auth.mode`, scripts in parts, `requestName`) in ours; anything else stays as it is. */
export function fromClientSpelling(input: unknown): unknown {
  if (!isFields(input)) return input;
  const fields = { ...input };
  const ownOnly = typeof fields['requestId'] === 'string';
  for (const name of dropped) Reflect.deleteProperty(fields, name);
  // A URL given beside a saved request replaces that one's, query parameters included.
  if (ownOnly && typeof fields['url'] === 'string') fields['params'] ??= [];
  rename(fields, 'requestName', 'name', (value) => value);
  rename(fields, 'preRequestScripts', 'preRequestScript', (value) => joinParts(value, ownOnly));
  rename(fields, 'postRequestScripts', 'postRequestScript', (value) => joinParts(value, ownOnly));
  if (Array.isArray(fields['tests']) && fields['tests'].some(isFields)) {
    rename(fields, 'tests', 'postRequestScript', (value) => joinParts(value, ownOnly));
  }
  const auth = savedAuthSchema.safeParse(fields['auth']);
  if (
    auth.success &&
    (auth.data.mode !== undefined || auth.data.type === 'noauth' || auth.data.type === 'aws')
  ) {
    fields['auth'] = toRequestAuth(auth.data);
  }
  if (isFields(fields['request'])) fields['request'] = fromClientSpelling(fields['request']);
  return fields;
}

/** Something to be saved, its scripts as one text each: given as lines, or as `tests`, the other name of `postRequestScript`. */
export function fromSavedSpelling(input: unknown): unknown {
  if (!isFields(input)) return input;
  const fields = { ...input };
  rename(fields, 'tests', 'postRequestScript', (value) => value);
  for (const name of ['preRequestScript', 'postRequestScript']) {
    const lines = fields[name];
    if (Array.isArray(lines) && lines.every((line) => typeof line === 'string'))
      fields[name] = lines.join('\n');
  }
  return fields;
}
