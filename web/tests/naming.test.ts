import { readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const GENERATED = 'src/api/openapi.ts';
const FILES = ['src', 'tests', 'dev']
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  )
  .filter((name) => /\.(ts|css)$/.test(name) && name !== GENERATED);
const MAX_FILES_PER_FOLDER = 12;

/** Retired words that are the page's own terms: drawing on a canvas. */
const ALLOWED = new Set(['draw']);

/** Reads the words in the last section of the glossary: none of them may be in an identifier or file name. */
function retiredWords(): ReadonlySet<string> {
  const glossary = readFileSync(join(ROOT, '../docs/glossary.md'), 'utf8');
  const table = glossary.split('## Retired words')[1] ?? '';
  const words = [...table.matchAll(/^\| ([a-z]+) \|/gm)].map((match) => match[1] ?? '');
  return new Set(words.filter((word) => word !== 'retired' && !ALLOWED.has(word)));
}

/** Splits camelCase, kebab-case and UPPER_SNAKE_CASE into words. */
function wordsOf(name: string): readonly string[] {
  return (name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? []).map((word) => word.toLowerCase());
}

/** Lists the names that a module declares; names of the API, used as properties, are not the page's own. */
function declaredNames(file: string): readonly string[] {
  const source = ts.createSourceFile(file, readFileSync(join(ROOT, file), 'utf8'), ts.ScriptTarget.Latest);
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    const name = isDeclaration(node) ? node.name : undefined;
    if (name !== undefined && (ts.isIdentifier(name) || ts.isStringLiteral(name))) names.push(name.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return names;
}

function isDeclaration(node: ts.Node): node is ts.NamedDeclaration {
  return (
    ts.isVariableDeclaration(node) ||
    ts.isBindingElement(node) ||
    ts.isParameter(node) ||
    ts.isFunctionLike(node) ||
    ts.isClassDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isPropertyDeclaration(node) ||
    ts.isPropertySignature(node)
  );
}

const retired = retiredWords();
const retiredIn = (name: string) => wordsOf(name).filter((word) => retired.has(word));

describe('names', () => {
  it('are checked against the glossary', () => {
    expect(retired.size).toBeGreaterThan(100);
    expect(retiredIn('whatWasHeard')).toEqual(['heard']);
    expect(declaredNames('src/api/job-events.ts')).toEqual(
      expect.arrayContaining(['watchJob', 'signal', 'JobStream', 'lastEventId', 'MAX_FAILED_POLLS']),
    );
  });

  it.each(FILES)('in %s have no retired word', (file) => {
    expect(retiredIn(basename(file))).toEqual([]);
    const names = file.endsWith('.ts') ? declaredNames(file) : [];
    expect(names.filter((name) => retiredIn(name).length > 0)).toEqual([]);
  });

  it('of CSS classes have no retired word', () => {
    const classes = FILES.flatMap((file) => [
      ...readFileSync(join(ROOT, file), 'utf8').matchAll(/class="([a-z -]+)|^\s*\.([a-z-]+)[^{;]*\{/gm),
    ]).flatMap((match) => (match[1] ?? match[2] ?? '').split(' '));
    expect(classes.length).toBeGreaterThan(100);
    expect(classes.filter((name) => retiredIn(name).length > 0)).toEqual([]);
  });

  it('of custom elements are those of their files', () => {
    for (const file of FILES) {
      const tag = /@customElement\('([^']+)'\)/.exec(readFileSync(join(ROOT, file), 'utf8'))?.[1];
      if (tag !== undefined && file.startsWith('src')) expect(tag).toBe(basename(file, '.ts'));
    }
  });
});

it('keeps folders small', () => {
  const sizes = new Map<string, number>();
  for (const file of FILES) sizes.set(dirname(file), (sizes.get(dirname(file)) ?? 0) + 1);
  expect([...sizes].filter(([, size]) => size > MAX_FILES_PER_FOLDER)).toEqual([]);
});
