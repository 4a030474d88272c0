import * as z from 'zod';
import { authSchema } from './auth.js';
import { bodySchema } from './body.js';
import { durationFault, parseDurationMs } from './duration.js';
import { parseInput } from './validation.js';

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()], {
  error: 'a string, number or boolean',
});

export const headerRowSchema = z.strictObject({
  key: z.string(),
  value: scalar.optional(),
  enabled: z.boolean().optional(),
  disabled: z.boolean().optional(),
  type: z.string().optional(),
  description: z.unknown().optional(),
});
/** A row of a table of headers or query parameters; one that is not `enabled` is not sent. */
export type HeaderRow = z.infer<typeof headerRowSchema>;

const headersSchema = z
  .union([z.record(z.string(), z.union([scalar, z.array(scalar)])), z.array(headerRowSchema)], {
    error: 'an object of headers, or an array of {key, value, enabled?}',
  })
  .superRefine((headers, context) => {
    // RFC 9110: a name is a token, a value holds no control characters. Templates are checked where they are resolved.
    const check = (name: string, value: unknown, path: PropertyKey[]): void => {
      if (!name.includes('{{') && !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) {
        context.addIssue({
          code: 'custom',
          path,
          message: 'a header name of letters, digits and hyphens',
          params: { actual: JSON.stringify(name) },
        });
      }

      if (typeof value === 'string' && /[\r\n\0]/.test(value)) {
        context.addIssue({
          code: 'custom',
          path,
          message: 'a header value on one line',
          params: { actual: 'a value with a line break' },
        });
      }
    };
    if (Array.isArray(headers)) {
      headers.forEach((row, index) => {
        if (row.enabled !== false && row.disabled !== true && row.key !== '')
          check(row.key, row.value, [index, 'key']);
      });
      return;
    }
    for (const [name, value] of Object.entries(headers)) {
      for (const one of Array.isArray(value) ? value : [value]) check(name, one, [name]);
    }
  });

/** A timeout: milliseconds as a number, or `"30s"`. */
const timeoutSchema = z
  .union([z.number(), z.string()], { error: 'milliseconds as a number, or "500ms", "30s"' })
  .superRefine((value, context) => {
    const fault =
      typeof value === 'number'
        ? value >= 0 && value <= 86_400_000
          ? undefined
          : { expected: 'milliseconds from 0 (none) to 86400000' }
        : durationFault(value, 0);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault.expected });
  });

/** Milliseconds of a timeout as a request writes it. */
export function timeoutMsOf(value: number | string): number {
  return typeof value === 'number' ? value : (parseDurationMs(value) ?? 0);
}

const scriptSchema = z
  .union([z.string(), z.array(z.string())], { error: 'a script as a string or an array of lines' })
  .meta({ description: 'JavaScript, as one string or as lines' });

export const variablesSchema = z
  .record(z.string(), z.unknown())
  .meta({ description: 'Values by name; strings, numbers, booleans, null or JSON' });

const resolveSchema = z
  .union([z.array(z.string()), z.record(z.string(), z.string())], {
    error: 'an array of "host:port:address" or an object {"host:port": "address"}',
  })
  .superRefine((value, context) => {
    const entries = Array.isArray(value)
      ? value
      : Object.entries(value).map(([host, address]) => `${host}:${address}`);
    entries.forEach((entry, index) => {
      if (!/^[^:\s]+:\d{1,5}:\S+$/.test(entry)) {
        context.addIssue({
          code: 'custom',
          path: Array.isArray(value) ? [index] : [],
          message: '"host:port:address"',
          params: { actual: JSON.stringify(entry) },
        });
      }
    });
  });

export const httpVersions = ['auto', '1.0', '1.1', '2', '2-prior-knowledge', '3'] as const;

