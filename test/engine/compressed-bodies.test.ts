// Bodies compressed in each way that this build decodes, by libcurl's decoders and by those of the wire.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { Engine } from '../../lib/engine/engine.js';
import { concurrencyModel, get, planOf } from './support.js';
import type { Tick } from '../../lib/engine/types.js';

/** English, which brotli takes from the dictionary of its own. */
const text = 'The government of the United States has published further information about this. '.repeat(4);

const encodings: Record<string, Buffer> = {
  deflate: deflateSync(text),
  gzip: gzipSync(text),
  br: brotliCompressSync(text),
  zstd: zstdFrame(Buffer.from(text)),
};

let engine: Engine;
let server: http.Server;
let url: string;
/** What the last request asked for. */
let asked: string[] = [];
before(async () => {
  engine = new Engine({ workers: 1 });
  server = http.createServer((request, response) => {
    const encoding = (request.url ?? '').slice(1);
    asked = (request.headers['accept-encoding']?.toString() ?? '').split(/, */);
    response.setHeader('Content-Encoding', encoding).end(encodings[encoding]);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(async () => {
  await engine.close();
  server.closeAllConnections();
  server.close();
});

/** The two transports need not be built with the same decoders. What a request does not ask for it need not decode. */
describe('compressed bodies', () => {
  for (const encoding of Object.keys(encodings)) {
    it(`are decoded from ${encoding}`, async (context) => {
      const { response, error } = await engine.submitAsync(get(`${url}/${encoding}`));
      if (!asked.includes(encoding)) {
        context.skip('not in this libcurl');
        return;
      }
      assert.equal(error, undefined);
      assert.equal(Buffer.from(response?.body ?? []).toString(), text);
    });

    it(`are decoded from ${encoding} under load`, async (context) => {
      const ticks: Tick[] = [];
      const plan = planOf(`${url}/${encoding}`, concurrencyModel(1, 5000, 4));
      const outcome = await engine.startLoad(plan, (tick) => ticks.push(tick)).done;
      if (!asked.includes(encoding)) {
        context.skip('not in this build');
        return;
      }
      assert.equal(outcome.transport, 'wire');
      const samples = ticks.flatMap((tick) => tick.samples).filter(({ kind }) => kind === 'success');
      assert.equal(samples.length, 4);
      for (const { exchange } of samples)
        assert.equal(Buffer.from(exchange.response?.body ?? []).toString(), text);
    });
  }

  it('are asked for as far as the build can decode them', () => {
    assert.ok(asked.includes('gzip') && asked.includes('deflate'), asked.join());
  });
});

/** RFC 8878: a frame of one segment with its length in two bytes, in it one block that is not compressed. */
function zstdFrame(content: Buffer): Buffer {
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0b0110_0000, 0, 0]);
  // A length of two bytes is stored less 256; shorter content takes one byte.
  if (content.length < 256) throw new Error('The content is too short for this header.');
  header.writeUInt16LE(content.length - 256, 5);
  const block = Buffer.alloc(3);
  block.writeUIntLE((content.length << 3) | 1, 0, 3);
  return Buffer.concat([header, block, content]);
}
