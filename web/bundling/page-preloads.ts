/** Lists the scripts of each page, so that the gateway can tell a browser of them before it has read the first one. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin, Rolldown } from 'vite';

const ROUTER = 'src/state/router.ts';
const ROUTE = /^ {2}'(\/[a-z-]*)': \['[a-z-]+', \(\) => import\('\.\.\/(pages\/[a-z-]+)'\)/gm;

/** Writes `preloads.json` into the output folder: the scripts of each page beside those of `index.html`. */
export function pagePreloads(): Plugin {
  let root = '';
  return {
    name: 'page-preloads',
    apply: 'build',
    configResolved: (config) => void (root = config.root),
    generateBundle(_, bundle) {
      const chunks = Object.values(bundle).filter((output) => output.type === 'chunk');
      const initial = new Set(chunks.filter((chunk) => chunk.isEntry).flatMap((chunk) => withImports(chunk, bundle)));
      const preloads: Record<string, readonly string[]> = {};
      for (const [, path = '', module = ''] of readFileSync(join(root, ROUTER), 'utf8').matchAll(ROUTE)) {
        const page = chunks.find((chunk) => chunk.facadeModuleId?.endsWith(`/${module}.ts`));
        if (page === undefined) this.error(`No file was built for ${module}.`);
        preloads[path] = withImports(page, bundle)
          .filter((name) => !initial.has(name))
          .map((name) => `/${name}`);
      }
      this.emitFile({ type: 'asset', fileName: 'preloads.json', source: JSON.stringify(preloads) });
    },
  };
}

/** Returns the names of a chunk and of all that it imports when it loads. */
function withImports(chunk: Rolldown.OutputChunk, bundle: Rolldown.OutputBundle): readonly string[] {
  const names = new Set([chunk.fileName]);
  for (const name of names) {
    const imported = bundle[name];
    if (imported?.type === 'chunk') for (const each of imported.imports) names.add(each);
  }
  return [...names];
}
