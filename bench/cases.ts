/** One situation in which clients are compared. */
export interface BenchCase {
  name: string;
  title: string;
  /** Of nginx: where the requests go. */
  path: '/' | '/json' | '/100k';
  protocol: 'http' | 'tls' | 'h2';
  connections: number;
  /** Size of a POST's body; no body makes it a GET. */
  bodyBytes?: number;
  /** Looks at every response: a pm.test script, or what a peer has instead. */
  check?: 'light' | 'heavy';
  /** Requests per second to hold; without it as fast as possible. */
  rate?: number;
  /** Engine threads of ours; peers run with one. Default 1. */
  workers?: number;
  /** The clients that take part; default all that can. */
  clients?: string[];
}

export const cases: BenchCase[] = [
  { name: 'tiny', title: 'Tiny GET, 64 connections', path: '/', protocol: 'http', connections: 64 },
  { name: 'json', title: '1 kB of JSON, 64 connections', path: '/json', protocol: 'http', connections: 64 },
  { name: 'large', title: '100 kB body, 64 connections', path: '/100k', protocol: 'http', connections: 64 },
  {
    name: 'post',
    title: 'POST of 1 kB, 64 connections',
    path: '/',
    protocol: 'http',
    connections: 64,
    bodyBytes: 1024,
  },
  { name: 'tls', title: 'Tiny GET over TLS, 64 connections', path: '/', protocol: 'tls', connections: 64 },
  {
    name: 'h2',
    title: 'Tiny GET over HTTP/2 and TLS, 64 at once',
    path: '/',
    protocol: 'h2',
    connections: 64,
  },
  { name: 'c1000', title: 'Tiny GET, 1 000 connections', path: '/', protocol: 'http', connections: 1000 },
  {
    name: 'c10000',
    title: 'Tiny GET, 10 000 connections',
    path: '/',
    protocol: 'http',
    connections: 10_000,
    // The others take minutes to connect so many, or cannot.
    clients: ['vayu', 'wrk', 'h2load'],
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
  {
    name: 'heavy1',
    title: 'A script that works hard, one worker',
    path: '/',
    protocol: 'http',
    connections: 64,
    check: 'heavy',
    clients: ['vayu'],
  },
  {
    name: 'heavy2',
    title: 'The same, two workers',
    path: '/',
    protocol: 'http',
    connections: 64,
    check: 'heavy',
    workers: 2,
    clients: ['vayu'],
  },
];
