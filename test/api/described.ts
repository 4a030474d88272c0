/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-call -- the API's description is JSON */
import assert from 'node:assert/strict';
import Ajv from 'ajv';
import type { Json } from './support.js';

/** Holds answers against the API's own description. */
export class Description {
  readonly #ajv = new Ajv({ unknownFormats: 'ignore', allErrors: true, schemaId: 'auto' });
  readonly #templates: { pattern: RegExp; path: string }[];

  constructor(private readonly document: Json) {
    this.#ajv.addSchema({ components: rebased(document.components) }, 'api');
    this.#templates = Object.keys(document.paths as object).map((path) => ({
      path,
      pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+').replaceAll('.', '\\.')}$`),
    }));
  }

  /** Fails where a JSON answer is not what the description says of its route and status, or says more than that. */
  check(method: string, url: string, status: number, answer: unknown): void {
    const label = `${method} ${url} → ${status}`;
    const schema = this.#schemaOf(method, url.split('?')[0] ?? '', status, label);
    const validate = this.#ajv.compile(rebased(schema) as object);
    const holds = validate(answer) as boolean;
    assert.ok(holds, `${label}: ${this.#ajv.errorsText(validate.errors)}`);
    assert.deepEqual(this.#undescribed(answer, schema), [], `${label}: answers what is not described`);
  }

  #schemaOf(method: string, path: string, status: number, label: string): Json {
    const errorSchema = { $ref: '#/components/schemas/Error' };
    const template = this.#templates.find(({ pattern }) => pattern.test(path))?.path;
    const operation =
      template === undefined ? undefined : this.document.paths[template][method.toLowerCase()];
    if (operation === undefined) {
      assert.ok(status >= 400, `${label}: the route is not described`);
      return errorSchema;
    }
    const described = operation.responses[String(status)] ?? operation.responses.default;
    const schema = described.content['application/json']?.schema;
    assert.ok(schema, `${label}: no JSON answer is described`);
    return schema;
  }

  /** Names of the answer that its schema does not have. */
  #undescribed(answer: unknown, schema: Json): string[] {
    const known = this.#propertiesOf(schema);
    if (known === undefined || typeof answer !== 'object' || answer === null || Array.isArray(answer))
      return [];
    return Object.keys(answer).filter((name) => !known.has(name));
  }

  /** Undefined where a schema is no object's, or one with any names. */
  #propertiesOf(schema: Json): Set<string> | undefined {
    const name = typeof schema.$ref === 'string' ? schema.$ref.split('/').at(-1) : undefined;
    if (name !== undefined) return this.#propertiesOf(this.document.components.schemas[name]);
    return schema.properties === undefined ? undefined : new Set(Object.keys(schema.properties));
  }
}

/** With references into the document, and tuples as the validator's older draft of JSON Schema writes them. */
function rebased(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(rebased);
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key]) => key !== 'items' || !('prefixItems' in schema))
      .map(([key, inner]) =>
        key === '$ref'
          ? [key, `api${inner as string}`]
          : [key === 'prefixItems' ? 'items' : key, rebased(inner)],
      ),
  );
}
