import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeFamilies, prefersProtobuf, protobufContentType } from '../../lib/api/exposition.js';
import { bucketIndex, nativeHistogramOf, schema } from '../../lib/api/native-histogram.js';
import { newHistogram } from '../../lib/runs/histogram.js';
import { startApi, startTarget } from './support.js';

const base = 2 ** (2 ** -schema);

interface Histogram {
  sampleCount: number;
  sampleSum: number;
  schema: number;
  zeroCount: number;
  positiveSpan: { offset: number; length: number }[];
  positiveDelta: number[];
  bucket: { cumulativeCount: number; upperBound: number }[];
}
interface Family {
  name: string;
  type: number;
  metric: {
    label: { name: string; value: string }[];
    histogram?: Histogram;
    gauge?: { value: number };
  }[];
}

/** Index and count of each bucket, as Prometheus reads spans and deltas. */
function buckets({
  positiveSpan,
  positiveDelta,
}: Pick<Histogram, 'positiveSpan' | 'positiveDelta'>): Map<number, number> {
  const counts = new Map<number, number>();
  let index = 0;
  let count = 0;
  let read = 0;
  for (const { offset, length } of positiveSpan) {
    index += offset;
    for (let i = 0; i < length; i++) {
      count += positiveDelta[read++]!;
      counts.set(index++, count);
    }
  }
  assert.equal(read, positiveDelta.length);
  return counts;
}

test('exponential buckets hold what was recorded, each within its bounds', () => {
  const histogram = newHistogram();
  const recorded = [0, 0, 1, 1, 2, 3, 50, 1000, 1001, 1023, 70_000, 70_000, 3_000_000];
  for (const valueUs of recorded) histogram.recordValue(valueUs);
  const native = nativeHistogramOf(histogram);
  assert.equal(native.sampleCount, recorded.length);
  assert.equal(native.zeroCount, 2);
  const expected = new Map<number, number>();
  for (const valueUs of recorded.filter((value) => value > 0)) {
    const index = bucketIndex(valueUs / 1e6);
    assert.ok(
      valueUs / 1e6 <= base ** index * (1 + 1e-12) && valueUs / 1e6 > base ** (index - 1) * (1 - 1e-12),
    );
    expected.set(index, (expected.get(index) ?? 0) + 1);
  }
  assert.deepEqual(buckets(native), expected);
  assert.ok(
    Math.abs(native.sampleSum - recorded.reduce((a, b) => a + b) / 1e6) < 0.002,
    `${native.sampleSum}`,
  );
});

test('a power of two is the upper bound of its bucket', () => {
  assert.equal(bucketIndex(1), 0);
  assert.equal(bucketIndex(2), 32);
  assert.equal(bucketIndex(0.25), -64);
  assert.equal(bucketIndex(1.0001), 1);
});

test('Accept decides between text and protobuf', () => {
  const wanted = 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited';
  assert.equal(prefersProtobuf(`${wanted},text/plain;version=0.0.4;q=0.5,*/*;q=0.1`), true);
  assert.equal(prefersProtobuf(`text/plain,${wanted};q=0.5`), false);
  assert.equal(prefersProtobuf(wanted.replace('delimited', 'text')), false);
  assert.equal(prefersProtobuf(`${wanted};q=0`), false);
  assert.equal(prefersProtobuf('*/*'), false);
  assert.equal(prefersProtobuf(undefined), false);
});

test('a scraper that asks for protobuf gets native histograms of the runs under way', async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t);
  const started = await api.call('POST', '/run', {
    url: target.url,
    mode: 'constant',
    duration: 30,
    targetRps: 50,
  });
  const { runId } = started.body as { runId: string };
  await new Promise((resolve) => setTimeout(resolve, 2500));
  const response = await fetch(`${api.url}/metrics`, { headers: { Accept: protobufContentType } });
  assert.equal(response.status, 200, await response.clone().text());
  assert.equal(response.headers.get('content-type'), protobufContentType);
  const families = decodeFamilies(new Uint8Array(await response.arrayBuffer())) as unknown as Family[];
  const family = (name: string): Family => families.find((one) => one.name === name)!;
  assert.equal(family('vayu_runs_active').metric[0]!.gauge!.value, 1);
  for (const name of ['vayu_run_response_time_seconds', 'vayu_run_service_time_seconds']) {
    const { type, metric } = family(name);
    assert.equal(type, 4);
    assert.deepEqual(metric[0]!.label, [{ name: 'run', value: runId }]);
    const { histogram } = metric[0]!;
    assert.equal(histogram!.schema, schema);
    const total = [...buckets(histogram!).values()].reduce((a, b) => a + b) + histogram!.zeroCount;
    assert.equal(total, histogram!.sampleCount);
    assert.ok(total >= 40, `${total} requests`);
    assert.equal(histogram!.bucket.length, 18);
    assert.ok(histogram!.bucket.at(-1)!.cumulativeCount <= total);
  }
  await api.call('DELETE', `/run/${runId}`);
});
