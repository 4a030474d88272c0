/** `pm.environment.values` and its like: the scope's variables as a property list. Changes to the list change the scope. */

import type { VariableScope } from '../core/variables.js';
import { native } from '../core/native.js';
import { PropertyList } from './property-list.js';
import { expose } from '../core/expose.js';

interface VariableItem {
  key: string;
  value: unknown;
  type?: string;
}

const typeOf = (value: unknown): string => (typeof value === 'string' ? 'any' : typeof value);

export class VariableList extends PropertyList<VariableItem> {
  constructor(private readonly scope: VariableScope) {
    const entries = native.variableEntries(scope.index);
    const items: VariableItem[] = [];
    for (let i = 0; i + 1 < entries.length; i += 2) {
      items.push({ type: typeOf(entries[i + 1]), value: entries[i + 1], key: entries[i] as string });
    }
    super(items, {});
    Object.defineProperty(this, 'scope', { value: scope, enumerable: false });
  }

  protected override changed(): void {
    const kept = new Set(this.members.map((item) => item.key));
    for (const name of Object.keys(this.scope.toObject())) if (!kept.has(name)) this.scope.unset(name);
    for (const item of this.members) this.scope.set(item.key, item.value);
  }
}
expose(VariableList);

export function makeVariableList(scope: VariableScope): VariableList {
  return new VariableList(scope);
}
