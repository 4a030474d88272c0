// What dist/ holds: the programs and the library as bundles, which start in a fraction of the time that hundreds of modules take, and the
// declarations that their users see. Only native packages stay outside.
//   dist/cli/main.js, dist/cli/daemon-main.js  the programs; modules that both need, or load on demand, in dist/chunks
//   dist/cjs/index.js, dist/index.js           the library: one CommonJS module and its names as an ECMAScript module, so that both are
//                                              the same classes
//   dist/tables                                data of bundled packages, loaded on demand
//   dist/client/index.js, dist/cjs/client      the client, without anything of Node
// Every bundle lies one folder below dist/, as its sources do below lib/: paths relative to the package hold for both.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { projectRoot } from './shell.mjs';

const dist = path.join(projectRoot, 'dist');
const common = {
  absWorkingDir: projectRoot,
  bundle: true,
  target: 'node20',
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'none',
  minifyWhitespace: true,
  logLevel: 'warning',
};
const onNode = {
  ...common,
  platform: 'node',
  external: ['better-sqlite3', 'node-gyp-build'],
  plugins: [{ name: 'tables', setup: keepTablesApart }],
};
/** Bundled CommonJS packages ask for Node's modules with `require`. */
const requireInModules =
  "import { createRequire as createRequire_ } from 'node:module'; const require = createRequire_(import.meta.url);";
const urlInCommonjs = "const importMetaUrl_ = require('node:url').pathToFileURL(__filename).href;";

/**
 * Leaves the tables of packages (character sets, media types) in files of their own, loaded when they are asked for: as parts of a bundle
 * they are three quarters of the daemon's source text, which V8 keeps in memory.
 */
function keepTablesApart(build) {
  build.onResolve({ filter: /\.json$/ }, ({ path: wanted, resolveDir }) => {
    const file = path.resolve(resolveDir, wanted);
    if (!/\/node_modules\/(iconv-lite|mime-db)\//.test(file.split(path.sep).join('/'))) return undefined;
    const name = path.basename(file);
    mkdirSync(path.join(dist, 'tables'), { recursive: true });
    copyFileSync(file, path.join(dist, 'tables', name));
    return { path: `../tables/${name}`, external: true };
  });
}

/** Writes dist/ anew; `declarations` is where tsc left those of lib/. */
export async function writeBundles(declarations) {
  const { build } = await import('esbuild');
  rmSync(dist, { recursive: true, force: true });
  await Promise.all([
    build({
      ...onNode,
      entryPoints: { 'cli/main': 'lib/cli/main.ts', 'cli/daemon-main': 'lib/cli/daemon-main.ts' },
      outdir: 'dist',
      format: 'esm',
      splitting: true,
      chunkNames: 'chunks/[name]-[hash]',
      banner: { js: requireInModules },
    }),
    build({
      ...onNode,
      entryPoints: { index: 'lib/index.ts' },
      outdir: 'dist/cjs',
      format: 'cjs',
      define: { 'import.meta.url': 'importMetaUrl_' },
      banner: { js: urlInCommonjs },
    }),
    ...['esm', 'cjs'].map((format) =>
      build({
        ...common,
        platform: 'neutral',
        target: 'es2022',
        entryPoints: { index: 'lib/client/index.ts' },
        outdir: format === 'esm' ? 'dist/client' : 'dist/cjs/client',
        format,
      }),
    ),
  ]);
  writeFileSync(path.join(dist, 'cjs', 'package.json'), '{ "type": "commonjs" }\n');
  const names = Object.keys(createRequire(import.meta.url)(path.join(dist, 'cjs', 'index.js'))).sort();
  writeFileSync(path.join(dist, 'index.js'), `export { ${names.join(', ')} } from './cjs/index.js';\n`);
  for (const folder of ['.', 'cjs']) copyDeclarations(declarations, path.join(dist, folder));
}

/** The declarations of the library and the client, and what those refer to. */
function copyDeclarations(from, to) {
  const waiting = ['index.d.ts', 'client/index.d.ts'];
  const copied = new Set();
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (copied.has(file)) continue;
    copied.add(file);
    mkdirSync(path.dirname(path.join(to, file)), { recursive: true });
    copyFileSync(path.join(from, file), path.join(to, file));
    for (const [, target] of readFileSync(path.join(from, file), 'utf8').matchAll(
      /(?:from|import\()\s*['"](\.[^'"]+)\.js['"]/g,
    ))
      waiting.push(path.posix.join(path.posix.dirname(file), `${target}.d.ts`));
  }
}
