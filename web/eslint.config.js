import js from '@eslint/js';
import { configs as lit } from 'eslint-plugin-lit';
import ts from 'typescript-eslint';
import noRawText from './lint/no-raw-text.js';

export default ts.config(
  { ignores: ['dist', 'node_modules', 'src/api/openapi.ts', 'src/locale/generated'] },
  js.configs.recommended,
  ...ts.configs.strictTypeChecked,
  lit['flat/recommended'],
  {
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.lint.json', './tsconfig.worker.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      'max-lines': ['error', 400],
      'max-lines-per-function': ['error', { max: 50, skipComments: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  { files: ['tests/**', 'dev/**', 'bundling/**'], rules: { 'max-lines-per-function': 'off' } },
  {
    files: ['src/**'],
    plugins: { segue: { rules: { 'no-raw-text': noRawText } } },
    rules: { 'segue/no-raw-text': 'error' },
  },
  { files: ['**/*.js'], ...ts.configs.disableTypeChecked },
);
