import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Top to bottom: a file imports from its own folder or from one further down this list. */
const layers = ['cli', 'client', 'api', 'runs', 'store', 'engine', 'model'];

/** Where the one importer of a package lives. */
const homes = [
  { module: 'better-sqlite3', folder: 'store', why: 'SQL lives in lib/store' },
  { module: 'node-gyp-build', folder: 'engine', why: 'the addon is loaded in lib/engine' },
  { module: 'express', folder: 'api', why: 'HTTP is served in lib/api' },
  { module: 'commander', folder: 'cli', why: 'the command line lives in lib/cli' },
];

/** `client` runs in browsers too: it sees the model and nothing else. */
function forbiddenLayers(layer) {
  if (layer === 'client') return layers.filter((other) => !['client', 'model'].includes(other));
  if (layer === 'scripting') return layers;
  const above = layers.slice(0, layers.indexOf(layer));
  return layer === 'api' || layer === 'cli' ? above.filter((other) => other !== 'client') : above;
}

function layerRule(layer) {
  const forbidden = forbiddenLayers(layer);
  const patterns = [
    {
      regex: '^(\\.\\./)+index\\.js$',
      message: 'lib/index.ts is the face to the outside; import the file itself.',
    },
    ...homes
      .filter((home) => home.folder !== layer)
      .map((home) => ({ regex: `^${home.module}$`, message: `${home.why}.` })),
  ];
  if (forbidden.length > 0) {
    patterns.push({
      regex: `^(\\.\\./)+(${forbidden.join('|')})/`,
      message: `lib/${layer} must not import from a layer above it (${layers.join(' → ')}).`,
    });
  }
  return {
    files: [`lib/${layer}/**/*.ts`],
    rules: { 'no-restricted-imports': ['error', { patterns }] },
  };
}

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'build/',
      'prebuilds/',
      'node_modules/',
      '.cache/',
      'vendor/',
      'coverage/',
      'examples/**/node_modules/',
      // As people write them, not as we do.
      'test/scripting/examples/',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidOperator: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/prefer-nullish-coalescing': [
        'error',
        { ignorePrimitives: { string: true, boolean: true } },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // noUncheckedIndexedAccess makes every index read possibly undefined; where that cannot be, `!` says so.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/dot-notation': ['error', { allowIndexSignaturePropertyAccess: true }],
      // A quarter of the time for cases that do not occur here.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      'no-console': 'error',
    },
  },
  ...[...layers, 'scripting'].map(layerRule),
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            {
              from: 'package',
              package: 'node:test',
              name: ['test', 'it', 'describe', 'suite', 'before', 'after', 'beforeEach', 'afterEach'],
            },
          ],
        },
      ],
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      'no-console': 'off',
    },
  },
  {
    // The runtime inside QuickJS imitates a dynamic surface: whatever a script passes has to be taken as the original takes it.
    files: ['lib/scripting/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 450, skipBlankLines: true, skipComments: true }],
      'no-console': 'off',
      'no-prototype-builtins': 'off',
      '@typescript-eslint/no-dynamic-delete': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/no-this-alias': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/prefer-nullish-coalescing': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/use-unknown-in-catch-callback-variable': 'off',
      '@typescript-eslint/class-literal-property-style': 'off',
      '@typescript-eslint/no-base-to-string': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/no-unnecessary-type-conversion': 'off',
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'process',
          'console',
          'Buffer',
          'fetch',
          'URL',
          'URLSearchParams',
          'AbortController',
          'AbortSignal',
          'TextEncoder',
          'TextDecoder',
          'setTimeout',
          'clearTimeout',
          'setInterval',
          'clearInterval',
          'setImmediate',
          'queueMicrotask',
          'structuredClone',
          'performance',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
  {
    // Bundled for QuickJS, whose globals are not Node's.
    files: ['lib/scripting/**/*.{js,cjs,mjs}'],
    rules: { 'no-undef': 'off' },
  },
  {
    // Scripts as the engine runs them: bare Postman scripts.
    files: ['scripts/demo-tests.js', 'examples/**/*.pm.js'],
    languageOptions: { sourceType: 'script', globals: { pm: 'readonly' } },
  },
);
