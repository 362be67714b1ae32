import { readFile } from 'node:fs/promises';
import openapiTS, { COMMENT_HEADER, astToString } from 'openapi-typescript';
import { expect, it } from 'vitest';

const DOCUMENT = new URL('../../src/api/openapi.json', import.meta.url);
const TYPES = new URL('../../src/api/openapi.ts', import.meta.url);

it('has types that match the OpenAPI document: if not, run `npm run contract`', async () => {
  const generated = await openapiTS(DOCUMENT, { immutable: true, defaultNonNullable: false });
  expect(await readFile(TYPES, 'utf8')).toBe(COMMENT_HEADER + astToString(generated));
});
