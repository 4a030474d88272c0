/** Values as the console shows them: strings as they are, everything else much like Node's `util.inspect`. */

const maxDepth = 4;
const maxItems = 100;
const maxText = 10_000;

const tagOf = (value: object): string => Object.prototype.toString.call(value).slice(8, -1);
const identifier = /^[A-Za-z_$][\w$]*$/;

function quote(text: string): string {
  const cut = text.length > maxText ? `${text.slice(0, maxText)}…` : text;
  if (!cut.includes("'")) return `'${cut.replaceAll('\n', '\\n')}'`;
  return JSON.stringify(cut);
}

function constructorName(value: object): string | undefined {
  const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: unknown } } | null;
  if (prototype === null) return undefined;
  const name = prototype.constructor?.name;
  return typeof name === 'string' ? name : undefined;
}

function errorText(error: Error): string {
  const heading = `${error.name}: ${error.message}`;
  return heading === ': ' ? 'Error' : heading;
}

function entriesOf(value: object, depth: number, seen: object[]): string[] {
  const parts: string[] = [];
  const keys = Object.keys(value);
  for (const key of keys.slice(0, maxItems)) {
    const shown = identifier.test(key) ? key : quote(key);
    parts.push(`${shown}: ${show((value as Record<string, unknown>)[key], depth + 1, seen)}`);
  }
  if (keys.length > maxItems) parts.push(`… ${keys.length - maxItems} more`);
  return parts;
}

function showList(items: unknown[], depth: number, seen: object[]): string {
  const parts = items.slice(0, maxItems).map((item) => show(item, depth + 1, seen));
  if (items.length > maxItems) parts.push(`… ${items.length - maxItems} more items`);
  return parts.length === 0 ? '[]' : `[ ${parts.join(', ')} ]`;
}

function showObject(value: object, depth: number, seen: object[]): string {
  if (seen.includes(value)) return '[Circular]';
  const tag = tagOf(value);
  if (value instanceof Error) return errorText(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof RegExp) return String(value);
  if (value instanceof Promise) return 'Promise { }';
  const convert = (value as { toJSON?: unknown }).toJSON;
  if (typeof convert === 'function' && depth === 0) {
    return show((convert as () => unknown).call(value), depth + 1, seen);
  }
  if (depth > maxDepth) return Array.isArray(value) ? '[Array]' : '[Object]';
  const path = [...seen, value];
  if (Array.isArray(value)) return showList(value as unknown[], depth, path);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const items = [...(value as unknown as Iterable<unknown>)];
    return `${constructorName(value) ?? tag}(${items.length}) ${showList(items, depth, path)}`;
  }
  if (value instanceof Map) {
    const parts = [...value].map(
      ([key, item]) => `${show(key, depth + 1, path)} => ${show(item, depth + 1, path)}`,
    );
    return `Map(${value.size}) {${parts.length > 0 ? ` ${parts.join(', ')} ` : ''}}`;
  }
  if (value instanceof Set) {
    const parts = [...value].map((item) => show(item, depth + 1, path));
    return `Set(${value.size}) {${parts.length > 0 ? ` ${parts.join(', ')} ` : ''}}`;
  }
  const parts = entriesOf(value, depth, path);
  const name = constructorName(value);
  const prefix = name === undefined ? '[Object: null prototype] ' : name === 'Object' ? '' : `${name} `;
  return parts.length === 0 ? `${prefix}{}` : `${prefix}{ ${parts.join(', ')} }`;
}

function show(value: unknown, depth: number, seen: object[]): string {
  switch (typeof value) {
    case 'string':
      return quote(value);
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'bigint':
      return `${value}n`;
    case 'symbol':
      return String(value);
    case 'function':
      return value.name === '' ? '[Function (anonymous)]' : `[Function: ${value.name}]`;
    case 'object':
      return value === null ? 'null' : showObject(value, depth, seen);
    default:
      return String(value);
  }
}

function guarded(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return show(value, 0, []);
  } catch {
    return '[a value that cannot be shown]';
  }
}

/** One console call's arguments, with `%s %d %i %f %j %o %O %%` honoured in the first. */
export function formatMessage(args: unknown[]): string {
  const [first, ...rest] = args;
  if (typeof first !== 'string' || rest.length === 0 || !first.includes('%'))
    return args.map(guarded).join(' ');
  let next = 0;
  const text = first.replace(/%[sdifjoO%]/g, (directive) => {
    if (directive === '%%') return '%';
    if (next >= rest.length) return directive;
    const value = rest[next++];
    switch (directive) {
      case '%s':
        return typeof value === 'string' ? value : guarded(value);
      case '%d':
      case '%f':
        return String(Number(value));
      case '%i':
        return String(Number.parseInt(String(value), 10));
      case '%j':
        return JSON.stringify(value);
      default:
        return guarded(value);
    }
  });
  return [text, ...rest.slice(next).map(guarded)].join(' ');
}
