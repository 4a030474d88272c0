import { Router, type Request, type Response } from 'express';
import * as z from 'zod';
import { VayuError } from '../model/errors.js';
import { parseInput } from '../model/validation.js';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** What a handler gets: all of it checked. */
export interface Call<Body, Query> {
  params: Record<string, string>;
  body: Body;
  query: Query;
  request: Request;
  response: Response;
}

/**
 * One operation: what the router serves and what the API's description says. `handle` returns the answer, or undefined where it has written
 * the response itself.
 */
export interface Route {
  method: Method;
  /** As Express writes it: `/collections/:id`. The first is the one described; the others are its older names. */
  paths: readonly [string, ...string[]];
  summary: string;
  tag: string;
  query?: z.ZodObject;
  body?: z.ZodType;
  bodyRequired?: boolean;
  /** Status of the answer, default 200. */
  status?: number;
  answer: z.ZodType;
  /** Media types of answers that are not JSON. */
  mediaType?: string;
  /** Beside `answer` of another media type: what it answers as JSON where that is asked for. */
  jsonAnswer?: z.ZodType;
  handle: (call: Call<unknown, unknown>) => unknown;
}

interface RouteInput<B extends z.ZodType, Q extends z.ZodObject, Body> extends Omit<
  Route,
  'body' | 'query' | 'handle'
> {
  body?: B;
  query?: Q;
  /** Reads the body instead of `body`, which then only describes it. */
  parseBody?: (input: unknown) => Body;
  handle: (call: Call<Body, z.output<Q>>) => unknown;
}

/** Ids of resources; the pattern keeps paths and quotes out of them. */
export const idSchema = z.string().regex(/^[A-Za-z0-9_-]{1,128}$/, {
  error: 'an id of letters, digits, "_" and "-", such as "run_018f…"',
});

export function route<
  B extends z.ZodType = z.ZodUnknown,
  Q extends z.ZodObject = z.ZodObject,
  Body = z.output<B>,
>(input: RouteInput<B, Q, Body>): Route {
  const { handle, parseBody, ...rest } = input;
  return {
    ...rest,
    handle: (call) => {
      const body = parseBody
        ? parseBody(call.body)
        : input.body
          ? parseInput(input.body, call.body)
          : undefined;
      const query = input.query ? parseInput(input.query, call.query) : {};
      return handle({ ...call, body: body as Body, query: query as z.output<Q> });
    },
  };
}

function checkParams(params: Record<string, unknown>): Record<string, string> {
  for (const [name, value] of Object.entries(params)) {
    if (!idSchema.safeParse(value).success) {
      throw new VayuError(
        'bad_request',
        `${name}: expected an id such as "run_018f…", got ${JSON.stringify(value)}`,
        {
          field: name,
        },
      );
    }
  }
  return params as Record<string, string>;
}

export function routerOf(routes: readonly Route[]): Router {
  const router = Router({ caseSensitive: true });
  for (const one of routes) {
    router[one.method]([...one.paths], async (request, response) => {
      const { query, body } = request as { query: unknown; body: unknown };
      const params = checkParams(request.params);
      const answer = await one.handle({ params, query, body, request, response });
      if (answer !== undefined) response.status(one.status ?? 200).json(answer);
    });
  }
  return router;
}

/** A whole number in a query string. */
export function queryNumber(min: number, max: number): z.ZodType<number> {
  const isOne = (value: unknown): boolean =>
    typeof value === 'string' && /^\d{1,16}$/.test(value) && Number(value) >= min && Number(value) <= max;
  return z
    .unknown()
    .refine(isOne, { error: `a whole number from ${min} to ${max}`, abort: true })
    .transform(Number)
    .meta({ type: 'integer', minimum: min, maximum: max });
}
