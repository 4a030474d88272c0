/**
 * A target in a process of its own that counts requests into a file, so that the count survives any way of ending it:
 * `<file> <delayMs> [port]`. Prints its port.
 */
import { openSync, writeSync } from 'node:fs';
import http from 'node:http';

const [file, delayMs = '0', port = '0'] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: counting-target.mjs <file> <delayMs> [port]');
const descriptor = openSync(file, 'w');
let count = 0;
const server = http.createServer((_request, response) => {
  count += 1;
  writeSync(descriptor, String(count), 0);
  setTimeout(() => response.end('ok'), Number(delayMs));
});
server.keepAliveTimeout = 60_000;
server.listen(Number(port), '127.0.0.1', () => console.log(server.address().port));
