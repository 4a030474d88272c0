/** Bodies of multipart/form-data (RFC 7578): taken apart for `pm.request.body.formdata`, and put together when a script has changed it. */

import { native } from '../core/native.js';

/** A row of a form. A file that came with the request has its content; one that a script adds has none, since scripts read no files. */
export interface FormParam {
  key: string;
  /** A file's row has none. */
  value?: string | null;
  type: 'text' | 'file';
  src?: unknown;
  fileName?: string;
  contentType?: string;
  disabled?: boolean;
}

/** What a file's row holds beside what scripts see of it. */
const contents = new WeakMap<object, Uint8Array>();

/** A copy of the row that can be sent wherever the row can. */
export function copyRow<T extends object>(row: T): T {
  const copy = { ...row };
  const content = contents.get(row);
  if (content !== undefined) contents.set(copy, content);
  return copy;
}

const boundaryPattern = /^multipart\/form-data\s*;.*?boundary=(?:"([^"]+)"|([^;\s]+))/i;

export function boundaryOf(contentType: unknown): string | undefined {
  const match = typeof contentType === 'string' ? boundaryPattern.exec(contentType) : null;
  return match === null ? undefined : (match[1] ?? match[2]);
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(wanted[0]!, from); at >= 0; at = bytes.indexOf(wanted[0]!, at + 1)) {
    if (at + wanted.length > bytes.length) return -1;
    let length = 1;
    while (length < wanted.length && bytes[at + length] === wanted[length]) ++length;
    if (length === wanted.length) return at;
  }
  return -1;
}

const unquote = (text: string): string =>
  text.replaceAll('%22', '"').replaceAll('%0D', '\r').replaceAll('%0A', '\n');
const quote = (text: string): string =>
  text.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

function readPart(bytes: Uint8Array, headEnd: number, start: number, end: number): FormParam | undefined {
  const head = native.utf8Decode(bytes.slice(start, headEnd));
  const name = /\bname="([^"]*)"/i.exec(head)?.[1];
  if (name === undefined) return undefined;
  const content = bytes.slice(headEnd + 4, end);
  const fileName = /\bfilename="([^"]*)"/i.exec(head)?.[1];
  const contentType = /^content-type:\s*(.+?)\s*$/im.exec(head)?.[1];
  const common = { key: unquote(name), ...(contentType === undefined ? {} : { contentType }) };
  if (fileName === undefined) return { ...common, value: native.utf8Decode(content), type: 'text' };
  const param: FormParam = { ...common, type: 'file', src: unquote(fileName) };
  contents.set(param, content);
  return param;
}

/** The rows of a form; nothing when it is none of that boundary. */
export function parseMultipart(bytes: Uint8Array, boundary: string): FormParam[] | undefined {
  const delimiter = new Uint8Array(native.utf8Encode(`--${boundary}`));
  const blank = new Uint8Array([13, 10, 13, 10]);
  const params: FormParam[] = [];
  let at = indexOf(bytes, delimiter, 0);
  if (at !== 0) return undefined;
  for (;;) {
    const start = at + delimiter.length;
    const next = indexOf(bytes, delimiter, start);
    if (next < 0) return params;
    const headEnd = indexOf(bytes, blank, start);
    if (headEnd < 0 || headEnd > next) return undefined;
    const param = readPart(bytes, headEnd, start, next - 2);
    if (param !== undefined) params.push(param);
    at = next;
  }
}

/** The form as it is sent: text, or bytes where it has files. Throws for a file whose content is not there. */
export function encodeMultipart(params: readonly FormParam[], boundary: string): string | ArrayBuffer {
  const parts: (string | Uint8Array)[] = [];
  for (const param of params) {
    if (param.disabled) continue;
    const type = param.contentType === undefined ? '' : `Content-Type: ${param.contentType}\r\n`;
    let head = `--${boundary}\r\nContent-Disposition: form-data; name="${quote(param.key)}"`;
    if (param.type !== 'file') {
      parts.push(`${head}\r\n${type}\r\n${param.value ?? ''}\r\n`);
      continue;
    }
    const content = contents.get(param);
    const source = Array.isArray(param.src) ? (param.src[0] as unknown) : param.src;
    if (content === undefined) {
      throw new Error(`the form's file ${JSON.stringify(source ?? param.key)} cannot be read by a script`);
    }
    head += `; filename="${quote(param.fileName ?? String(source ?? ''))}"`;
    parts.push(`${head}\r\n${type}\r\n`, content, '\r\n');
  }
  parts.push(`--${boundary}--\r\n`);
  if (parts.every((part) => typeof part === 'string')) return parts.join('');
  const pieces = parts.map((part) =>
    typeof part === 'string' ? new Uint8Array(native.utf8Encode(part)) : part,
  );
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let end = 0;
  for (const piece of pieces) {
    whole.set(piece, end);
    end += piece.length;
  }
  return whole.buffer;
}

/** One that does not occur in random text. */
export function newBoundary(): string {
  const digits = [...new Uint8Array(native.randomBytes(12))].map((byte) =>
    byte.toString(16).padStart(2, '0'),
  );
  return `----vayu-${digits.join('')}`;
}
