import {
  defaultSettings,
  parseSettings,
  settingDefinitions,
  settingNames,
  type SettingDefinition,
  type SettingName,
  type Settings,
} from '../model/settings.js';
import type { Store } from '../store/store.js';

/** Keys of the settings in the store's key-value table begin with this. */
const keyPrefix = 'setting.';

/** A setting as clients that draw a form for it read it: values as text. */
export interface SettingEntry {
  key: SettingName;
  value: string;
  type: SettingDefinition['type'];
  label: string;
  description: string;
  category: string;
  unit: string;
  default: string;
  min?: string;
  max?: string;
  options?: readonly { value: string; label: string }[];
  /** 0 where it was never changed. */
  updatedAt: number;
  requiresRestart: boolean;
  /** True where `value` counts only from the next start. */
  pendingRestart: boolean;
}

/**
 * The settings of a daemon: what it was started with, over what was stored, over the defaults. What it was started with gives way to a later
 * change; a setting that needs a restart keeps its value in this process.
 */
export class SettingsService {
  readonly #store: Store;
  readonly #startedWith: Partial<Settings>;
  readonly #onChange: ((settings: Settings) => void)[] = [];
  #next: Settings;
  #effective: Settings;

  constructor(store: Store, startedWith: Partial<Settings> = {}) {
    this.#store = store;
    this.#startedWith = { ...startedWith };
    this.#next = this.#read();
    this.#effective = this.#next;
  }

  /** In force now. */
  get effective(): Settings {
    return this.#effective;
  }

  /** `apply` is called now and after each change. */
  follow(apply: (settings: Settings) => void): void {
    this.#onChange.push(apply);
    apply(this.#effective);
  }

  /** Checks and stores a change as a whole. */
  put(input: Record<string, unknown>): void {
    const change = parseSettings(input);
    this.#store.transaction(() => {
      for (const [name, value] of Object.entries(change)) {
        if (input[name] === null) this.#store.settings.delete(keyPrefix + name);
        else this.#store.settings.set(keyPrefix + name, value);
      }
    });
    for (const name of Object.keys(change)) Reflect.deleteProperty(this.#startedWith, name);
    this.#next = this.#read();
    const kept = settingNames.filter((name) => settingDefinitions[name].requiresRestart);
    this.#effective = {
      ...this.#next,
      ...Object.fromEntries(kept.map((name) => [name, this.#effective[name]])),
    };
    for (const apply of this.#onChange) apply(this.#effective);
  }

  entries(): SettingEntry[] {
    const stored = this.#store.settings.all();
    return settingNames.map((key) => {
      const definition: SettingDefinition = settingDefinitions[key];
      return {
        key,
        value: String(this.#next[key]),
        type: definition.type,
        label: definition.label,
        description: definition.description,
        category: definition.category,
        unit: definition.unit,
        default: String(definition.default),
        ...(definition.type === 'integer'
          ? { min: String(definition.min), max: String(definition.max) }
          : {}),
        ...(definition.type === 'enum' ? { options: definition.options } : {}),
        updatedAt: stored.get(keyPrefix + key)?.updatedAt ?? 0,
        requiresRestart: definition.requiresRestart,
        pendingRestart: this.#next[key] !== this.#effective[key],
      };
    });
  }

  #read(): Settings {
    const stored: Record<string, unknown> = {};
    for (const [key, { value }] of this.#store.settings.all()) {
      const name = key.slice(keyPrefix.length);
      if (key.startsWith(keyPrefix) && (settingNames as string[]).includes(name)) stored[name] = value;
    }
    return { ...defaultSettings, ...validOnly(stored), ...this.#startedWith };
  }
}

/** A stored value of another version whose bounds were wider does not keep the daemon from starting. */
function validOnly(stored: Record<string, unknown>): Partial<Settings> {
  const valid: Partial<Settings> = {};
  for (const [name, value] of Object.entries(stored)) {
    try {
      Object.assign(valid, parseSettings({ [name]: value }));
    } catch {
      continue;
    }
  }
  return valid;
}
