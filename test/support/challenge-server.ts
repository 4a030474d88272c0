import { createHash, createHmac, randomBytes } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { md4 } from './md4.js';

export interface Credentials {
  username: string;
  password: string;
  /** NTLM only. */
  domain?: string;
}

export interface ChallengeServer {
  url: string;
  /** Answers so far: 200 where the proof was right, 401 where it was missing or wrong. */
  counts: { ok: number; challenged: number; refused: number };
  /** Who was let in, as the proof names them. */
  users: Set<string>;
  close(): Promise<void>;
}

async function serve(
  handler: (request: http.IncomingMessage, response: http.ServerResponse, server: ChallengeServer) => void,
): Promise<ChallengeServer> {
  const state: ChallengeServer = {
    url: '',
    counts: { ok: 0, challenged: 0, refused: 0 },
    users: new Set(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  const server = http.createServer((request, response) => {
    request.resume().on('end', () => handler(request, response, state));
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return state;
}

/** A server that lets in whoever answers its NTLM challenge (MS-NLMP, NTLMv2); as usual a connection stays let in. */
export function startNtlmServer(credentials: Credentials): Promise<ChallengeServer> {
  const challenges = new WeakMap<Socket, Buffer>();
  const letIn = new WeakSet<Socket>();
  return serve((request, response, state) => {
    const { socket } = request;
    const [scheme, encoded] = (request.headers.authorization ?? '').split(' ');
    const refuse = (challenge = 'NTLM'): void => {
      response.writeHead(401, { 'WWW-Authenticate': challenge }).end('who are you?');
    };
    const succeed = (): void => {
      state.counts.ok += 1;
      response.end('welcome');
    };
    if (letIn.has(socket)) {
      succeed();
      return;
    }
    if (scheme !== 'NTLM' || encoded === undefined) {
      state.counts.challenged += 1;
      refuse();
      return;
    }
    const message = Buffer.from(encoded, 'base64');
    if (message.toString('latin1', 0, 8) !== 'NTLMSSP\0') throw new Error('not an NTLM message');
    if (message.readUInt32LE(8) === 1) {
      const challenge = randomBytes(8);
      challenges.set(socket, challenge);
      state.counts.challenged += 1;
      refuse(`NTLM ${challengeMessage(challenge).toString('base64')}`);
      return;
    }
    const user = provenUser(message, challenges.get(socket) ?? Buffer.alloc(8), credentials);
    if (user === undefined) {
      state.counts.refused += 1;
      refuse();
      return;
    }
    letIn.add(socket);
    state.users.add(user);
    succeed();
  });
}

const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le');

/** The second message: a challenge, and a domain in the target's information, which asks for NTLMv2. */
function challengeMessage(challenge: Buffer): Buffer {
  const name = utf16('REALM');
  const pair = Buffer.alloc(4);
  pair.writeUInt16LE(2, 0);
  pair.writeUInt16LE(name.length, 2);
  const information = Buffer.concat([pair, name, Buffer.alloc(4)]);
  const head = Buffer.alloc(56);
  head.write('NTLMSSP\0', 'latin1');
  head.writeUInt32LE(2, 8);
  const field = (at: number, length: number, offset: number): void => {
    head.writeUInt16LE(length, at);
    head.writeUInt16LE(length, at + 2);
    head.writeUInt32LE(offset, at + 4);
  };
  field(12, name.length, head.length);
  const [unicode, targetIsDomain, ntlm, targetInformation] = [0x1, 0x10000, 0x200, 0x800000];
  // libcurl answers with NTLMv2 only where extended session security is offered too.
  const extendedSecurity = 0x80000;
  head.writeUInt32LE(unicode | targetIsDomain | ntlm | targetInformation | extendedSecurity, 20);
  challenge.copy(head, 24);
  field(40, information.length, head.length + name.length);
  return Buffer.concat([head, name, information]);
}

/** `domain\user` where the third message proves the password, else undefined. */
function provenUser(message: Buffer, challenge: Buffer, known: Credentials): string | undefined {
  const part = (at: number): Buffer => {
    const offset = message.readUInt32LE(at + 4);
    return message.subarray(offset, offset + message.readUInt16LE(at));
  };
  const unicode = (message.readUInt32LE(60) & 1) === 1;
  const text = (at: number): string => part(at).toString(unicode ? 'utf16le' : 'latin1');
  const [proof, domain, user] = [part(20), text(28), text(36)];
  if (user !== known.username || (known.domain !== undefined && domain !== known.domain)) return undefined;
  const key = createHmac('md5', md4(utf16(known.password)))
    .update(utf16(user.toUpperCase() + domain))
    .digest();
  const expected = createHmac('md5', key).update(challenge).update(proof.subarray(16)).digest();
  return proof.length > 24 && expected.equals(proof.subarray(0, 16)) ? `${domain}\\${user}` : undefined;
}

/** A server that lets in whoever answers its digest challenge (RFC 7616, MD5, qop=auth); each nonce count once. */
export function startDigestServer(credentials: Credentials): Promise<ChallengeServer> {
  const realm = 'test';
  const seen = new Map<string, Set<string>>();
  const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
  return serve((request, response, state) => {
    const challenge = (): void => {
      const nonce = randomBytes(16).toString('hex');
      seen.set(nonce, new Set());
      response
        .writeHead(401, {
          'WWW-Authenticate': `Digest realm="${realm}", nonce="${nonce}", qop="auth", algorithm=MD5`,
        })
        .end('who are you?');
    };
    const given = Object.fromEntries(
      [...(request.headers.authorization ?? '').matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g)].map(
        ([, name, quoted, bare]) => [name, quoted ?? bare ?? ''],
      ),
    ) as Partial<Record<string, string>>;
    const counts = seen.get(given['nonce'] ?? '');
    if (counts === undefined) {
      state.counts.challenged += 1;
      challenge();
      return;
    }
    const { username = '', nonce = '', nc = '', cnonce = '', qop = '', uri = '', response: proof } = given;
    const expected = md5(
      [
        md5(`${credentials.username}:${realm}:${credentials.password}`),
        nonce,
        nc,
        cnonce,
        qop,
        md5(`${request.method}:${uri}`),
      ].join(':'),
    );
    if (proof !== expected || uri !== request.url || counts.has(nc)) {
      state.counts.refused += 1;
      challenge();
      return;
    }
    counts.add(nc);
    state.users.add(username);
    state.counts.ok += 1;
    response.end('welcome');
  });
}
