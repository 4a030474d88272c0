// The server that the demo loads: answers every request without a body with the same JSON, as fast as Node can. Ends with its parent.
import { createServer } from 'node:net';

const body = JSON.stringify({ ok: true, service: 'vayu demo', items: [1, 2, 3] });
const answer = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
);
const endOfHead = Buffer.from('\r\n\r\n');

const server = createServer((socket) => {
  let rest = Buffer.alloc(0);
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    const text = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    let answers = 0;
    for (let end = text.indexOf(endOfHead); end >= 0; end = text.indexOf(endOfHead, at)) {
      at = end + endOfHead.length;
      answers += 1;
    }
    rest = text.subarray(at);
    if (answers === 1) socket.write(answer);
    else if (answers > 1) socket.write(Buffer.concat(Array(answers).fill(answer)));
  });
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: server.address().port }));
process.on('disconnect', () => process.exit());
process.on('SIGINT', () => undefined);
