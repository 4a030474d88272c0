import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { bodyModeOf, isStructuredBody, type BodyRow, type StructuredBody } from '../model/body.js';
import { invalidInput, VayuError } from '../model/errors.js';
import { encodeAroundTemplates, type TemplateResolver } from './templates.js';
import type { FormKind } from './types.js';

export interface EncodedBody {
  /** Text may still hold templates; bytes are final. Absent: no body. */
  content?: string | Uint8Array;
  contentType?: string;
  /** The form of whose rows it was made: values of the templates that are left have to be encoded for it. */
  rows?: FormKind;
}

export interface BodyContext {
  /** Resolves templates in text that is sent as bytes. */
  resolver: TemplateResolver;
  /** How a template is treated in text that the engine sees: resolved now or left to it. */
  text: (value: string) => string;
  /** Folder that relative file names start at. */
  baseDir: string;
  boundary?: string;
}

const mimeByExtension: Record<string, string> = {
  '.json': 'application/json',
  '.xml': 'application/xml',
  '.txt': 'text/plain',
  '.csv': 'text/csv',
  '.html': 'text/html',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.svg': 'image/svg+xml',
  '.zip': 'application/zip',
  '.gz': 'application/gzip',
};

/** The bytes and the Content-Type of a request's body. Reads the files it names. */
export function encodeBody(body: unknown, context: BodyContext): EncodedBody {
  if (body === undefined || body === null) return {};
  if (typeof body === 'string')
    return body === '' ? {} : { content: context.text(body), contentType: 'text/plain' };
  if (!isStructuredBody(body)) return { content: context.text(json(body)), contentType: 'application/json' };
  const encoded = encodeStructured(body, context);
  if (body.contentType === undefined || encoded.content === undefined) return encoded;
  return { ...encoded, contentType: context.text(body.contentType) };
}

function json(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    throw new VayuError(
      'bad_request',
      'body: expected a JSON value that can be written, got one nested too deeply',
      {},
      { cause: error },
    );
  }
}

const asText = (content: unknown): string =>
  typeof content === 'string' ? content : content === undefined ? '' : json(content);

function encodeStructured(body: StructuredBody, context: BodyContext): EncodedBody {
  const mode = bodyModeOf(body);
  switch (mode) {
    case 'none':
      return {};
    case 'json':
      return { content: context.text(asText(body.content)), contentType: 'application/json' };
    case 'text':
      return { content: context.text(asText(body.content)), contentType: 'text/plain' };
    case 'xml':
      return { content: context.text(asText(body.content)), contentType: 'application/xml' };
    case 'graphql':
      return { content: context.text(graphql(body.content)), contentType: 'application/json' };
    case 'x-www-form-urlencoded':
      return urlencoded(body, context);
    case 'form-data':
      return multipart(body, context);
    case 'binary':
      return binary(body, context);
  }
}

