import * as z from 'zod';
import { nearestName } from './validation.js';

export const bodyModes = [
  'none',
  'json',
  'text',
  'xml',
  'graphql',
  'x-www-form-urlencoded',
  'form-data',
  'binary',
] as const;
export type BodyMode = (typeof bodyModes)[number];

/** Names that Postman and older clients give to the same modes. */
const modeAliases: Record<string, BodyMode> = {
  raw: 'text',
  urlencoded: 'x-www-form-urlencoded',
  formdata: 'form-data',
  file: 'binary',
};

export const bodyRowSchema = z.strictObject({
  key: z.string(),
  value: z
    .union([z.string(), z.number(), z.boolean(), z.null()], { error: 'a string, number or boolean' })
    .optional(),
  enabled: z.boolean().optional(),
  disabled: z.boolean().optional(),
  type: z.enum(['text', 'file']).optional(),
  src: z
    .union([z.string(), z.array(z.string())], { error: 'a path or an array of paths' })
    .optional()
    .meta({ description: 'Path of the file to send' }),
  contentType: z.string().optional(),
  fileName: z.string().optional(),
  description: z.unknown().optional(),
});
export type BodyRow = z.infer<typeof bodyRowSchema>;

export const structuredBodySchema = z.strictObject({
  mode: z.enum([...bodyModes, ...(Object.keys(modeAliases) as [string, ...string[]])]),
  content: z
    .unknown()
    .optional()
    .meta({ description: 'Text, a JSON value, or `{query, variables}` for graphql' }),
  fields: z.array(bodyRowSchema).optional(),
  src: z.string().optional().meta({ description: 'Path of the file to send, in mode binary' }),
  contentType: z.string().optional().meta({ description: 'Replaces the Content-Type of the mode' }),
});
export type StructuredBody = z.infer<typeof structuredBodySchema>;

const structuredKeys = new Set(Object.keys(structuredBodySchema.shape));

/**
 * Whether an object given as body describes one rather than being one: it names a mode and something of a description, or nothing that
 * is not part of a description.
 */
export function isStructuredBody(body: unknown): body is StructuredBody {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return false;
  const { mode } = body as { mode?: unknown };
  if (typeof mode !== 'string') return false;
  const known = (bodyModes as readonly string[]).includes(mode) || mode in modeAliases;
  const onlyKnownKeys = Object.keys(body).every((key) => structuredKeys.has(key));
  if (known) return onlyKnownKeys || 'content' in body || 'fields' in body;
  return onlyKnownKeys && ('content' in body || 'fields' in body);
}

export function bodyModeOf(body: StructuredBody): BodyMode {
  return modeAliases[body.mode] ?? (body.mode as BodyMode);
}

/** The body of a request: text, any JSON value, or a description with a `mode`. */
export const bodySchema = z
  .union([z.string(), structuredBodySchema, z.unknown()])
  .superRefine((body, context) => {
    if (!isStructuredBody(body)) return;
    const result = structuredBodySchema.safeParse(body);
    if (!result.success) {
      for (const issue of result.error.issues) {
        if (issue.code === 'invalid_value' && issue.path[0] === 'mode') {
          const nearest = nearestName(body.mode, bodyModes);
          context.addIssue({
            code: 'custom',
            path: ['mode'],
            message: `one of ${bodyModes.map((mode) => JSON.stringify(mode)).join(', ')}`,
            params: { fix: nearest === undefined ? undefined : `Did you mean "${nearest}"?` },
          });
        } else {
          context.addIssue(issue as unknown as Parameters<typeof context.addIssue>[0]);
        }
      }
      return;
    }
    const mode = bodyModeOf(body);
    const needsFields = mode === 'x-www-form-urlencoded' || mode === 'form-data';
    if (needsFields && body.fields === undefined && body.content === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['fields'],
        message: `an array of rows for mode "${mode}"`,
        params: { fix: 'Add "fields": [{"key": …, "value": …}]' },
      });
    }
    if (!needsFields && mode !== 'none' && mode !== 'binary' && body.content === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['content'],
        message: `the content of a body of mode "${mode}"`,
        params: { fix: 'To send this object itself as JSON, write {"mode": "json", "content": …}' },
      });
    }
    if (mode === 'binary' && body.src === undefined && body.content === undefined) {
      context.addIssue({ code: 'custom', path: ['src'], message: 'the path of a file for mode "binary"' });
    }
    body.fields?.forEach((row, index) => {
      if (row.type === 'file' && row.src === undefined && row.value === undefined) {
        context.addIssue({
          code: 'custom',
          path: ['fields', index, 'src'],
          message: 'the path of a file for a row of type "file"',
        });
      }
    });
  })
  .meta({ description: 'Text, any JSON value (sent as JSON), or an object with a `mode`' });
