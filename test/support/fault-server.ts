// A target that misbehaves on demand, over HTTP/1.1, TLS and HTTP/2: what goes wrong is chosen by path or by port.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http2 from 'node:http2';
import net, { type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { makeCertificates, type CertificateFiles, type Certificates } from './certificates.js';
import { freePort } from './free-port.js';
import { serveHttp2 } from './fault-http2.js';
import { serveConnection, type FaultHandler } from './fault-http.js';
import { faultHandlers } from './fault-responses.js';

/** Where each fault that is not a matter of path is found. */
export interface FaultUrls {
  /** Plain HTTP/1.1: the paths of fault-responses.ts. */
  http: string;
  /** The same paths over TLS with a good certificate for localhost. */
  tls: string;
  tlsExpired: string;
  tlsWrongHost: string;
  tlsUntrusted: string;
  /** Closes after the client's first bytes, in the middle of the handshake. */
  tlsCut: string;
  /** Accepts and never says anything. */
  tlsStall: string;
  /** Answers the handshake with bytes that are not TLS. */
  tlsGarbage: string;
  /** HTTP/2 by ALPN: the paths of fault-http2.ts. */
  h2: string;
  /** HTTP/2 without TLS, by prior knowledge. */
  h2c: string;
  resetAtAccept: string;
  closeAtAccept: string;
  /** Nothing listens there. */
  refused: string;
}

export interface FaultServer {
  urls: FaultUrls;
  /** Same as urls.http. */
  url: string;
  caFile: string;
  certificates: Certificates;
  /** Requests that arrived for a path, over all ports. */
  requestCount(path: string): number;
  /** Connections that were accepted, over all ports. */
  connectionCount(): number;
  /** Connections that are open now. */
  openConnections(): number;
  close(): Promise<void>;
}

export async function startFaultServer(): Promise<FaultServer> {
  const directory = mkdtempSync(path.join(tmpdir(), 'vayu-fault-'));
  const certificates = makeCertificates(directory);
  const servers: net.Server[] = [];
  const open = new Set<Socket>();
  const requests = new Map<string, number>();
  let connections = 0;
  const count = (requestPath: string): void => {
    requests.set(requestPath, (requests.get(requestPath) ?? 0) + 1);
  };

  const listen = async (server: net.Server, scheme: 'http' | 'https'): Promise<string> => {
    servers.push(server);
    // Counted at the socket, in front of TLS.
    server.on('connection', (socket: Socket) => {
      connections++;
      open.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => open.delete(socket));
    });
    await new Promise<void>((resolve) =>
      server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve),
    );
    const { port } = server.address() as AddressInfo;
    return scheme === 'http' ? `http://127.0.0.1:${port}` : `https://localhost:${port}`;
  };

  let baseUrl = '';
  const handlers = faultHandlers(() => baseUrl);
  const handle: FaultHandler = async (request) => {
    count(request.path);
    const handler = handlers[request.path];
    if (handler) return handler(request);
    request.socket.write('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
  };
  const serve = (socket: Socket): void => void serveConnection(socket, handle);
  const http = (onConnection: (socket: Socket) => void): Promise<string> =>
    listen(net.createServer({ allowHalfOpen: true, noDelay: true }, onConnection), 'http');
  const https = (files: CertificateFiles): Promise<string> => {
    const server = tls.createServer({ ...pem(files), ALPNProtocols: ['http/1.1'] }, serve);
    server.on('tlsClientError', () => undefined);
    return listen(server, 'https');
  };
  const brokenTls = (onConnection: (socket: Socket) => void): Promise<string> =>
    listen(net.createServer(onConnection), 'https');

  baseUrl = await http(serve);
  const secureHttp2 = http2.createSecureServer(pem(certificates.server));
  const plainHttp2 = http2.createServer();
  const cut = (clientPort: number): void => {
    [...open].find((socket) => socket.remotePort === clientPort)?.destroy();
  };
  for (const server of [secureHttp2, plainHttp2]) serveHttp2(server, count, cut);
  const urls: FaultUrls = {
    http: baseUrl,
    tls: await https(certificates.server),
    tlsExpired: await https(certificates.expired),
    tlsWrongHost: await https(certificates.wrongHost),
    tlsUntrusted: await https(certificates.untrusted),
    tlsCut: await brokenTls((socket) => socket.once('data', () => socket.destroy())),
    tlsStall: await brokenTls((socket) => socket.resume()),
    tlsGarbage: await brokenTls((socket) => socket.once('data', () => socket.end('this is not TLS\r\n\r\n'))),
    h2: await listen(secureHttp2, 'https'),
    h2c: await listen(plainHttp2, 'http'),
    resetAtAccept: await http((socket) => socket.resetAndDestroy()),
    closeAtAccept: await http((socket) => socket.destroy()),
    refused: `http://127.0.0.1:${await freePort()}`,
  };

  return {
    urls,
    url: urls.http,
    caFile: certificates.caFile,
    certificates,
    requestCount: (requestPath) => requests.get(requestPath) ?? 0,
    connectionCount: () => connections,
    openConnections: () => open.size,
    close: async () => {
      for (const socket of open) socket.destroy();
      await Promise.all(
        servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))),
      );
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function pem(files: CertificateFiles): { cert: Buffer; key: Buffer } {
  return { cert: readFileSync(files.certFile), key: readFileSync(files.keyFile) };
}
