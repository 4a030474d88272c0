import protobuf from 'protobufjs/light.js';
import type { MetricObjectWithValues, MetricValue, MetricValueWithName } from 'prom-client';
import type { NativeHistogram } from './native-histogram.js';

/** Prometheus' protobuf exposition, the one that carries native histograms: each family with its length before it. */
export const protobufContentType =
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';

const field = (id: number, type: string, rule?: 'repeated'): protobuf.IField => ({
  id,
  type,
  ...(rule === undefined ? {} : { rule }),
});

/** What of Prometheus' data model is used here. Numbers are those of io/prometheus/client/metrics.proto. */
const familyType = protobuf.Root.fromJSON({
  nested: {
    LabelPair: { fields: { name: field(1, 'string'), value: field(2, 'string') } },
    Number: { fields: { value: field(1, 'double') } },
    Bucket: { fields: { cumulativeCount: field(1, 'uint64'), upperBound: field(2, 'double') } },
    BucketSpan: { fields: { offset: field(1, 'sint32'), length: field(2, 'uint32') } },
    Histogram: {
      fields: {
        sampleCount: field(1, 'uint64'),
        sampleSum: field(2, 'double'),
        bucket: field(3, 'Bucket', 'repeated'),
        schema: field(5, 'sint32'),
        zeroThreshold: field(6, 'double'),
        zeroCount: field(7, 'uint64'),
        positiveSpan: field(12, 'BucketSpan', 'repeated'),
        positiveDelta: field(13, 'sint64', 'repeated'),
      },
    },
    Metric: {
      fields: {
        label: field(1, 'LabelPair', 'repeated'),
        gauge: field(2, 'Number'),
        counter: field(3, 'Number'),
        histogram: field(7, 'Histogram'),
      },
    },
    MetricFamily: {
      fields: {
        name: field(1, 'string'),
        help: field(2, 'string'),
        type: field(3, 'int32'),
        metric: field(4, 'Metric', 'repeated'),
      },
    },
  },
}).lookupType('MetricFamily');

const typeNumbers = { counter: 0, gauge: 1, histogram: 4 } as const;

type Values = MetricObjectWithValues<MetricValue<string>>;
type Labels = Partial<Record<string, string | number>>;

function labelPairs(labels: Labels): { name: string; value: string }[] {
  return Object.entries(labels).map(([name, value]) => ({ name, value: String(value) }));
}

/** The rows of a histogram, which are one for each bucket, sum and count, as one message for each set of labels. */
function histogramMetrics(family: Values, native: ReadonlyMap<string, NativeHistogram>): object[] {
  const metrics = new Map<string, { labels: Labels; histogram: Record<string, unknown>; bucket: object[] }>();
  for (const row of family.values as MetricValueWithName<string>[]) {
    const { le, ...labels } = row.labels;
    const key = JSON.stringify(labels);
    const metric = metrics.get(key) ?? { labels, histogram: {}, bucket: [] };
    metrics.set(key, metric);
    if (row.metricName?.endsWith('_sum')) metric.histogram['sampleSum'] = row.value;
    else if (row.metricName?.endsWith('_count')) metric.histogram['sampleCount'] = row.value;
    else if (le !== '+Inf') metric.bucket.push({ cumulativeCount: row.value, upperBound: Number(le) });
  }
  return [...metrics.values()].map(({ labels, histogram, bucket }) => ({
    label: labelPairs(labels),
    histogram: { ...histogram, bucket, ...native.get(String(labels['run'])) },
  }));
}

/** `native` has, by the name of a family and by run, the exponential buckets that go beside the classic ones. */
export function encodeFamilies(
  families: readonly Values[],
  native: ReadonlyMap<string, ReadonlyMap<string, NativeHistogram>>,
): Buffer {
  const messages = families.map((family) => {
    const kind = family.type as unknown as keyof typeof typeNumbers;
    const metric =
      kind === 'histogram'
        ? histogramMetrics(family, native.get(family.name) ?? new Map<string, NativeHistogram>())
        : family.values.map(({ labels, value }) => ({ label: labelPairs(labels), [kind]: { value } }));
    const message = { name: family.name, help: family.help, type: typeNumbers[kind], metric };
    return familyType.encodeDelimited(familyType.create(message)).finish();
  });
  return Buffer.concat(messages);
}

/** The families of an answer, for tests and for those who look into one. */
export function decodeFamilies(data: Uint8Array): Record<string, unknown>[] {
  const reader = protobuf.Reader.create(data);
  const families: Record<string, unknown>[] = [];
  while (reader.pos < reader.len)
    families.push(familyType.toObject(familyType.decodeDelimited(reader), { longs: Number, defaults: true }));
  return families;
}

/** Whether an Accept header prefers the protobuf exposition to text. */
export function prefersProtobuf(accept: string | undefined): boolean {
  const ranges = (accept ?? '').split(',').map((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith('q='));
    return { type, parameters, quality: quality === undefined ? 1 : Number(quality.slice(2)) };
  });
  const best = (matches: (range: (typeof ranges)[number]) => boolean): number =>
    Math.max(0, ...ranges.filter(matches).map(({ quality }) => quality));
  const protobufQuality = best(
    ({ type, parameters }) =>
      type === 'application/vnd.google.protobuf' &&
      parameters.includes('proto=io.prometheus.client.metricfamily') &&
      parameters.includes('encoding=delimited'),
  );
  return (
    protobufQuality > 0 &&
    protobufQuality >= best(({ type }) => ['text/plain', 'text/*', '*/*'].includes(type))
  );
}
