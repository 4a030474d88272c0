/**
 * A target in a process of its own that counts requests into a file, so that the count survives any way of ending it:
 * `<file> <delayMs>`. Prints its port.
 */
import { openSync, writeSync } from 'node:fs';
import http from 'node:http';

const [file, delayMs = '0'] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: counting-target.mjs <file> <delayMs>');
const descriptor = openSync(file, 'w');
let count = 0;
const server = http.createServer((_request, response) => {
  count += 1;
  writeSync(descriptor, String(count), 0);
  setTimeout(() => response.end('ok'), Number(delayMs));
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
