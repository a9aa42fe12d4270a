import { defineConfig } from 'oxlint';

export default defineConfig({
  plugins: ['import', 'typescript', 'unicorn', 'promise', 'node'],
  categories: { correctness: 'error' },
  rules: {
    eqeqeq: 'error',
    'no-var': 'error',
    'prefer-const': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-non-null-assertion': 'error',
    'typescript/consistent-type-imports': 'error',
    'no-console': 'error',
  },
  overrides: [{ files: ['test/**', 'build/**', 'fixtures/**', 'app/cli/**'], rules: { 'no-console': 'off' } }],
  ignorePatterns: ['**/dist/**', 'fixtures/out/**'],
});
