// `require('csv-parse/lib/sync')`: the csv-parse of today with the options, the records and the errors of version 1.2, which is Postman's. What
// only later versions know (`cast`, `from_line`, `info` …) can be asked for too.
const { parse, CsvError } = require('csv-parse/sync');

/** Options that are on where they are truthy, and their names of today. */
const switches = new Map([
  ['auto_parse', 'cast'],
  ['auto_parse_date', 'cast_date'],
  ['ltrim', 'ltrim'],
  ['raw', 'raw'],
  ['relax', 'relax_quotes'],
  ['relax_column_count', 'relax_column_count'],
  ['rtrim', 'rtrim'],
  ['skip_empty_lines', 'skip_empty_lines'],
  ['skip_lines_with_empty_values', 'skip_records_with_empty_values'],
  ['skip_lines_with_error', 'skip_records_with_error'],
  ['trim', 'trim'],
]);

const renamed = new Map([
  ['columns_duplicates_to_array', 'group_columns_by_name'],
  ['rowDelimiter', 'record_delimiter'],
]);

/** Any of them says what becomes of a line with too few or too many fields. */
const tolerances = [
  'relax_column_count',
  'relax_column_count_less',
  'relax_column_count_more',
  'skip_records_with_error',
];

function optionsOfToday(options) {
  const given = { bom: true };
  for (const [name, value] of Object.entries(options)) {
    if (switches.has(name)) given[switches.get(name)] = Boolean(value);
    else if (value !== null || name === 'quote') given[renamed.get(name) ?? name] = value;
  }
  return given;
}

/** As version 1.2 says it. */
function asBefore(error, { delimiter = ',' }) {
  if (!(error instanceof CsvError)) return error;
  switch (error.code) {
    case 'INVALID_OPENING_QUOTE':
      return new Error(`Invalid opening quote at line ${error.lines}`);
    case 'CSV_INVALID_CLOSING_QUOTE':
    case 'CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE': {
      const found = /got "([^]*?)" at line/.exec(error.message)?.[1] ?? ' ';
      return new Error(
        `Invalid closing quote at line ${error.lines}; found ${JSON.stringify(found)} instead of delimiter ${JSON.stringify(delimiter)}`,
      );
    }
    case 'CSV_QUOTE_NOT_CLOSED':
      return new Error(`Quoted field not terminated at line ${error.lines + 1}`);
    case 'CSV_RECORD_INCONSISTENT_COLUMNS':
      return new Error(`Number of columns on line ${error.lines} does not match header`);
    case 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH':
      return new Error(`Number of columns is inconsistent on line ${error.lines}`);
    default:
      return error;
  }
}

const isEmptyLine = (fields) => fields.length === 1 && fields[0] === '';

module.exports = function parseAtOnce(data, options) {
  const { from = 0, to = Infinity, objname, on_record: onRecord, ...given } = optionsOfToday(options ?? {});
  const text = Buffer.isBuffer(data) ? data.toString() : String(data);
  const ends = [given.record_delimiter ?? ['\n', '\r'], given.delimiter ?? ','].flat();
  const openEnd = ends.some((end) => text.endsWith(end)) ? undefined : Buffer.byteLength(text);
  const isStrict = !tolerances.some((name) => given[name]);
  let count = 0;

  const on_record = (record, context) => {
    const { bytes, error } = context;
    const fields = error?.record ?? Object.values(given.raw || given.info ? record.record : record);
    // An empty line is a record, whatever the number of columns, and not counted.
    if (!isEmptyLine(fields)) {
      if (isStrict && error !== undefined) {
        // Postman's drops a last line that nothing ends.
        if (bytes === openEnd) return null;
        throw error;
      }
      ++count;
    }
    if (count < from || count > to) return null;
    const shown = given.raw && !given.info ? { raw: record.raw, row: record.record } : record;
    return onRecord === undefined ? shown : onRecord(shown, context);
  };

  try {
    const records = parse(text, { ...given, on_record, ...(isStrict ? { relax_column_count: true } : {}) });
    if (!objname) return records;
    return Object.fromEntries(
      records.map((record) => (given.columns ? [record[objname], record] : [record[0], record[1]])),
    );
  } catch (error) {
    throw asBefore(error, given);
  }
};
