import * as z from 'zod';

/** The named shapes of the API: what validates bodies, and what its description shows. */
export const components = z.registry<{ id: string }>();
export const namedSchemas: z.ZodType[] = [];

export function named<S extends z.ZodType>(id: string, schema: S): S {
  components.add(schema, { id });
  namedSchemas.push(schema);
  return schema;
}

const described = new WeakMap<z.core.$ZodType, z.ZodType>();

/** A value that is checked by whoever uses it, and shown as `schema` in the description of the API. */
export function describedAs(schema: z.ZodType): z.ZodType {
  const anything = z.unknown();
  described.set(anything, schema);
  return anything;
}

/** What `schema` is shown as. */
export function descriptionOf(schema: z.core.$ZodType): z.ZodType | undefined {
  return described.get(schema);
}

export const milliseconds = z.number().int().meta({ description: 'Milliseconds since the epoch' });
