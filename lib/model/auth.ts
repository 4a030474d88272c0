import * as z from 'zod';

const username = z.string();
const password = z.string().optional();

export const authSchema = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('none') }),
    z.strictObject({ type: z.literal('inherit') }),
    z.strictObject({ type: z.literal('basic'), username, password }),
    z.strictObject({ type: z.literal('bearer'), token: z.string(), prefix: z.string().optional() }),
    z.strictObject({
      type: z.literal('apikey'),
      key: z.string().min(1),
      value: z.string(),
      in: z.enum(['header', 'query']).optional(),
    }),
    z.strictObject({ type: z.literal('digest'), username, password }),
    z.strictObject({ type: z.literal('ntlm'), username, password, domain: z.string().optional() }),
    z.strictObject({
      type: z.literal('oauth2'),
      grantType: z.enum(['client_credentials', 'password']).optional(),
      tokenUrl: z.string().optional(),
      clientId: z.string().optional(),
      clientSecret: z.string().optional(),
      username: z.string().optional(),
      password,
      scope: z.string().optional(),
      audience: z.string().optional(),
      clientAuthentication: z.enum(['header', 'body']).optional(),
      accessToken: z
        .string()
        .optional()
        .meta({ description: 'A token that is already there; none is fetched then' }),
      headerPrefix: z.string().optional(),
      addTokenTo: z.enum(['header', 'query']).optional(),
    }),
    z.strictObject({
      type: z.literal('awsv4'),
      accessKey: z.string(),
      secretKey: z.string(),
      region: z.string(),
      service: z.string(),
      sessionToken: z.string().optional(),
    }),
  ])
  .superRefine((auth, context) => {
    if (auth.type !== 'oauth2' || auth.accessToken !== undefined) return;
    const missing = (field: string): void => {
      context.addIssue({
        code: 'custom',
        path: [field],
        message: `"${field}" or an "accessToken" for OAuth 2`,
      });
    };
    if (auth.tokenUrl === undefined) missing('tokenUrl');
    if (auth.clientId === undefined && auth.grantType !== 'password') missing('clientId');
    if (auth.grantType === 'password' && auth.username === undefined) missing('username');
  });

/** How a request proves who sends it. */
export type Auth = z.infer<typeof authSchema>;
export type OAuth2 = Extract<Auth, { type: 'oauth2' }>;
export type AwsV4 = Extract<Auth, { type: 'awsv4' }>;
