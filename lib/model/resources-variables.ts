import type { SavedVariables } from './resources.js';

/** A variable with more than its value, as the manager saves them. */
export interface VariableEntry {
  value: unknown;
  /** A variable that is not enabled does not exist for requests and scripts. */
  enabled?: boolean;
  /** Its value is masked wherever it would be shown or stored. */
  secret?: boolean;
  /** What the text of `value` stands for. */
  type?: string;
}

const entryKeys = new Set(['value', 'enabled', 'secret', 'type', 'description', 'createdAt', 'key']);

/** Whether a saved variable is an entry rather than an object that is itself the value. */
export function isVariableEntry(saved: unknown): saved is VariableEntry {
  if (typeof saved !== 'object' || saved === null || Array.isArray(saved) || !('value' in saved))
    return false;
  return Object.keys(saved).every((key) => entryKeys.has(key));
}

function typedValue(entry: VariableEntry): unknown {
  if (typeof entry.value !== 'string') return entry.value;
  if (entry.type === 'number') {
    const number = Number(entry.value);
    return entry.value.trim() === '' || Number.isNaN(number) ? entry.value : number;
  }
  if (entry.type === 'boolean') {
    return entry.value === 'true' ? true : entry.value === 'false' ? false : entry.value;
  }
  return entry.value;
}

/** The variables that requests and scripts see: values by name, without those that are not enabled. */
export function plainVariables(saved: SavedVariables): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  for (const [name, variable] of Object.entries(saved)) {
    if (!isVariableEntry(variable)) plain[name] = variable;
    else if (variable.enabled !== false) plain[name] = typedValue(variable);
  }
  return plain;
}

/** Names of the variables whose values must not be shown. */
export function secretNames(saved: SavedVariables): string[] {
  return Object.entries(saved)
    .filter(([, variable]) => isVariableEntry(variable) && variable.secret === true)
    .map(([name]) => name);
}

/**
 * What to save after scripts left the scope as `changed`, whole. Entries keep what they have beside their value, those that scripts could
 * not see stay, and new variables are written in the style of the set.
 */
export function mergeVariables(saved: SavedVariables, changed: Record<string, unknown>): SavedVariables {
  const merged: SavedVariables = {};
  for (const [name, variable] of Object.entries(saved)) {
    const hidden = isVariableEntry(variable) && variable.enabled === false;
    if (hidden || name in changed) merged[name] = variable;
  }
  const asEntries = Object.values(saved).some(isVariableEntry);
  for (const [name, value] of Object.entries(changed)) {
    const present = saved[name];
    if (isVariableEntry(present)) {
      if (typedValue(present) !== value || present.enabled === false) {
        merged[name] = {
          ...present,
          value: typeof present.value === 'string' ? asText(value) : value,
          enabled: true,
        };
      }
    } else if (present === undefined && asEntries) merged[name] = { value: asText(value), enabled: true };
    else merged[name] = value;
  }
  return merged;
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}