/** A query as text becomes `{"query": …}`; variables given as text are parsed where they are JSON. */
function graphql(content: unknown): string {
  if (typeof content === 'string') {
    const text = content.trim();
    return text.startsWith('{') && isJson(text) ? text : json({ query: content });
  }
  if (typeof content !== 'object' || content === null) return json({ query: asText(content) });
  const { variables, ...rest } = content as Record<string, unknown>;
  if (typeof variables !== 'string') return json(content);
  if (variables.trim() === '') return json(rest);
  return isJson(variables) ? json({ ...rest, variables: JSON.parse(variables) as unknown }) : json(content);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function activeRows(body: StructuredBody): { row: BodyRow; index: number }[] {
  return (body.fields ?? [])
    .map((row, index) => ({ row, index }))
    .filter(({ row }) => row.enabled !== false && row.disabled !== true);
}

const rowValue = (row: BodyRow): string =>
  row.value === undefined || row.value === null ? '' : String(row.value);

/** application/x-www-form-urlencoded as the URL standard serialises it. */
function formEncode(text: string): string {
  return encodeURIComponent(text)
    .replaceAll('%20', '+')
    .replaceAll(/[!'()~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function urlencoded(body: StructuredBody, context: BodyContext): EncodedBody {
  const contentType = 'application/x-www-form-urlencoded';
  if (body.fields === undefined && typeof body.content === 'object' && body.content !== null) {
    const fields = Object.entries(body.content).map(([key, value]) => ({ key, value: String(value) }));
    return urlencoded({ ...body, fields }, context);
  }
  if (body.fields === undefined) return { content: context.text(asText(body.content)), contentType };
  const encode = (text: string): string => encodeAroundTemplates(context.text(text), formEncode);
  const content = activeRows(body)
    .map(({ row }) => `${encode(row.key)}=${encode(rowValue(row))}`)
    .join('&');
  return { content, contentType, rows: 'urlencoded' };
}

/** Escapes a name inside a Content-Disposition as browsers do. */
const quoted = (text: string): string =>
  text.replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22');

function multipart(body: StructuredBody, context: BodyContext): EncodedBody {
  const boundary = context.boundary ?? `----vayu-${randomBytes(12).toString('hex')}`;
  const rows = activeRows(body);
  const withFiles = rows.some(({ row }) => row.type === 'file' || row.src !== undefined);
  // Text alone stays text, so that the engine can resolve templates per request; with files it becomes bytes now.
  const text = withFiles ? (value: string) => context.resolver.resolveFully(value) : context.text;
  const parts: Buffer[] = [];
  for (const { row, index } of rows) {
    const name = quoted(text(row.key));
    if (row.type !== 'file' && row.src === undefined) {
      const type = row.contentType === undefined ? '' : `Content-Type: ${row.contentType}\r\n`;
      parts.push(
        Buffer.from(
          `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n${type}\r\n${text(rowValue(row))}\r\n`,
        ),
      );
      continue;
    }
    const sources = row.src === undefined ? [rowValue(row)] : Array.isArray(row.src) ? row.src : [row.src];
    for (const source of sources) {
      const file = context.resolver.resolveFully(source);
      const bytes = readBodyFile(file, `body.fields[${index}].src`, context.baseDir);
      const type =
        row.contentType ?? mimeByExtension[path.extname(file).toLowerCase()] ?? 'application/octet-stream';
      const fileName = quoted(row.fileName ?? path.basename(file));
      parts.push(
        Buffer.from(
          `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="${fileName}"\r\nContent-Type: ${type}\r\n\r\n`,
        ),
        bytes,
        Buffer.from('\r\n'),
      );
    }
  }
  parts.push(Buffer.from(`--${boundary}--\r\n`));
  const content = Buffer.concat(parts);
  return {
    content: withFiles ? new Uint8Array(content) : content.toString('utf8'),
    contentType: `multipart/form-data; boundary=${boundary}`,
    rows: 'form-data',
  };
}

function binary(body: StructuredBody, context: BodyContext): EncodedBody {
  if (body.src === undefined && typeof body.content === 'string') {
    // Content of mode binary is base64: text would not need the mode.
    const bytes = Buffer.from(body.content, 'base64');
    return { content: new Uint8Array(bytes), contentType: 'application/octet-stream' };
  }
  const nested = (body.content as { src?: unknown } | undefined)?.src;
  const source = body.src ?? (typeof nested === 'string' ? nested : '');
  const file = context.resolver.resolveFully(source);
  const type = mimeByExtension[path.extname(file).toLowerCase()] ?? 'application/octet-stream';
  return { content: new Uint8Array(readBodyFile(file, 'body.src', context.baseDir)), contentType: type };
}

function readBodyFile(file: string, field: string, baseDir: string): Buffer {
  try {
    return readFileSync(path.resolve(baseDir, file));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const reason =
      code === 'ENOENT'
        ? 'a file that does not exist'
        : code === 'EISDIR'
          ? 'a directory'
          : `a file that cannot be read (${code})`;
    throw invalidInput([
      { field, expected: 'the path of a readable file', actual: `${JSON.stringify(file)}, ${reason}` },
    ]);
  }
}