/** How a request is carried: what a saved request keeps beside its content. */
export const transferShape = {
  timeout: timeoutSchema.optional().meta({ description: 'Milliseconds, or "30s"; default 30000; 0 is none' }),
  connectTimeout: timeoutSchema.optional(),
  followRedirects: z.boolean().optional().meta({ description: 'Default true' }),
  maxRedirects: z.number().int().min(0).max(1000).optional().meta({ description: 'Default 10' }),
  insecure: z.boolean().optional().meta({ description: 'Accepts any TLS certificate' }),
  proxy: z
    .union(
      [
        z.string(),
        z.strictObject({
          url: z.string().min(1),
          bypass: z.union([z.string(), z.array(z.string())]).optional(),
          username: z.string().optional(),
          password: z.string().optional(),
        }),
      ],
      { error: 'a proxy URL, or {url, bypass?, username?, password?}' },
    )
    .optional(),
  noProxy: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .meta({ description: 'Hosts that the proxy is not used for' }),
  httpVersion: z.enum(httpVersions).optional(),
  clientCert: z
    .strictObject({ cert: z.string().min(1), key: z.string().optional(), passphrase: z.string().optional() })
    .optional()
    .meta({ description: 'Paths of PEM files' }),
  caFile: z.string().min(1).optional(),
  resolve: resolveSchema.optional().meta({ description: 'Addresses that replace DNS, "host:port:address"' }),
  unixSocket: z.string().min(1).optional(),
  compressed: z
    .boolean()
    .optional()
    .meta({ description: 'Asks for and decodes compressed bodies; default true' }),
  cookies: z.boolean().optional().meta({
    description: 'Keeps cookies between redirects and, with scripts, between requests; default true',
  }),
  maxResponseSize: z.number().int().positive().optional().meta({ description: 'Bytes; larger bodies fail' }),
} as const;

/** The fields of a request, as a shape so that other schemas can carry them. */
export const httpRequestShape = {
  name: z.string().optional(),
  method: z
    .string()
    .regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}$/, { error: 'an HTTP method such as "GET"' })
    .optional()
    .meta({ description: 'Default GET, or POST where there is a body' }),
  url: z.string().min(1).max(65_536),
  params: z
    .array(headerRowSchema)
    .optional()
    .meta({ description: 'Query parameters that are added to the URL' }),
  headers: headersSchema.optional(),
  body: bodySchema.optional(),
  auth: authSchema.optional(),
  preRequestScript: scriptSchema.optional(),
  postRequestScript: scriptSchema.optional(),
  tests: scriptSchema.optional().meta({ description: 'Another name for postRequestScript' }),
  ...transferShape,
  requestId: z
    .string()
    .optional()
    .meta({ description: 'A saved request; fields given beside it replace its own' }),
  collectionId: z
    .string()
    .optional()
    .meta({ description: 'The collection that a request without `requestId` lies in' }),
  environmentId: z.string().optional(),
  variables: variablesSchema.optional(),
  vault: z.record(z.string(), scalar).optional().meta({
    description:
      'Secrets by name: what `pm.vault` and `{{vault:name}}` read. Stored and shown nowhere; without it `pm.vault` is denied',
  }),
  iterationData: variablesSchema
    .optional()
    .meta({ description: 'What `pm.iterationData` and `{{templates}}` read, as from a row of a data file' }),
} as const;

function checkAliases(
  request: { tests?: unknown; postRequestScript?: unknown },
  context: z.RefinementCtx,
): void {
  if (request.tests === undefined || request.postRequestScript === undefined) return;
  if (JSON.stringify(request.tests) === JSON.stringify(request.postRequestScript)) return;
  context.addIssue({
    code: 'custom',
    path: ['tests'],
    message: 'only one of "tests" and "postRequestScript", which are the same field',
    params: { actual: 'both' },
  });
}

/** A request as users write it. */
export const httpRequestSchema = z.strictObject(httpRequestShape).superRefine(checkAliases);
export type HttpRequest = z.infer<typeof httpRequestSchema>;

/** A request of which a saved one gives what is missing: everything is optional. */
export const partialRequestSchema = z
  .strictObject({ ...httpRequestShape, url: httpRequestShape.url.optional() })
  .superRefine(checkAliases);
export type PartialRequest = z.infer<typeof partialRequestSchema>;

/** Reads a request; throws a `bad_request` that names every problem. `url` may be absent only where `requestId` names a saved one. */
export function parseHttpRequest(input: unknown): PartialRequest {
  const saved =
    typeof input === 'object' &&
    input !== null &&
    typeof (input as { requestId?: unknown }).requestId === 'string';
  return parseInput(saved ? partialRequestSchema : httpRequestSchema, input);
}

/** The text of a script field. */
export function scriptText(script: string | string[] | undefined): string | undefined {
  const text = Array.isArray(script) ? script.join('\n') : script;
  return text === undefined || text.trim() === '' ? undefined : text;
}
