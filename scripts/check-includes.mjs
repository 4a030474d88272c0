// Checks what belongs where: every foreign header has one home, native folders include only what is below them, no two headers define the
// same function, SQL stays in lib/store and the addon is loaded in lib/engine only.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isMain, projectRoot, runMain, say, StepError } from './steps/shell.mjs';
import { sourceFiles } from './steps/source-files.mjs';

/** What the files of a native folder may include from other native folders. */
const nativeFolders = {
  base: [],
  metrics: ['base'],
  curl: ['base'],
  script: ['base'],
  engine: ['base', 'metrics', 'curl', 'script'],
  addon: ['base', 'metrics', 'curl', 'script', 'engine'],
  test: ['base', 'metrics', 'curl', 'script', 'engine'],
};

/** `home` says whether the header may be included in that file (relative to native/). */
const headerHomes = [
  { header: /^(node_api|js_native_api|napi)(-inl)?\.h$/, home: /^addon\//, where: 'native/addon' },
  {
    header: /^curl\//,
    home: /^(curl\/|engine\/\w*transport\w*\.|engine\/\w*(curl|wire)\w*\.|test\/)/,
    where: "native/curl and the engine's transports",
  },
  {
    header: /^(quickjs|quickjs-libc|cutils|libregexp|libunicode)\.h$/,
    home: /^script\//,
    where: 'native/script',
  },
  { header: /^nghttp2\//, home: /^(engine\/http2_|test\/)/, where: "the engine's http2 files" },
  { header: /^openssl\//, home: /^(curl|test)\//, where: 'native/curl' },
  { header: /^(uv|v8|node)\.h$/, home: /^$/, where: 'no file' },
];

const sqlStatement =
  /\b(SELECT\s+[\w*"(].*\bFROM|INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+(TABLE|INDEX|UNIQUE|TRIGGER|VIEW)|ALTER\s+TABLE|PRAGMA\s+\w+)\b/;
const addonLoading = /\bprocess\.dlopen\b|node-gyp-build|['"][^'"]*\.node['"]/;

/** Problems of one native file, as `file:line: message`. */
export function nativeProblems(file, text) {
  const relative = file.replace(/^native\//, '');
  const folder = relative.split('/')[0];
  const allowed = nativeFolders[folder];
  if (allowed === undefined)
    return [`${file}: native/${folder} is not one of ${Object.keys(nativeFolders).join(', ')}`];
  const problems = [];
  text.split('\n').forEach((line, index) => {
    // Ours are included with quotes, foreign ones with angle brackets: curl/ is the name of a folder of both.
    const [, bracket, included] = /^\s*#\s*include\s+([<"])([^>"]+)[>"]/.exec(line) ?? [];
    if (included === undefined) return;
    const at = `${file}:${index + 1}`;
    for (const { header, home, where } of headerHomes) {
      if (bracket === '<' && header.test(included) && !home.test(relative))
        problems.push(`${at}: <${included}> may be included in ${where} only`);
    }
    const target = included.split('/')[0];
    if (bracket === '"' && target in nativeFolders && target !== folder && !allowed.includes(target)) {
      problems.push(`${at}: native/${folder} must not include native/${target}`);
    }
  });
  return problems;
}

/**
 * Functions that two headers define alike. The linker keeps one of them for both, whichever it meets first, and no compiler says so
 * (the one definition rule, [basic.def.odr]).
 */
export function doubleDefinitions(headers) {
  const homes = new Map();
  const problems = [];
  for (const { file, text } of headers) {
    for (const [, name, parameters] of text.matchAll(inlineFunction)) {
      const types = parameters.replace(/\s+/g, ' ').split(',').map(withoutName).join(', ');
      const signature = `${name}(${types})`;
      const home = homes.get(signature);
      if (home === undefined) homes.set(signature, file);
      else if (home !== file) problems.push(`${file}: ${signature} is defined in ${home} too`);
    }
  }
  return problems;
}

/** At the margin, where members of classes do not stand. */
const inlineFunction = /^(?:(?:inline|constexpr|\[\[nodiscard\]\]) )+[^\n=;{(]*?\b(\w+)\(([^)]*)\)/gm;

function withoutName(parameter) {
  return parameter
    .trim()
    .replace(/(?<=[\s&*])\w+$/, '')
    .trim();
}

/** Problems of one TypeScript file under lib/. */
export function typescriptProblems(file, text) {
  const problems = [];
  text.split('\n').forEach((line, index) => {
    const code = line.replace(/^\s*(\/\/|\*|\/\*).*$/, '');
    if (!file.startsWith('lib/store/') && sqlStatement.test(code))
      problems.push(`${file}:${index + 1}: SQL belongs in lib/store`);
    if (!file.startsWith('lib/engine/') && addonLoading.test(code))
      problems.push(`${file}:${index + 1}: the addon is loaded in lib/engine only`);
  });
  return problems;
}

if (isMain(import.meta.url)) {
  await runMain(() => {
    const read = (file) => readFileSync(path.join(projectRoot, file), 'utf8');
    const native = sourceFiles(['native'], ['.h', '.cc', '.cpp', '.c']);
    const typescript = sourceFiles(['lib'], ['.ts']).filter((file) => !file.startsWith('lib/scripting/'));
    const problems = [
      ...native.flatMap((file) => nativeProblems(file, read(file))),
      ...doubleDefinitions(
        native.filter((file) => file.endsWith('.h')).map((file) => ({ file, text: read(file) })),
      ),
      ...typescript.flatMap((file) => typescriptProblems(file, read(file))),
    ];
    if (problems.length > 0) throw new StepError('What belongs where (see design and docs):', problems);
    say(
      `Includes and layers of ${native.length} native and ${typescript.length} TypeScript files are in order`,
    );
  });
}
