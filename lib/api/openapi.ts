import * as z from 'zod';
import { components, descriptionOf, namedSchemas } from './named-schemas.js';
import type { Route } from './route.js';
import { errorAnswer } from './schemas.js';

type Json = Record<string, unknown>;

const home = '#/components/schemas/';

/** Drops what belongs to a schema that stands alone. */
function inner(schema: Json): Json {
  const { $schema: _schema, $id: _id, id: _name, ...rest } = schema;
  return rest;
}

/** JSON schemas of all components and of the unnamed schemas of the routes, which refer to them. */
class SchemaSet {
  readonly components: Json = {};
  readonly #unnamed = new Map<z.ZodType, Json>();

  constructor(unnamed: Iterable<z.ZodType>) {
    const registry = z.registry<{ id: string }>();
    const names = new Map<z.ZodType, string>();
    for (const schema of unnamed) {
      if (components.has(schema) || names.has(schema)) continue;
      names.set(schema, `unnamed-${names.size}`);
      registry.add(schema, { id: names.get(schema) ?? '' });
    }
    for (const schema of namedSchemas) registry.add(schema, { id: components.get(schema)?.id ?? '' });
    const { schemas } = z.toJSONSchema(registry, {
      io: 'input',
      unrepresentable: 'any',
      uri: (id) => home + id,
      override: ({ zodSchema, jsonSchema }) => {
        const shownAs = descriptionOf(zodSchema);
        if (shownAs !== undefined) Object.assign(jsonSchema, inner(z.toJSONSchema(shownAs)));
      },
    });
    for (const schema of namedSchemas) {
      const id = components.get(schema)?.id ?? '';
      this.components[id] = inner(schemas[id] as Json);
    }
    for (const [schema, name] of names) this.#unnamed.set(schema, inner(schemas[name] as Json));
  }

  of(schema: z.ZodType): Json {
    const named = components.get(schema);
    return named === undefined ? (this.#unnamed.get(schema) ?? {}) : { $ref: home + named.id };
  }
}

/** The media type under which a body or an answer is described. */
function content(mediaType: string, schema: Json): Json {
  return { [mediaType]: { schema } };
}

function parametersOf(path: string, query: Json | undefined): Json[] {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const { properties = {}, required = [] } = (query ?? {}) as { properties?: Json; required?: string[] };
  const inQuery = Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
  return [...inPath, ...inQuery];
}

/** `POST /runs/:id/stop` → `postRunsByIdStop`. */
function operationId(method: string, path: string): string {
  const words = path.split(/[/.]/).filter((word) => word !== '');
  const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
  return (
    method +
    words.map((word) => (word.startsWith(':') ? `By${capital(word.slice(1))}` : capital(word))).join('')
  );
}

function operationOf(one: Route, path: string, isAlias: boolean, schemas: SchemaSet): Json {
  const answers: Json = {
    [String(one.status ?? 200)]: {
      description: one.summary,
      content: {
        ...content(one.mediaType ?? 'application/json', schemas.of(one.answer)),
        ...(one.jsonAnswer === undefined ? {} : content('application/json', schemas.of(one.jsonAnswer))),
      },
    },
    default: {
      description: 'What went wrong',
      content: content('application/json', schemas.of(errorAnswer)),
    },
  };
  const parameters = parametersOf(path, one.query && schemas.of(one.query));
  return {
    operationId: operationId(one.method, path),
    summary: one.summary,
    tags: [one.tag],
    ...(isAlias ? { description: `Another name of \`${one.paths[0]}\`` } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(one.body === undefined
      ? {}
      : {
          requestBody: { required: true, content: content('application/json', schemas.of(one.body)) },
        }),
    responses: answers,
  };
}

/** The description of the API (OpenAPI 3.1), made of the routes and of the schemas that validate them. */
export function openApiDocument(routes: readonly Route[], version: string): Json {
  const schemas = new SchemaSet(
    routes.flatMap(({ query, body, answer, jsonAnswer }) =>
      [query, body, answer, jsonAnswer].filter((one) => one !== undefined),
    ),
  );
  const paths: Record<string, Json> = {};
  for (const one of routes) {
    one.paths.forEach((path, index) => {
      const templated = path.replaceAll(/:(\w+)/g, '{$1}');
      (paths[templated] ??= {})[one.method] = operationOf(one, path, index > 0, schemas);
    });
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Vayu control API',
      version,
      description: 'Single requests with scripts, and load runs, on the engine of this machine.',
    },
    servers: [{ url: 'http://127.0.0.1:9876' }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: schemas.components,
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
    security: [{}, { token: [] }],
  };
}
