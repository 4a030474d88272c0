import * as z from 'zod';

/** The named shapes of the API: what validates bodies, and what its description shows. */
export const components = z.registry<{ id: string }>();
export const namedSchemas: z.ZodType[] = [];

export function named<S extends z.ZodType>(id: string, schema: S): S {
  components.add(schema, { id });
  namedSchemas.push(schema);
  return schema;
}

export const milliseconds = z.number().int().meta({ description: 'Milliseconds since the epoch' });
