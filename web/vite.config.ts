import { pagePreloads } from './bundling/page-preloads.ts';
import { precompress } from './bundling/precompress.ts';
import { serviceWorker } from './bundling/service-worker.ts';
import { defineConfig, type ProxyOptions, type UserConfig } from 'vite';

const GATEWAY = process.env['SEGUE_GATEWAY'] ?? 'http://127.0.0.1:8000';
const API_PATHS = [
  'upload',
  'generate',
  'jobs',
  'files',
  'download',
  'play',
  'soundfonts',
  'styles',
  'health',
  'batches',
  'shares',
  'p',
];
const PROXY: Record<string, ProxyOptions> = {
  [`^/(${API_PATHS.join('|')})(/|$)`]: { target: GATEWAY },
  '^/(gallery|library)$': { target: GATEWAY, bypass: pageOrData },
  '^/library/': { target: GATEWAY },
};

/** `vite` talks to a running gateway; `vite --mode fake` to generated data, for work on the pages alone. */
export default defineConfig(async ({ mode }): Promise<UserConfig> => ({
  plugins:
    mode === 'fake'
      ? [(await import('./dev/fake-gateway.ts')).fakeGateway()]
      : [pagePreloads(), serviceWorker(), precompress()],
  server: { host: '127.0.0.1', proxy: mode === 'fake' ? {} : PROXY },
  // Everything stays a file of its own: the content security policy allows no data: addresses.
  build: { assetsInlineLimit: 0, target: 'es2022', license: { fileName: 'licenses/packages.md' } },
}));

/** Some paths are both a page and a resource: a browser asking for HTML gets the page. */
function pageOrData(request: { headers: { accept?: string | undefined } }): string | undefined {
  return request.headers.accept?.includes('text/html') ? '/index.html' : undefined;
}
