import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { templates } from '../src/locale/generated/de';
import { preferredLocale } from '../src/locale/locale';

const ROOT = join(import.meta.dirname, '..');
const UNIT = /<trans-unit id="([^"]+)">\s*<source>([\s\S]*?)<\/source>/g;

/** Collects the ids and texts of all messages of the page, as `npm run translate` does. */
function collectMessages(): ReadonlyMap<string, string> {
  const folder = mkdtempSync(join(ROOT, 'node_modules', '.locale-'));
  try {
    const config = JSON.parse(readFileSync(join(ROOT, 'lit-localize.json'), 'utf8')) as Record<string, unknown>;
    const tsConfig = { extends: '../../tsconfig.json', include: ['../../src'], exclude: ['../../src/service-worker'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsConfig));
    writeFileSync(
      join(folder, 'config.json'),
      JSON.stringify({ ...config, tsConfig: './tsconfig.json', interchange: { format: 'xliff', xliffDir: '.' } }),
    );
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    execFileSync(join(ROOT, 'node_modules/.bin/lit-localize'), ['extract', '--config', join(folder, 'config.json')]);
    const found = readFileSync(join(folder, 'de.xlf'), 'utf8').matchAll(UNIT);
    return new Map([...found].map((match) => [match[1] ?? '', match[2] ?? '']));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('German', () => {
  let messages: ReadonlyMap<string, string> = new Map();
  beforeAll(() => void (messages = collectMessages()), 60_000);

  it('has every text: where not, translate it in de.xlf after `npm run translate`', () => {
    expect(messages.size).toBeGreaterThan(500);
    const translated = new Set(Object.keys(templates));
    expect([...messages].filter(([id]) => !translated.has(id)).map(([, text]) => text)).toEqual([]);
  });

  it('is translated in the file that it is generated from', () => {
    const units = [
      ...readFileSync(join(ROOT, 'src/locale/de.xlf'), 'utf8').matchAll(/<trans-unit[\s\S]*?<\/trans-unit>/g),
    ];
    expect(units.filter(([unit]) => !unit.includes('<target>')).map(([unit]) => unit)).toEqual([]);
  });
});

describe('the language', () => {
  it.each([
    ['de', ['en-US'], 'de'],
    [null, ['fr-FR', 'de-AT', 'en'], 'de'],
    [null, ['en-GB', 'de'], 'en'],
    [null, ['fr'], 'en'],
    ['klingon', ['de'], 'de'],
  ] as const)('saved as %o, with %o in the browser, is %s', (saved, languages, expected) => {
    expect(preferredLocale(saved, languages)).toBe(expected);
  });
});
