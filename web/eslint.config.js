import js from '@eslint/js'
import jsxA11y from 'eslint-plugin-jsx-a11y'
import reactHooks from 'eslint-plugin-react-hooks'
import globals from 'globals'
import tseslint from 'typescript-eslint'

// A feature is a folder of src/ that a route composes. Features do not know one another, and what they share knows
// no feature: a page can be taken out by deleting its folder and its route.
const FEATURES = [
  'home',
  'search',
  'listing',
  'room',
  'sell',
  'account',
  'bids',
  'selling',
  'watchlist',
  'notifications',
  'gallery',
  'orders',
  'checkout',
  'wallet',
  'staff',
  'people',
]
const SHARED = ['api', 'auction', 'live', 'ui', 'shared', 'strings']

function forbids(folder, names, message) {
  return {
    files: [`src/${folder}/**/*.{ts,tsx}`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: names.flatMap(name => [`@/${name}/*`, `**/../${name}/*`]), message },
            { group: ['@/*/index', '**/index'], message: 'No barrel files: import the module itself.' },
          ],
        },
      ],
    },
  }
}

export default tseslint.config(
  {
    ignores: [
      'dist',
      'src/app/start.js',
      'src/app/theme-first.js',
      'src/app/service-worker.js',
      'public',
      'scripts',
      'node_modules',
      'src/api/schema.d.ts',
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.strict,
  ...tseslint.configs.stylistic,
  reactHooks.configs.flat['recommended-latest'],
  jsxA11y.flatConfigs.strict,
  {
    languageOptions: {
      globals: globals.browser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_' }],
      // Of the rules that need types, those that find what tsc does not: all of them together take a minute.
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unnecessary-condition': 'error',
    },
  },
  ...FEATURES.map(feature =>
    forbids(
      feature,
      [...FEATURES.filter(other => other !== feature), 'app'],
      'Features do not import one another or the app; a route composes them.',
    ),
  ),
  ...SHARED.map(folder =>
    forbids(folder, [...FEATURES, 'app'], 'Shared code knows no feature and not the app.'),
  ),
  { files: ['src/**/index.{ts,tsx}'], rules: { 'no-restricted-syntax': ['error', 'Program'] } },
  { files: ['*.config.js'], ...tseslint.configs.disableTypeChecked },
)
