/** What a situation is like. */
export interface BenchSetting {
  /** Of nginx: where the requests go. */
  path: '/' | '/json' | '/100k';
  protocol: 'http' | 'tls' | 'h2';
  connections: number;
  /** HTTP/2: requests at a time on one connection; `connections` then counts requests at a time in all. */
  streams?: number;
  /** Size of a POST's body; no body makes it a GET. */
  bodyBytes?: number;
  /** Looks at every response: a pm.test script, or what a peer has instead. */
  check?: 'light' | 'heavy';
  /** Requests per second to hold; without it as fast as possible. */
  rate?: number;
  /** Engine threads of ours; peers run with one. Default 1. */
  workers?: number;
  /** From the client's start until its figures count. Default 1. */
  warmUpSeconds?: number;
}

/** One situation in which clients are compared. */
export interface BenchCase extends BenchSetting {
  name: string;
  title: string;
  /** The clients that take part; default all that can. */
  clients?: string[];
  /** The same with other settings: each client runs with each, taking turns, and is called "client, label". */
  variants?: (Partial<BenchSetting> & { label: string })[];
}

/** The clients of the cases that the slow peers add nothing to. */
const main = ['vayu', 'vayu-curl', 'wrk', 'h2load', 'bare libcurl', 'autocannon'];

export const cases: BenchCase[] = [
  { name: 'tiny', title: 'Tiny GET, 64 connections', path: '/', protocol: 'http', connections: 64 },
  {
    name: 'json',
    title: '1 kB of JSON, 64 connections',
    path: '/json',
    protocol: 'http',
    connections: 64,
    clients: main,
  },
  {
    name: 'large',
    title: '100 kB body, 64 connections',
    path: '/100k',
    protocol: 'http',
    connections: 64,
    clients: main,
  },
  {
    name: 'post',
    title: 'POST of 1 kB, 64 connections',
    path: '/',
    protocol: 'http',
    connections: 64,
    bodyBytes: 1024,
    clients: main,
  },
  {
    name: 'tls',
    title: 'Tiny GET over TLS, 64 connections',
    path: '/',
    protocol: 'tls',
    connections: 64,
    clients: main,
  },
  {
    name: 'h2',
    title: 'Tiny GET over HTTP/2 and TLS, 64 at once on one connection',
    path: '/',
    protocol: 'h2',
    connections: 64,
    clients: main,
    streams: 64,
  },
  {
    name: 'connections',
    title: 'Tiny GET, 64 to 10 000 connections',
    path: '/',
    protocol: 'http',
    connections: 64,
    clients: ['vayu', 'wrk', 'bare epoll'],
    variants: [
      { label: '64', connections: 64 },
      { label: '1 000', connections: 1000, warmUpSeconds: 2 },
      { label: '10 000', connections: 10_000, warmUpSeconds: 3 },
    ],
  },
  {
    name: 'script',
    title: 'Tiny GET with a test on every response, 64 connections',
    path: '/',
    protocol: 'http',
    connections: 64,
    check: 'light',
    clients: ['vayu', 'wrk'],
  },
  {
    name: 'heavy',
    title: 'A script that works hard, on one worker and on two',
    path: '/',
    protocol: 'http',
    connections: 64,
    check: 'heavy',
    clients: ['vayu'],
    variants: [
      { label: '1 worker', workers: 1 },
      { label: '2 workers', workers: 2 },
    ],
  },
  {
    name: 'recording',
    title: 'What recording costs: everything recorded against counters only, 64 connections',
    path: '/',
    protocol: 'http',
    connections: 64,
    clients: ['library-full', 'library-counters'],
  },
  {
    name: 'rate100',
    title: 'Fixed rate: 100 requests/s',
    path: '/',
    protocol: 'http',
    connections: 64,
    rate: 100,
    clients: ['vayu', 'hey', 'autocannon'],
  },
  {
    name: 'rate10000',
    title: 'Fixed rate: 10 000 requests/s',
    path: '/',
    protocol: 'http',
    connections: 64,
    rate: 10_000,
    clients: ['vayu', 'vayu-curl', 'hey', 'autocannon'],
  },
];
