/** What one script execution has created so far. Replaced as a whole when the next one begins, so nothing carries over. */

export interface State {
  pm: object | undefined;
  info: object | undefined;
  location: object | undefined;
  response: object | undefined;
  request: object | undefined;
  cookies: object | undefined;
  scopes: (object | undefined)[];
  tests: Record<string, unknown> | undefined;
  /** Objects given to a variable scope: written back at the end, since the script may go on changing them. */
  objects: Map<string, unknown> | undefined;
  legacy: Map<string, unknown> | undefined;
  libraries: Map<string, unknown> | undefined;
  warned: Set<string> | undefined;
}

const fresh = (): State => ({
  pm: undefined,
  info: undefined,
  location: undefined,
  response: undefined,
  request: undefined,
  cookies: undefined,
  scopes: [],
  tests: undefined,
  objects: undefined,
  legacy: undefined,
  libraries: undefined,
  warned: undefined,
});

export let state: State = fresh();

/** Run once when the script is done, in order of registration. */
const endings: (() => void)[] = [];

export function resetState(): void {
  state = fresh();
}

export function atEnd(action: () => void): void {
  endings.push(action);
}

export function runEndings(): void {
  for (const action of endings) action();
}
