import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync, inflateSync } from 'node:zlib';
import { decodeFromCompressedBase64, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';
import { VayuError } from '../../lib/model/errors.js';
import { newHistogram, toDelta } from '../../lib/runs/histogram.js';
import { decodeHistogram, encodeDelta } from '../../lib/runs/histogram-encoding.js';
import { delta, seeded } from './ticks.js';

type Random = () => number;

const below = (random: Random, limit: number): number => Math.floor(random() * limit);

function randomHistogram(random: Random): Histogram {
  const histogram = newHistogram();
  const values = below(random, 200);
  for (let i = 0; i < values; i++)
    histogram.recordValueWithCount(
      below(random, Math.exp(random() * 22)),
      1 + below(random, 10 ** below(random, 12)),
    );
  return histogram;
}

function withChangedBytes(random: Random, data: Uint8Array, limit: number): Buffer {
  const changed = Buffer.from(data);
  for (let left = 1 + below(random, 4); left > 0; left--) changed[below(random, limit)] = below(random, 256);
  return changed;
}

/** Damage that the checksum of the compression does not find. */
function damagedInside(random: Random, data: Uint8Array): Buffer {
  const plain = inflateSync(data.subarray(8));
  const compressed = deflateSync(withChangedBytes(random, plain, random() < 0.5 ? plain.length : 40));
  const header = Buffer.from(data.subarray(0, 8));
  header.writeInt32BE(compressed.length, 4);
  return Buffer.concat([header, compressed]);
}

const damages: Record<string, (random: Random, data: Uint8Array) => Uint8Array> = {
  'changed bytes': (random, data) => withChangedBytes(random, data, data.length),
  'a changed header': (random, data) => withChangedBytes(random, data, 8),
  'a lost end': (random, data) => data.subarray(0, below(random, data.length)),
  'changes under the compression': damagedInside,
  noise: (random) => Buffer.from(Array.from({ length: below(random, 100) }, () => below(random, 256))),
};

test('an encoded histogram is HdrHistogram V2, compressed', () => {
  const data = Buffer.from(encodeDelta(delta({ 1000: 5 })));
  assert.equal(data.readUInt32BE(0), 0x1c849314);
  assert.deepEqual(toDelta(decodeHistogram(data)), delta({ 1000: 5 }));
});

test('it is what the library encodes', () => {
  const random = seeded(3);
  for (let round = 0; round < 200; round++) {
    const histogram = randomHistogram(random);
    // The library writes one empty bucket where there is nothing.
    if (histogram.totalCount === 0) continue;
    const ours = encodeDelta(toDelta(histogram));
    const theirs = Buffer.from(encodeIntoCompressedBase64(histogram), 'base64');
    assert.deepEqual(inflateSync(ours.subarray(8)), inflateSync(theirs.subarray(8)));
    assert.equal(Buffer.from(ours).readInt32BE(0), theirs.readInt32BE(0));
  }
});

test('it is decoded as the library decodes it', () => {
  const random = seeded(1);
  for (let round = 0; round < 200; round++) {
    const histogram = randomHistogram(random);
    const data = encodeDelta(toDelta(histogram));
    const decoded = decodeHistogram(data);
    const expected = decodeFromCompressedBase64(Buffer.from(data).toString('base64'), 64);
    assert.deepEqual(toDelta(decoded), toDelta(expected));
    assert.equal(decoded.totalCount, histogram.totalCount);
    assert.equal(decoded.maxValue, expected.maxValue);
    assert.equal(decoded.minNonZeroValue, expected.minNonZeroValue);
  }
});

for (const [name, damage] of Object.entries(damages)) {
  test(`${name}: what is damaged is refused, or is a histogram whose counts add up`, () => {
    const random = seeded(7);
    let refused = 0;
    for (let round = 0; round < 1000; round++) {
      const data = damage(random, encodeDelta(toDelta(randomHistogram(random))));
      try {
        const { totalCount, ...decoded } = sums(decodeHistogram(data));
        assert.deepEqual(decoded, { counted: totalCount });
      } catch (error) {
        if (!(error instanceof VayuError)) throw error;
        assert.equal(error.code, 'damaged_histogram');
        assert.match(error.message, /^A stored histogram is damaged: /);
        refused++;
      }
    }
    assert.ok(refused > 500, `${refused} refused`);
  });
}

function sums(histogram: Histogram): { counted: number; totalCount: number } {
  const counted = toDelta(histogram).counts.reduce((sum, count) => sum + count, 0);
  return { counted, totalCount: histogram.totalCount };
}
