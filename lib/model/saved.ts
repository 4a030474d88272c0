/**
 * Saved resources as they are stored and answered. Plain types that stand alone, since programs that use the client see them;
 * resources.ts holds the schemas that what clients send is checked by, and fails to compile where the two differ.
 */

/** Variables by name: a value, or `{value, enabled?, secret?, type?}` with more about it. */
export type SavedVariables = Record<string, unknown>;

export type SavedAuthType =
  | 'none'
  | 'noauth'
  | 'inherit'
  | 'basic'
  | 'bearer'
  | 'apikey'
  | 'digest'
  | 'ntlm'
  | 'oauth2'
  | 'awsv4'
  | 'aws';

/** Authentication as saved: `type` is the name of its kind, `mode` an accepted other name of that field. */
export interface SavedAuth {
  type?: SavedAuthType | undefined;
  mode?: SavedAuthType | undefined;
  [field: string]: unknown;
}

/** A header or a query parameter. */
export interface SavedRow {
  key: string;
  value?: string | number | boolean | null | undefined;
  enabled?: boolean | undefined;
  disabled?: boolean | undefined;
  type?: string | undefined;
  description?: unknown;
}

/** What a saved request may have beside the fields that every request has. */
export interface RequestOptions {
  /** Milliseconds, or a duration such as `"30s"`; 0 is none. */
  timeout?: number | string | undefined;
  connectTimeout?: number | string | undefined;
  followRedirects?: boolean | undefined;
  maxRedirects?: number | undefined;
  insecure?: boolean | undefined;
  proxy?:
    | string
    | {
        url: string;
        bypass?: string | string[] | undefined;
        username?: string | undefined;
        password?: string | undefined;
      }
    | undefined;
  noProxy?: string | string[] | undefined;
  httpVersion?: 'auto' | '1.0' | '1.1' | '2' | '2-prior-knowledge' | '3' | undefined;
  /** Paths of PEM files. */
  clientCert?: { cert: string; key?: string | undefined; passphrase?: string | undefined } | undefined;
  caFile?: string | undefined;
  /** Addresses that replace DNS, `host:port:address`. */
  resolve?: string[] | Record<string, string> | undefined;
  unixSocket?: string | undefined;
  compressed?: boolean | undefined;
  cookies?: boolean | undefined;
  /** Bytes. */
  maxResponseSize?: number | undefined;
  variables?: SavedVariables | undefined;
  /** Kept for clients that show it; the mode of `body` counts. */
  bodyType?: string | undefined;
}

/** Milliseconds since the epoch. */
interface Stamps {
  createdAt: number;
  updatedAt: number;
}

export interface CollectionFields {
  name: string;
  /** The folder it lies in; null at the top. */
  parentId: string | null;
  description: string;
  /** Position among its siblings, ascending. */
  order: number;
  variables: SavedVariables;
  auth: SavedAuth | null;
  preRequestScript: string;
  postRequestScript: string;
}

export interface RequestFields {
  name: string;
  collectionId: string | null;
  description: string;
  /** Position in its collection, ascending. */
  order: number;
  method: string;
  url: string;
  params: SavedRow[];
  headers: Record<string, unknown> | SavedRow[];
  body: unknown;
  auth: SavedAuth | null;
  preRequestScript: string;
  postRequestScript: string;
}

export interface EnvironmentFields {
  name: string;
  description: string;
  isActive: boolean;
  variables: SavedVariables;
}

export type Collection = { id: string } & CollectionFields & Stamps;
export type SavedRequest = { id: string } & RequestFields & RequestOptions & Stamps;
export type Environment = { id: string } & EnvironmentFields & Stamps;

export interface Globals {
  id: 'globals';
  variables: SavedVariables;
  updatedAt: number;
}
