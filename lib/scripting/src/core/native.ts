/** The functions that the engine gives to this library (native/script/bindings*.cc). They act on the execution under way. */

/** Header lists cross as `[name, value, name, value, …]`. */
export type FlatPairs = string[];

/** What comes of a request that a script has sent. Behind an error there is nothing. */
export type AnswerCallback = (
  error: string | null,
  status: number | undefined,
  statusText: string,
  headerBlock: string,
  text: string,
  timeMs: number,
  bytes: number,
  buffer: ArrayBuffer,
) => void;

export interface NativeBridge {
  readonly hardened: boolean;

  hasResponse(): boolean;
  responseStatus(): number;
  responseStatusText(): string;
  responseHttpVersion(): string;
  responseTimeMs(): number;
  responseBodyBytes(): number;
  responseHeaderBytes(): number;
  responseText(): string;
  responseBytes(): ArrayBuffer;
  responseJson(): unknown;
  responseHeader(name: string): string | undefined;
  responseHeaders(): FlatPairs;

  requestMethod(): string;
  requestUrl(): string;
  requestBody(): string;
  requestBytes(): ArrayBuffer;
  requestHeaders(): FlatPairs;
  /** A body that is undefined stays as it is. */
  setRequest(method: string, url: string, headers: FlatPairs, body: string | ArrayBuffer | undefined): void;
  sendRequest(
    method: string,
    url: string,
    headers: FlatPairs,
    body: string | ArrayBuffer,
    callback: AnswerCallback,
  ): void;

  /** Answers why a saved request is not run, or calls back as `sendRequest` does, without a status where it was skipped. */
  runReference(
    id: string,
    /** Name, kind and text in turn. */
    variables: (string | number)[],
    callback: AnswerCallback,
  ): string | undefined;

  hasCookieJar(): boolean;
  /** Of each that goes with the URL: name, value, domain, path, expiry in ms or null, secure, httpOnly, hostOnly, sameSite. */
  cookies(url: string): unknown[];
  /** 0: stored; 1: no cookie; 2: of another domain. Takes the text of a Set-Cookie header, or its parts. */
  cookieSet(url: string, name: string, value?: string, attributes?: string): number;
  /** The one of that name, or all that go with the URL. */
  cookieRemove(url: string, name?: string): void;

  /** Without one, every use of its scope throws. */
  hasVault(): boolean;
  variableGet(scope: number, name: string): unknown;
  variableHas(scope: number, name: string): boolean;
  variableResolve(name: string): unknown;
  variableHasAny(name: string): boolean;
  variableSet(scope: number, name: string, value: string | number | boolean | null): void;
  variableSetJson(scope: number, name: string, text: string): void;
  variableUnset(scope: number, name: string): void;
  variableClear(scope: number): void;
  variableEntries(scope: number): unknown[];
  substitute(text: string, scope: number): string;
  dynamicValue(name: string): string | undefined;

  testPassed(name: string): void;
  testFailed(name: string, error: string): void;
  testSkipped(name: string): void;
  testStarted(name: string): number;
  testSettled(slot: number, error?: string): void;
  testCount(): number;
  errorText(error: unknown): string;
  log(level: string, message: string): void;
  clearLog(): void;
  setNextRequest(name: string | null): void;
  /** JSON of `{template, data, options}`. */
  setVisualizer(json: string | undefined): void;
  skipRequest(): never;
  info(): [
    eventName: string,
    iteration: number,
    iterationCount: number,
    requestName: string,
    requestId: string,
  ];
  /** The name of what the script belongs to, then those from the outermost collection to the request. */
  location(): string[];

  setTimer(callback: () => void, delayMs: number, repeats: boolean): number;
  clearTimer(id: number): void;

  utf8Encode(text: string): ArrayBuffer;
  utf8Decode(bytes: ArrayBuffer | ArrayBufferView): string;
  base64Encode(bytes: ArrayBuffer | ArrayBufferView): string;
  base64Decode(text: string): ArrayBuffer;
  randomBytes(count: number): ArrayBuffer;
  random(): number;
  parseJson(text: string): unknown;
  /** SHA-1, SHA-256, SHA-384 or SHA-512. */
  digest(algorithm: string, bytes: ArrayBuffer | ArrayBufferView): ArrayBuffer;

  loadBundle(name: string): unknown;
  /** The same for what the script at hand asks for: its realm will have it beforehand the next time. */
  loadLibrary(name: string): unknown;
  guardGlobals(builtins: object): void;
  /** Asks for `end()` when the script is done. */
  needEnd(): void;
}

declare const __native: NativeBridge;

export const native: NativeBridge = __native;
