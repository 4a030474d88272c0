/** `pm.environment`, `pm.globals`, `pm.collectionVariables`, `pm.iterationData`, `pm.variables`: views of the engine's scopes. */

import { expose, hidden } from './expose.js';
import { native } from './native.js';
import { atEnd, state } from './state.js';
import { makeVariableList } from '../sdk/variable-list.js';

export const scopeIndex = { local: 0, data: 1, environment: 2, collection: 3, globals: 4, vault: 5 } as const;

const objectKey = (scope: number, name: string): string => `${scope}:${name}`;

function write(scope: number, name: string, value: unknown): void {
  state.objects?.delete(objectKey(scope, name));
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      native.variableSet(scope, name, value);
      return;
    case 'object':
      if (value === null) {
        native.variableSet(scope, name, null);
        return;
      }
      // The script may go on changing the object; what it is in the end counts.
      native.variableSetJson(scope, name, JSON.stringify(value) ?? '');
      (state.objects ??= new Map()).set(objectKey(scope, name), value);
      native.needEnd();
      return;
    case 'bigint':
      native.variableSet(scope, name, String(value));
      return;
    default:
      native.variableSetJson(scope, name, '');
  }
}

function read(scope: number, name: string): unknown {
  if (state.objects !== undefined) {
    const key = objectKey(scope, name);
    if (state.objects.has(key)) return state.objects.get(key);
  }
  const value = native.variableGet(scope, name);
  if (typeof value === 'object' && value !== null) {
    (state.objects ??= new Map()).set(objectKey(scope, name), value);
  }
  return value;
}

function placeOf(key: string): [scope: number, name: string] {
  const colon = key.indexOf(':');
  return [Number(key.slice(0, colon)), key.slice(colon + 1)];
}

const heldText = (scope: number, name: string): string =>
  JSON.stringify(native.variableGet(scope, name)) ?? '';

/** Objects given to a scope, as the script has left them. */
function writeObjectsBack(): void {
  if (state.objects === undefined) return;
  for (const [key, value] of state.objects) {
    const [scope, name] = placeOf(key);
    if (!native.variableHas(scope, name)) continue;
    const text = JSON.stringify(value) ?? '';
    if (text !== heldText(scope, name)) native.variableSetJson(scope, name, text);
  }
}

/** Shows the objects to others, who may put other values in their place: what is returned makes the script see those. */
export function shareObjects(): () => void {
  writeObjectsBack();
  const shared = [...(state.objects?.keys() ?? [])].map((key) => ({ key, text: heldText(...placeOf(key)) }));
  return () => {
    for (const { key, text } of shared) if (heldText(...placeOf(key)) !== text) state.objects?.delete(key);
  };
}

atEnd(writeObjectsBack);

function replaceWith(scope: number, template: unknown): unknown {
  if (typeof template === 'string') {
    return template.includes('{{') ? native.substitute(template, scope) : template;
  }
  if (typeof template !== 'object' || template === null) return template;
  if (Array.isArray(template)) return template.map((item: unknown) => replaceWith(scope, item));
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(template)) {
    result[key] = replaceWith(scope, (template as Record<string, unknown>)[key]);
  }
  return result;
}

export class VariableScope {
  constructor(index: number, name: string) {
    hidden(this, { index });
    Object.defineProperty(this, 'name', {
      value: name,
      writable: true,
      configurable: true,
      enumerable: name !== '',
    });
  }

  declare readonly index: number;
  declare name: string;

  get(name: string): unknown {
    return read(this.index, name);
  }

  set(name: string, value?: unknown, type?: string): void {
    if (name === undefined || name === null) return;
    write(this.index, name, typeof type === 'string' ? cast(value, type) : value);
  }

  has(name: string): boolean {
    return native.variableHas(this.index, name);
  }

  unset(name: string): void {
    state.objects?.delete(objectKey(this.index, name));
    native.variableUnset(this.index, name);
  }

  clear(): void {
    state.objects = undefined;
    native.variableClear(this.index);
  }

  toObject(): Record<string, unknown> {
    const entries = native.variableEntries(this.index);
    const result: Record<string, unknown> = {};
    for (let i = 0; i + 1 < entries.length; i += 2)
      result[entries[i] as string] = read(this.index, entries[i] as string);
    return result;
  }

  toJSON(): Record<string, unknown> {
    return { ...(this.name === '' ? {} : { name: this.name }), values: this.values.toJSON() };
  }

  replaceIn(template: unknown): unknown {
    return replaceWith(this.index, template);
  }

  get values(): ReturnType<typeof makeVariableList> {
    return makeVariableList(this);
  }
}

function cast(value: unknown, type: string): unknown {
  switch (type) {
    case 'string':
      return typeof value === 'object' ? JSON.stringify(value) : String(value);
    case 'number':
      return Number(value);
    case 'boolean':
      return value === 'false' ? false : Boolean(value);
    case 'json':
    case 'object':
    case 'array':
      return typeof value === 'string' ? JSON.parse(value) : value;
    default:
      return value;
  }
}

/** `pm.variables`: reads through all scopes, writes the local one. */
export class ResolvedVariables extends VariableScope {
  constructor() {
    super(scopeIndex.local, '');
  }

  override get(name: string): unknown {
    for (let scope = 0; scope < 5; ++scope) {
      if (native.variableHas(scope, name)) return read(scope, name);
    }
    return undefined;
  }

  override has(name: string): boolean {
    return native.variableHasAny(name);
  }

  override toObject(): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    for (let scope = 4; scope >= 0; --scope) {
      const entries = native.variableEntries(scope);
      for (let i = 0; i + 1 < entries.length; i += 2)
        result[entries[i] as string] = read(scope, entries[i] as string);
    }
    return result;
  }

  override replaceIn(template: unknown): unknown {
    return replaceWith(-1, template);
  }
}

expose(VariableScope);
expose(ResolvedVariables);

const makers = [
  () => new ResolvedVariables(),
  () => new VariableScope(scopeIndex.data, ''),
  () => new VariableScope(scopeIndex.environment, ''),
  () => new VariableScope(scopeIndex.collection, ''),
  () => new VariableScope(scopeIndex.globals, ''),
  () => new VariableScope(scopeIndex.vault, 'vault'),
] as const;

export function scopeView(index: number): VariableScope {
  const known = state.scopes[index];
  if (known !== undefined) return known as VariableScope;
  const made = makers[index]!();
  state.scopes[index] = made;
  return made;
}

/** The text with its variables' values as they are now. */
export function filled(text: string): string {
  return text.includes('{{') ? String(scopeView(scopeIndex.local).replaceIn(text)) : text;
}
