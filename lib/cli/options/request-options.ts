import { Option, type Command } from 'commander';
import { httpVersions } from '../../model/http-request.js';
import { timeoutMs } from './times.js';
import { repeated, repeatedAssignment, repeatedHeader, wholeNumber } from './values.js';

/** What the options that describe a request hold after parsing. */
export interface RequestOptions {
  method?: string;
  request?: string;
  header?: [string, string][];
  data?: string[];
  dataFile?: string;
  form?: string[];
  contentType?: string;
  auth?: string;
  user?: string;
  authType?: 'basic' | 'digest' | 'ntlm';
  bearer?: string;
  insecure?: boolean;
  proxy?: string;
  timeout?: number;
  connectTimeout?: number;
  redirects: boolean;
  maxRedirects?: number;
  httpVersion?: (typeof httpVersions)[number];
  cacert?: string;
  cert?: string;
  key?: string;
  resolve?: string[];
  unixSocket?: string;
  compressed: boolean;
  keepalive: boolean;
  script?: string;
  preScript?: string;
  var?: [string, string][];
  env?: string;
  vaultFile?: string;
}

const group = 'Request:';

/** Secrets come by file, since arguments of a process are there for all to see. */
export function vaultOption(): Option {
  return new Option(
    '--vault-file <file>',
    'JSON file of secrets for pm.vault and {{vault:name}}: an object, or {values: [{key, value}]}',
  ).env('VAYU_VAULT_FILE');
}

/** Adds the options that describe a request, named as in curl, hey and oha. */
export function addRequestOptions(command: Command): Command {
  const options = [
    new Option('-m, --method <method>', 'HTTP method (default: GET, or POST with a body)'),
    new Option('-X, --request <method>', 'the same, as in curl').hideHelp(),
    new Option('-H, --header <"name: value">', 'request header; may be repeated').argParser(repeatedHeader),
    new Option(
      '-d, --data <body>',
      'request body; @file reads it from a file, @- from standard input; may be repeated, joined with &',
    ).argParser(repeated),
    new Option('-D, --data-file <file>', 'request body from a file'),
    new Option(
      '-F, --form <name=value>',
      'field of a multipart form, name=@file sends a file; may be repeated',
    ).argParser(repeated),
    new Option('-T, --content-type <type>', 'Content-Type of the body (default: told from the body)'),
    new Option('-a, --auth <user:password>', 'user and password'),
    new Option('-u, --user <user:password>', 'the same, as in curl').hideHelp(),
    new Option('--auth-type <type>', 'how user and password are sent').choices(['basic', 'digest', 'ntlm']),
    new Option('--bearer <token>', 'bearer token'),
    new Option('-k, --insecure', 'accept any TLS certificate'),
    new Option('-x, --proxy <url>', 'proxy, as host:port or URL'),
    new Option(
      '-t, --timeout <time>',
      'time for one request, in seconds or as 500ms; 0 is none (default: 30s)',
    ).argParser(timeoutMs),
    new Option('--connect-timeout <time>', 'time for a connection').argParser(timeoutMs),
    new Option('--no-redirects', 'do not follow redirects'),
    new Option('--max-redirects <n>', 'redirects to follow (default: 10)').argParser(wholeNumber(0, 1000)),
    new Option('--http-version <version>', 'HTTP version').choices(httpVersions),
    new Option('--cacert <file>', 'trusted certificates, PEM'),
    new Option('--cert <file>', 'client certificate, PEM'),
    new Option('--key <file>', 'key of the client certificate, PEM'),
    new Option('--resolve <host:port:address>', 'use this address for a host; may be repeated').argParser(
      repeated,
    ),
    new Option('--unix-socket <path>', 'connect to a Unix socket'),
    new Option('--no-compressed', 'do not ask for compressed responses'),
    new Option('--no-keepalive', 'send "Connection: close" with each request'),
    new Option('--script <file>', 'JavaScript with pm.test, run after each response'),
    new Option('--pre-script <file>', 'JavaScript that runs before each request'),
    new Option('--var <name=value>', 'value of {{name}}; may be repeated').argParser(repeatedAssignment),
    new Option('--env <file>', 'JSON file of variables: an object, or a Postman environment'),
    vaultOption(),
  ];
  for (const option of options) command.addOption(option.helpGroup(group));
  return command;
}
