/** Where a JSON text stops being JSON. */
export interface JsonFault {
  /** Both from 1. */
  line: number;
  column: number;
  message: string;
}

type Expect = 'value' | 'value or ]' | 'key or }' | 'key' | ':' | ', or }' | ', or ]' | 'end';

/**
 * Finds the first fault of a text that JSON.parse refused; undefined where there is none. JSON.parse itself gives a position for only
 * some faults, and in words that change between Node versions.
 */
export function locateJsonFault(text: string): JsonFault | undefined {
  const closers: ('}' | ']')[] = [];
  let expect: Expect = 'value';
  let at = 0;

  const fault = (message: string, offset = at): JsonFault => ({ ...position(text, offset), message });
  const afterValue = (): Expect => {
    const closer = closers.at(-1);
    return closer === undefined ? 'end' : closer === '}' ? ', or }' : ', or ]';
  };

  for (;;) {
    while (at < text.length && ' \t\r\n'.includes(text.charAt(at))) at += 1;
    if (at >= text.length)
      return expect === 'end' ? undefined : fault(`expected ${name(expect)}, but the text ends here`);
    const char = text.charAt(at);
    switch (expect) {
      case 'end':
        return fault(`expected nothing after the value, got ${show(text, at)}`);
      case ':':
        if (char !== ':') return fault(`expected ":" after the name, got ${show(text, at)}`);
        at += 1;
        expect = 'value';
        continue;
      case ', or }':
      case ', or ]': {
        const end: '}' | ']' = expect === ', or }' ? '}' : ']';
        if (char === ',') expect = end === '}' ? 'key' : 'value';
        else if (char === end) {
          closers.pop();
          expect = afterValue();
        } else return fault(`expected ${name(expect)}, got ${show(text, at)}`);
        at += 1;
        continue;
      }
      case 'key':
      case 'key or }':
        if (char === '}' && expect === 'key or }') {
          closers.pop();
          expect = afterValue();
          at += 1;
          continue;
        }
        if (char === '}') return fault('a comma before "}" is not allowed');
        if (char !== '"') return fault(`expected a name in double quotes, got ${show(text, at)}`);
        break;
      case 'value or ]':
        if (char === ']') {
          closers.pop();
          expect = afterValue();
          at += 1;
          continue;
        }
        break;
      case 'value':
        if (char === ']' && closers.at(-1) === ']') return fault('a comma before "]" is not allowed');
        break;
    }
    if (char === '"') {
      const end = scanString(text, at);
      if (typeof end !== 'number') return fault(end.message, end.offset);
      at = end;
      expect = expect.startsWith('key') ? ':' : afterValue();
    } else if (char === '{' || char === '[') {
      closers.push(char === '{' ? '}' : ']');
      expect = char === '{' ? 'key or }' : 'value or ]';
      at += 1;
    } else {
      const literal = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/.exec(
        text.slice(at, at + 400),
      );
      if (literal === null) return fault(`expected a value, got ${show(text, at)}`);
      at += literal[0].length;
      expect = afterValue();
    }
  }
}

/** The offset after the closing quote, or what is wrong with the string that starts at `start`. */
function scanString(text: string, start: number): number | { offset: number; message: string } {
  let at = start + 1;
  for (;;) {
    if (at >= text.length) return { offset: start, message: 'this string has no closing quote' };
    const char = text.charAt(at);
    if (char === '"') return at + 1;
    if (char < ' ') return { offset: at, message: 'a string ends at a line break; write \\n inside strings' };
    if (char !== '\\') at += 1;
    else if (/^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.test(text.slice(at, at + 6)))
      at += text.charAt(at + 1) === 'u' ? 6 : 2;
    else
      return {
        offset: at,
        message: `${JSON.stringify(text.slice(at, at + 2)).replaceAll('\\\\', '\\')} is no escape of JSON`,
      };
  }
}

function name(expect: Expect): string {
  switch (expect) {
    case 'value':
    case 'value or ]':
      return 'a value';
    case 'key':
    case 'key or }':
      return 'a name in double quotes';
    case ', or }':
      return '"," or "}"';
    case ', or ]':
      return '"," or "]"';
    case ':':
      return '":"';
    case 'end':
      return 'the end';
  }
}

function show(text: string, at: number): string {
  const word = /^[\w$.+-]{1,20}/.exec(text.slice(at, at + 20))?.[0] ?? text.charAt(at);
  return JSON.stringify(word);
}

function position(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const lastBreak = before.lastIndexOf('\n');
  return { line: before.split('\n').length, column: offset - lastBreak };
}
