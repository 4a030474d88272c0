import * as z from 'zod';
import { headerRowSchema, transferShape } from './http-request.js';
import type { CollectionFields, EnvironmentFields, RequestFields, RequestOptions } from './saved.js';

export type * from './saved.js';

/**
 * Saved resources as clients write them. A saved request may be unfinished (no URL yet, a token still missing): what it needs in order to
 * be sent is checked when it is sent.
 */

export const variablesSchema = z.record(z.string().min(1), z.unknown()).meta({
  description: 'Variables by name: a value, or {value, enabled?, secret?, type?} with more about it',
});

export const savedAuthTypes = [
  'none',
  'noauth',
  'inherit',
  'basic',
  'bearer',
  'apikey',
  'digest',
  'ntlm',
  'oauth2',
  'awsv4',
  'aws',
] as const;

export const savedAuthSchema = z
  .looseObject({ type: z.enum(savedAuthTypes).optional(), mode: z.enum(savedAuthTypes).optional() })
  .refine((auth) => auth.type !== undefined || auth.mode !== undefined, {
    error: `an object with a "type", one of ${savedAuthTypes.join(', ')}`,
  });

const name = z.string().min(1).max(1000);
const order = z.number().min(-1e12).max(1e12);
const description = z.string();
const script = z.string();

export const collectionFields = {
  name,
  parentId: z.string().nullable().meta({ description: 'The folder it lies in; null at the top' }),
  description,
  order: order.meta({ description: 'Position among its siblings, ascending; default: at the end' }),
  variables: variablesSchema,
  auth: savedAuthSchema.nullable(),
  preRequestScript: script,
  postRequestScript: script,
} as const;

/** What a saved request may have beside the fields that every request has. */
export const requestOptionFields = {
  ...transferShape,
  variables: variablesSchema.optional(),
  bodyType: z
    .string()
    .optional()
    .meta({ description: 'Kept for clients that show it; the mode of `body` counts' }),
} as const;
export const requestOptionNames = Object.keys(requestOptionFields) as (keyof RequestOptions)[];

export const requestFields = {
  name,
  collectionId: z.string().nullable().meta({ description: 'The collection it lies in' }),
  description,
  order: order.meta({ description: 'Position in its collection, ascending; default: at the end' }),
  method: z.string().regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}$/, { error: 'an HTTP method such as "GET"' }),
  url: z.string().max(65_536),
  params: z.array(headerRowSchema),
  headers: z.union([z.record(z.string(), z.unknown()), z.array(headerRowSchema)], {
    error: 'an object of headers, or an array of {key, value, enabled?}',
  }),
  body: z.unknown(),
  auth: savedAuthSchema.nullable(),
  preRequestScript: script,
  postRequestScript: script,
} as const;

export const environmentFields = {
  name,
  description,
  isActive: z.boolean(),
  variables: variablesSchema,
} as const;

/** A change: an absent field keeps its value, null resets it to its default. */
type Patch<Fields> = { [Key in keyof Fields]?: Fields[Key] | null | undefined };
export type CollectionPatch = Patch<CollectionFields>;
export type RequestPatch = Patch<RequestFields> & Patch<RequestOptions>;
export type EnvironmentPatch = Patch<EnvironmentFields>;

type Inferred<Shape extends Record<string, z.ZodType>> = { [Key in keyof Shape]: z.infer<Shape[Key]> };
type Same<Plain, Shape extends Record<string, z.ZodType>> = [Plain, Inferred<Shape>] extends [
  Inferred<Shape>,
  Plain,
]
  ? true
  : false;
type AllTrue<Checks extends true[]> = Checks;
/** Does not compile where a schema accepts something else than its plain type says. */
export type SchemasAgree = AllTrue<
  [
    Same<CollectionFields, typeof collectionFields>,
    Same<RequestFields, typeof requestFields>,
    Same<Required<RequestOptions>, typeof requestOptionFields>,
    Same<EnvironmentFields, typeof environmentFields>,
  ]
>;
