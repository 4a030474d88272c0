import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeCertificates, type Certificates } from './certificates.js';
import { acceptsConnections, freePort } from './free-port.js';

export interface NginxOptions {
  /** Serves HTTPS too, with HTTP/2 by ALPN, at `tlsPort`. Default true. */
  tls?: boolean;
  /** Serves HTTP/2 without TLS (prior knowledge) too, at `h2cPort`. Default false. */
  h2c?: boolean;
  /** Writes one line per request to `accessLog`: method, path, status, protocol. Default false. */
  accessLog?: boolean;
  /** Default 1. */
  workerProcesses?: number;
  /** Requests one connection may carry. Default 1 000 000 000. */
  keepaliveRequests?: number;
  /** Further directives of the server block. */
  server?: string;
  /** Further directives of the main block, in front of all others. */
  main?: string;
}

/** An nginx of its own on free ports of 127.0.0.1. */
export interface Nginx {
  port: number;
  tlsPort: number;
  h2cPort: number;
  url: string;
  tlsUrl: string;
  h2cUrl: string;
  certificates: Certificates | undefined;
  caFile: string;
  directory: string;
  pid: number;
  /** Requests so far by nginx's own count, those that ask for it included. */
  requests(): Promise<number>;
  /** The lines of the access log that contain `text`, as soon as there are `count`: nginx writes a request's after its response. */
  accessLog(text: string, count: number): Promise<string[]>;
  stop(): Promise<void>;
}

/** 1024 bytes of JSON, served at /json. */
export const jsonBody = jsonOfLength(1024);

function jsonOfLength(length: number): string {
  const items = Array.from({ length: 16 }, (_, id) => ({
    id,
    name: `item ${id}`,
    tags: ['a', 'b', 'c'],
    ok: true,
  }));
  const bare = JSON.stringify({ items, padding: '' });
  return JSON.stringify({ items, padding: 'x'.repeat(length - bare.length) });
}

/**
 * Serves `/` → "ok", `/json` → 1 kB of JSON, `/100k` → 100 kB, `/status/<code>` → that status, `/echo` → method and path as headers.
 * Any path takes a POST.
 */
export async function startNginx(options: NginxOptions = {}): Promise<Nginx> {
  const directory = mkdtempSync(path.join(tmpdir(), 'vayu-nginx-'));
  const certificates = options.tls === false ? undefined : makeCertificates(path.join(directory, 'tls'));
  writeFileSync(path.join(directory, '100k'), 'x'.repeat(100_000));
  for (let attempt = 1; ; attempt++) {
    const ports = { port: await freePort(), tlsPort: await freePort(), h2cPort: await freePort() };
    writeFileSync(path.join(directory, 'nginx.conf'), configuration(directory, ports, options, certificates));
    const child = spawn(
      'nginx',
      ['-p', directory, '-c', path.join(directory, 'nginx.conf'), '-e', path.join(directory, 'error.log')],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin` },
      },
    );
    try {
      await started(child, ports.port);
    } catch (error) {
      child.kill('SIGKILL');
      // Another process may have taken the port in between.
      if (attempt < 5 && String(error).includes('bind()')) continue;
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
    return {
      ...ports,
      url: `http://127.0.0.1:${ports.port}`,
      tlsUrl: `https://localhost:${ports.tlsPort}`,
      h2cUrl: `http://127.0.0.1:${ports.h2cPort}`,
      certificates,
      caFile: certificates?.caFile ?? '',
      directory,
      pid: child.pid!,
      requests: () => countRequests(`http://127.0.0.1:${ports.port}/nginx-status`),
      accessLog: (text, count) => linesWith(text, path.join(directory, 'access.log'), count),
      stop: () => stop(child, directory),
    };
  }
}

async function started(child: ChildProcess, port: number): Promise<void> {
  let errors = '';
  child.stderr!.on('data', (data: Buffer) => (errors += data.toString()));
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (error) =>
      reject(new Error(`nginx could not be started: ${error.message}. Run \`npm run setup -- --test\`.`)),
    );
    child.once('exit', (code) => reject(new Error(`nginx ended with ${code}: ${errors}`)));
  });
  failed.catch(() => undefined);
  await Promise.race([acceptsConnections(port), failed]);
  if (child.exitCode !== null) await failed;
  process.once('exit', () => child.kill('SIGTERM'));
}

async function linesWith(text: string, file: string, count: number): Promise<string[]> {
  for (let attempt = 0; ; attempt++) {
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.includes(text));
    if (lines.length >= count) return lines;
    if (attempt === 500)
      throw new Error(`${file} has ${lines.length} lines with ${text} instead of ${count}`);
    await delay(10);
  }
}

async function countRequests(statusUrl: string): Promise<number> {
  const response = await fetch(statusUrl, { headers: { connection: 'close' } });
  const counts = /^ *\d+ +\d+ +(\d+) *$/m.exec(await response.text());
  if (!counts) throw new Error('nginx does not tell its request count (stub_status).');
  return Number(counts[1]);
}

async function stop(child: ChildProcess, directory: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
  }
  rmSync(directory, { recursive: true, force: true });
}

function configuration(
  directory: string,
  ports: { port: number; tlsPort: number; h2cPort: number },
  options: NginxOptions,
  certificates: Certificates | undefined,
): string {
  const listen = [`listen 127.0.0.1:${ports.port} backlog=16384;`];
  if (certificates) listen.push(`listen 127.0.0.1:${ports.tlsPort} ssl http2 backlog=16384;`);
  if (options.h2c) listen.push(`listen 127.0.0.1:${ports.h2cPort} http2 backlog=16384;`);
  const tls = certificates
    ? `ssl_certificate ${certificates.server.certFile};
       ssl_certificate_key ${certificates.server.keyFile};
       ssl_session_cache shared:s:10m;`
    : '';
  const asRoot = process.getuid?.() === 0 ? 'user root;' : '';
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${directory}/${name};`)
    .join('\n');
  return `${options.main ?? ''}
${asRoot}
daemon off;
worker_processes ${options.workerProcesses ?? 1};
worker_rlimit_nofile 65536;
pid ${directory}/nginx.pid;
error_log ${directory}/error.log warn;
events { worker_connections 32768; multi_accept on; }
http {
  log_format short '$request_method $request_uri $status $server_protocol';
  access_log ${options.accessLog ? `${directory}/access.log short` : 'off'};
  ${temporary}
  keepalive_requests ${options.keepaliveRequests ?? 1_000_000_000};
  keepalive_timeout 300s;
  http2_max_concurrent_streams 1024;
  client_max_body_size 1g;
  server {
    ${listen.join('\n    ')}
    ${tls}
    default_type text/plain;
    location = / { return 200 "ok"; }
    location = /json { default_type application/json; return 200 '${jsonBody}'; }
    location = /100k { alias ${directory}/100k; open_file_cache max=10; sendfile on; }
    location = /echo { add_header X-Method $request_method; add_header X-Uri $request_uri; add_header X-Host $host; return 200 "$request_method $request_uri"; }
    location = /nginx-status { stub_status; }
    location ~ ^/status/(?<code>[1-5][0-9][0-9])$ { ${statusReturns()} return 404; }
    location / { return 200 "ok"; }
    ${options.server ?? ''}
  }
}
`;
}

/** nginx takes no variable as the status of \`return\`. */
function statusReturns(): string {
  return [200, 201, 204, 400, 401, 403, 404, 429, 500, 502, 503]
    .map((code) => `if ($code = ${code}) { return ${code}; }`)
    .join(' ');
}
