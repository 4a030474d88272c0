import { randomInt, randomUUID } from 'node:crypto';
import type { VariableScopes, VariableValue } from './types.js';

const pattern = /\{\{\s*([^{}]+?)\s*\}\}/g;

/** `{{vault:name}}` is the vault's `name`. */
const vaultPrefix = 'vault:';

/** Nearest first. */
const scopeOrder = ['local', 'data', 'environment', 'collection', 'globals'] as const;
/** A value may hold templates itself; deeper nesting than this is taken for a cycle. */
const maxDepth = 20;

export function hasTemplate(text: string): boolean {
  return text.includes('{{') && new RegExp(pattern).test(text);
}

/** Text that a variable's value stands for in a template. */
export function variableText(value: VariableValue): string {
  if (typeof value === 'string') return value;
  if (value === null) return 'null';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

export function lookUp(scopes: VariableScopes, name: string): VariableValue | undefined {
  if (name.startsWith(vaultPrefix)) {
    const secret = name.slice(vaultPrefix.length);
    return scopes.vault !== undefined && Object.hasOwn(scopes.vault, secret)
      ? scopes.vault[secret]
      : undefined;
  }
  for (const scope of scopeOrder) {
    const values = scopes[scope];
    if (values !== undefined && Object.hasOwn(values, name)) return values[name];
  }
  return undefined;
}

/** Dynamic variables for places that the engine does not substitute per request: form rows beside files, passwords. */
const dynamic: Record<string, () => string> = {
  $guid: () => randomUUID(),
  $randomUUID: () => randomUUID(),
  $timestamp: () => String(Math.floor(Date.now() / 1000)),
  $isoTimestamp: () => new Date().toISOString(),
  $randomInt: () => String(randomInt(0, 1001)),
};

/** Resolves templates against variables as they are before any script has run. */
export class TemplateResolver {
  readonly #unresolved = new Set<string>();

  constructor(private readonly scopes: VariableScopes) {}

  /** Names that resolved to nothing so far, dynamic ones not included. */
  get unresolved(): string[] {
    return [...this.#unresolved];
  }

  /** Replaces `{{name}}`; names that resolve to nothing and dynamic ones (`{{$name}}`) stay as written. */
  resolve(text: string): string {
    return this.#replace(text, 0, false);
  }

  /** As {@link resolve}, and replaces the commonest dynamic variables too. */
  resolveFully(text: string): string {
    return this.#replace(text, 0, true);
  }

  #replace(text: string, depth: number, withDynamic: boolean): string {
    if (!text.includes('{{')) return text;
    return text.replaceAll(pattern, (whole, name: string) => {
      const value = lookUp(this.scopes, name);
      if (value === undefined) {
        if (withDynamic && dynamic[name] !== undefined) return dynamic[name]();
        if (!name.startsWith('$') || withDynamic) this.#unresolved.add(name);
        return whole;
      }
      const replacement = variableText(value);
      return depth < maxDepth ? this.#replace(replacement, depth + 1, withDynamic) : replacement;
    });
  }
}

/** Percent-encodes what a query or a form needs, leaving templates as they are for the engine. */
export function encodeAroundTemplates(
  text: string,
  encode: (part: string) => string = encodeURIComponent,
): string {
  let result = '';
  let last = 0;
  for (const match of text.matchAll(pattern)) {
    result += encode(text.slice(last, match.index)) + match[0];
    last = match.index + match[0].length;
  }
  return result + encode(text.slice(last));
}

/**
 * Whether scripts with these sources can change a variable: no writer of any scope has a name without one of these words, and the scripts of
 * a request that they run may be such writers.
 */
export function mayChangeVariables(sources: readonly string[]): boolean {
  return sources.some((source) => /set|clear|update|populate|eval|Function|runRequest/i.test(source));
}
