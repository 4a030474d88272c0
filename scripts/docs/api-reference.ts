import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDaemon } from '../../lib/api/daemon.js';
import { VayuClient } from '../../lib/client/index.js';

interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
}

interface Operation {
  summary: string;
  description?: string;
  tags: string[];
  parameters?: { name: string; in: string; required: boolean; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { content: Record<string, { schema: Schema }> }>;
}

interface Document {
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

/** The page of the API, made from what a daemon says of itself. */
export async function apiReference(): Promise<string> {
  const dataDir = mkdtempSync(join(tmpdir(), 'vayu-docs-'));
  const daemon = await startDaemon({ port: 0, dataDir, verbose: 0 });
  try {
    const document = (await new VayuClient({ baseUrl: daemon.url }).openapi()) as unknown as Document;
    return pageOf(document);
  } finally {
    await daemon.close();
    rmSync(dataDir, { recursive: true });
  }
}

function pageOf(document: Document): string {
  const aliases = aliasesOf(document);
  const sections = document.tags.flatMap(({ name }) => [
    `## ${name}\n`,
    ...operationsOf(document)
      .filter(({ operation }) => operation.tags[0] === name && operation.description === undefined)
      .map(({ method, path, operation }) =>
        operationOf(method, path, operation, aliases.get(`${method} ${path}`) ?? []),
      ),
  ]);
  const schemas = Object.entries(document.components.schemas).map(
    ([name, schema]) => `### ${name}\n\n${describeSchema(schema)}`,
  );
  return [
    '# API\n',
    'Made from the API’s own description by `npm run docs`; do not edit. The description itself is at `/openapi.json` of a running daemon, by',
    'default at http://127.0.0.1:9876. Bodies and answers are JSON unless something else is said. An error is',
    '`{"error": {"code": "…", "message": "…"}}` with a status of 400 or above.\n',
    ...sections,
    '## Schemas\n',
    ...schemas,
  ].join('\n');
}

function operationsOf({ paths }: Document): { method: string; path: string; operation: Operation }[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
}

/** Older names of each operation, by `METHOD path`. */
function aliasesOf(document: Document): Map<string, string[]> {
  const aliases = new Map<string, string[]>();
  for (const { method, path, operation } of operationsOf(document)) {
    const original = /^Another name of `([^`]+)`/.exec(operation.description ?? '')?.[1];
    if (original === undefined) continue;
    const key = `${method} ${original.replaceAll(/:(\w+)/g, '{$1}')}`;
    aliases.set(key, [...(aliases.get(key) ?? []), path]);
  }
  return aliases;
}

function operationOf(method: string, path: string, operation: Operation, aliases: readonly string[]): string {
  const lines = [`### ${method} ${path}\n`, `${operation.summary}.\n`];
  if (aliases.length > 0) lines.push(`Also ${aliases.map((alias) => `\`${alias}\``).join(', ')}.\n`);
  const query = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query');
  if (query.length > 0) {
    lines.push('| query | takes | |', '|---|---|---|');
    lines.push(...query.map(({ name, schema }) => row(name, schema)), '');
  }
  const body = Object.values(operation.requestBody?.content ?? {})[0]?.schema;
  if (body !== undefined) lines.push(`Body: ${typeOf(body)}\n`);
  const [status, answer] = Object.entries(operation.responses).find(([code]) => code !== 'default') ?? [];
  const [media, content] = Object.entries(answer?.content ?? {})[0] ?? [];
  if (status !== undefined && content !== undefined) {
    const kind = media === 'application/json' ? typeOf(content.schema) : `\`${media ?? ''}\``;
    lines.push(`Answer: ${status}, ${kind}\n`);
  }
  return lines.join('\n');
}

function describeSchema(schema: Schema): string {
  const lines: string[] = schema.description === undefined ? [] : [`${schema.description}.\n`];
  const properties = Object.entries(schema.properties ?? {});
  if (properties.length === 0) return [...lines, `${typeOf({ ...schema, description: '' })}\n`].join('\n');
  const required = new Set(schema.required ?? []);
  lines.push('| field | type | |', '|---|---|---|');
  lines.push(
    ...properties.map(([name, property]) => row(required.has(name) ? `${name} *` : name, property)),
    '',
  );
  if (required.size > 0) lines.push('`*` is required.\n');
  return lines.join('\n');
}

function row(name: string, schema: Schema): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  return `| ${cell(name)} | ${cell(typeOf(schema))} | ${cell(schema.description ?? '')} |`;
}

function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').at(-1) ?? '';
    return `[${name}](#${name.toLowerCase()})`;
  }
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(', ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return [...new Set(choices.map(typeOf))].join(' or ');
  if (schema.type === 'array')
    return schema.items === undefined ? 'array' : `array of ${typeOf(schema.items)}`;
  const fields = Object.keys(schema.properties ?? {});
  if (fields.length > 0) return `object {${fields.join(', ')}}`;
  if (typeof schema.additionalProperties === 'object')
    return `object of ${typeOf(schema.additionalProperties)}`;
  return Array.isArray(schema.type) ? schema.type.join(' or ') : (schema.type ?? 'any JSON');
}
