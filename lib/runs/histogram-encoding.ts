import { inflateSync } from 'node:zlib';
import { encodeIntoCompressedBase64, type Histogram, type JsHistogram } from 'hdr-histogram-js';
import { VayuError } from '../model/errors.js';
import { layout, newHistogram } from './histogram.js';

// HdrHistogram's V2 encoding: https://github.com/HdrHistogram/HdrHistogram, AbstractHistogram.encodeIntoCompressedByteBuffer.
// The low byte's upper half of a cookie says how wide its words are and is no part of its identity.
const compressedCookie = 0x1c849304;
const plainCookie = 0x1c849303;
const wordSizeBits = 0xf0;
const compressedHeaderBytes = 8;
const plainHeaderBytes = 40;
/** A word of 9 bytes at most for each of the layout's buckets. */
const maxPlainBytes = plainHeaderBytes + 9 * (newHistogram() as JsHistogram).countsArrayLength;

/** HdrHistogram's V2 encoding, compressed. */
export function encodeHistogram(histogram: Histogram): Uint8Array {
  return Buffer.from(encodeIntoCompressedBase64(histogram), 'base64');
}

/**
 * What `encodeHistogram` made. The library's own decoder believes every length it reads, and a damaged row would keep it busy for hours.
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

/** A word ends with the first byte below 128, or with its ninth. */
function endOfWord(bytes: Uint8Array, begin: number): number {
  let end = begin;
  while (end < bytes.length) {
    const last = bytes[end++]! < 0x80 || end - begin === 9;
    if (last) return end;
  }
  throw damaged('its last word is cut short');
}

/** ZigZag LEB128-64b9B, as a double: counts are below 2^53. */
function wordAt(bytes: Uint8Array, begin: number, end: number): number {
  let value = 0;
  for (let at = end - 1; at >= begin; at--) {
    const whole = at - begin === 8;
    value = value * 128 + (whole ? bytes[at]! : bytes[at]! & 0x7f);
  }
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
