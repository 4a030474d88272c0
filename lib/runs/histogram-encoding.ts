import { deflateSync, inflateSync } from 'node:zlib';
import type { Histogram, JsHistogram } from 'hdr-histogram-js';
import type { HistogramDelta } from '../engine/types.js';
import { VayuError } from '../model/errors.js';
import { layout, newHistogram } from './histogram.js';

// HdrHistogram's V2 encoding: https://github.com/HdrHistogram/HdrHistogram, AbstractHistogram.encodeIntoCompressedByteBuffer.
// The low byte's upper half of a cookie says how wide its words are and is no part of its identity.
const compressedCookie = 0x1c849304;
const plainCookie = 0x1c849303;
const wordSizeBits = 0xf0;
const shortestWords = 0x10;
const compressedHeaderBytes = 8;
const plainHeaderBytes = 40;
const maxWordBytes = 9;
/** Knows where a value's bucket stands. */
const buckets = newHistogram() as JsHistogram;
const maxPlainBytes = plainHeaderBytes + maxWordBytes * buckets.countsArrayLength;

/** HdrHistogram's V2 encoding, compressed, of a delta that ascends by value. The library's own takes a histogram, by way of base64. */
export function encodeDelta({ values, counts }: HistogramDelta): Uint8Array {
  // A count each, and at most as many gaps.
  const plain = Buffer.alloc(plainHeaderBytes + 2 * maxWordBytes * values.length);
  let at = plainHeaderBytes;
  let index = 0;
  for (let i = 0; i < values.length; i++) {
    const bucket = buckets.countsArrayIndex(values[i]!);
    const gap = bucket - index;
    if (gap > 0) at = putWord(plain, at, gap === 1 ? 0 : -gap);
    at = putWord(plain, at, counts[i]!);
    index = bucket + 1;
  }
  plain.writeInt32BE(plainCookie | shortestWords, 0);
  plain.writeInt32BE(at - plainHeaderBytes, 4);
  // The values are what was measured: nothing is normalised.
  plain.writeInt32BE(1, 8);
  plain.writeInt32BE(layout.numberOfSignificantValueDigits, 12);
  plain.writeBigInt64BE(BigInt(layout.lowestDiscernibleValue), 16);
  plain.writeBigInt64BE(BigInt(layout.highestTrackableValue), 24);
  plain.writeBigInt64BE(1n, 32);
  const compressed = deflateSync(plain.subarray(0, at));
  const header = Buffer.alloc(compressedHeaderBytes);
  header.writeInt32BE(compressedCookie | shortestWords, 0);
  header.writeInt32BE(compressed.length, 4);
  return Buffer.concat([header, compressed]);
}

/**
 * What `encodeDelta` made. The library's own decoder believes every length it reads, and a damaged row would keep it busy for hours.
 *
 * @throws VayuError `damaged_histogram` where `data` is anything else.
 */
export function decodeHistogram(data: Uint8Array): Histogram {
  const plain = inflated(data);
  const histogram = newHistogram() as JsHistogram;
  let index = 0;
  let at = plainHeaderBytes;
  while (at < plain.length) {
    const end = endOfWord(plain, at);
    const word = wordAt(plain, at, end);
    at = end;
    if (!Number.isSafeInteger(word)) throw damaged('a count is too large');
    // A negative word skips that many empty buckets.
    if (word < 0) index -= word;
    else histogram.setCountAtIndex(index++, word);
    if (index > histogram.countsArrayLength) throw damaged('it has more buckets than the layout');
  }
  histogram.establishInternalTackingValues(index);
  if (!Number.isSafeInteger(histogram.totalCount)) throw damaged('its counts do not add up');
  return histogram;
}

function damaged(what: string, cause?: unknown): VayuError {
  return new VayuError('damaged_histogram', `A stored histogram is damaged: ${what}`, {}, { cause });
}

function inflated(data: Uint8Array): Uint8Array {
  if (data.length < compressedHeaderBytes) throw damaged('it is cut short');
  const header = new DataView(data.buffer, data.byteOffset, compressedHeaderBytes);
  if ((header.getInt32(0) & ~wordSizeBits) !== compressedCookie) throw damaged('it does not begin as one');
  const length = header.getInt32(4);
  if (length < 0 || length > data.length - compressedHeaderBytes) throw damaged('it is cut short');
  let plain: Uint8Array;
  try {
    const compressed = data.subarray(compressedHeaderBytes, compressedHeaderBytes + length);
    plain = inflateSync(compressed, { maxOutputLength: maxPlainBytes });
  } catch (error) {
    throw damaged('it cannot be decompressed', error);
  }
  checkLayout(plain);
  return plain;
}

function checkLayout(plain: Uint8Array): void {
  if (plain.length < plainHeaderBytes) throw damaged('it is cut short');
  const header = new DataView(plain.buffer, plain.byteOffset, plainHeaderBytes);
  const fits =
    (header.getInt32(0) & ~wordSizeBits) === plainCookie &&
    header.getInt32(4) === plain.length - plainHeaderBytes &&
    header.getInt32(12) === layout.numberOfSignificantValueDigits &&
    header.getBigInt64(16) === BigInt(layout.lowestDiscernibleValue) &&
    header.getBigInt64(24) === BigInt(layout.highestTrackableValue);
  if (!fits) throw damaged('its layout is another');
}

/** ZigZag LEB128-64b9B of a whole number below 2^52. Returns where the word ends. */
function putWord(bytes: Uint8Array, at: number, value: number): number {
  let left = value < 0 ? -2 * value - 1 : 2 * value;
  while (left >= 0x80) {
    bytes[at++] = (left % 0x80) + 0x80;
    left = Math.floor(left / 0x80);
  }
  bytes[at++] = left;
  return at;
}

/** A word ends with the first byte below 128, or with its ninth. */
function endOfWord(bytes: Uint8Array, begin: number): number {
  let end = begin;
  while (end < bytes.length) {
    const last = bytes[end++]! < 0x80 || end - begin === maxWordBytes;
    if (last) return end;
  }
  throw damaged('its last word is cut short');
}

/** ZigZag LEB128-64b9B, as a double: counts are below 2^53. */
function wordAt(bytes: Uint8Array, begin: number, end: number): number {
  let value = 0;
  for (let at = end - 1; at >= begin; at--) {
    const whole = at - begin === maxWordBytes - 1;
    value = value * 128 + (whole ? bytes[at]! : bytes[at]! & 0x7f);
  }
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
