/** Text of a body, or undefined where it is no text: not valid UTF-8, or holding bytes that no text has. */
export function textOf(body: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}

/** Text of a body in the charset that its Content-Type names; UTF-8 where it names none. */
export function decodeBody(body: Uint8Array, contentType: string | undefined): string | undefined {
  const charset = /charset\s*=\s*"?([\w-]+)"?/i.exec(contentType ?? '')?.[1];
  if (charset === undefined || /^utf-?8$/i.test(charset)) return textOf(body);
  try {
    return new TextDecoder(charset, { fatal: true }).decode(body);
  } catch {
    return textOf(body);
  }
}

/** The value of JSON text; undefined where it is none. */
export function parseJson(text: string): { value: unknown } | undefined {
  const first = text.trimStart()[0];
  if (first === undefined || !'{["-0123456789tfn'.includes(first)) return undefined;
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}
