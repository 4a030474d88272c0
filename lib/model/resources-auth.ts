import type { SavedAuth } from './resources.js';

/** Names of clients for kinds of authentication, and ours. */
const kindAliases: Record<string, string> = { noauth: 'none', aws: 'awsv4' };

const oauth2Aliases: Record<string, string> = {
  accessTokenUrl: 'tokenUrl',
  tokenPlacement: 'addTokenTo',
  credentialsPlacement: 'clientAuthentication',
};

/** What the manager saves for the flow with a browser and its token cache, which a request does not take. */
const interactiveKeys = new Set([
  'authorizationUrl',
  'refreshTokenUrl',
  'callbackUrl',
  'pkce',
  'resource',
  'queryParamName',
  'autoFetchToken',
  'autoRefreshToken',
  'useEmbeddedBrowser',
  'credentialsId',
]);

const awsAliases: Record<string, string> = { accessKeyId: 'accessKey', secretAccessKey: 'secretKey' };

/** Whether a collection's setting says anything: `none` there leaves the question to the collection above, `noauth` does not. */
export function decidesAuth(saved: SavedAuth | null): saved is SavedAuth {
  const kind = saved && (saved.type ?? saved.mode);
  return kind !== null && kind !== 'none' && kind !== 'inherit';
}

/** Saved authentication as a request takes it, in whichever client's spelling it was saved. */
export function toRequestAuth(saved: SavedAuth): Record<string, unknown> {
  const { type, mode, config, ...rest } = saved;
  const kind = type ?? mode ?? 'none';
  const name = kindAliases[kind] ?? kind;
  if (name === 'none' || name === 'inherit') return { type: name };
  const fields = { ...rest, ...(typeof config === 'object' && config !== null ? config : {}) };
  if (name === 'oauth2') return { type: name, ...oauth2Fields(fields) };
  if (name === 'awsv4') return { type: name, ...renamed(fields, awsAliases) };
  return { type: name, ...fields };
}

function oauth2Fields(fields: Record<string, unknown>): Record<string, unknown> {
  const kept = Object.entries(renamed(fields, oauth2Aliases)).filter(
    ([key, value]) => !interactiveKeys.has(key) && value !== '',
  );
  const auth = Object.fromEntries(kept);
  if (auth['clientAuthentication'] === 'basic_auth_header') auth['clientAuthentication'] = 'header';
  return auth;
}

function renamed(fields: Record<string, unknown>, names: Record<string, string>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [names[key] ?? key, value]));
}
