/** Builds the service worker, which knows the built files of the page and its addresses. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build, type Plugin } from 'vite';

/** Files that a browser without a connection needs; fonts of other alphabets, licenses and pictures are not among them. */
const NEEDED = /\.(js|css|html|svg|webmanifest)$|(?:italic-600|400-700)[^/]*\.woff2$/;
const ROUTER = 'src/state/router.ts';

/** Writes `service-worker.js` into the output folder, as a file of its own that browsers need not import from. */
export function serviceWorker(): Plugin {
  let [root, outDir] = ['', ''];
  let pageFiles: { url: string; revision: string | null }[] = [];
  return {
    name: 'service-worker',
    apply: 'build',
    configResolved: (config) => void ([root, outDir] = [config.root, config.build.outDir]),
    writeBundle: (_, bundle) => {
      pageFiles = [...Object.keys(bundle), 'favicon.svg', 'manifest.webmanifest']
        .filter((name) => NEEDED.test(name))
        .map((name) => ({
          url: `/${name}`,
          revision: name.startsWith('assets/') ? null : hash(resolve(root, outDir, name)),
        }));
    },
    closeBundle: {
      sequential: true,
      handler: async () => {
        await build({
          root,
          configFile: false,
          publicDir: false,
          logLevel: 'warn',
          define: {
            PAGE_FILES: JSON.stringify(pageFiles),
            PAGE_PATHS: JSON.stringify(pagePaths(join(root, ROUTER))),
            'process.env.NODE_ENV': '"production"',
          },
          build: {
            outDir,
            emptyOutDir: false,
            target: 'es2022',
            rolldownOptions: {
              input: join(root, 'src/service-worker/service-worker.ts'),
              output: { format: 'iife', entryFileNames: '[name].js' },
            },
          },
        });
      },
    },
  };
}

function hash(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16);
}

/** Reads the addresses of the pages from the router's table. */
function pagePaths(path: string): readonly string[] {
  return [...readFileSync(path, 'utf8').matchAll(/^ {2}'(\/[a-z-]*)': \[/gm)].map((match) => match[1] ?? '');
}
