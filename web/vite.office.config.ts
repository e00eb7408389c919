import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Tells the browser to fetch the text font with the page instead of after the style sheet. */
function preloadFont(): Plugin {
  return {
    name: 'firstfix-preload-font',
    transformIndexHtml: {
      order: 'post',
      handler(_html, { bundle }) {
        const font = Object.keys(bundle ?? {}).find((name) => name.endsWith('.woff2'));
        if (font === undefined) return [];
        return [
          {
            tag: 'link',
            attrs: {
              rel: 'preload',
              href: `/app/${font}`,
              as: 'font',
              type: 'font/woff2',
              crossorigin: true,
            },
            injectTo: 'head-prepend',
          },
        ];
      },
    },
  };
}

export default defineConfig({
  root: fileURLToPath(new URL('office', import.meta.url)),
  base: '/app/',
  plugins: [react(), preloadFont()],
  build: {
    outDir: fileURLToPath(new URL('../src/firstfix/web_dist/office', import.meta.url)),
    emptyOutDir: true,
    manifest: true,
    target: 'es2023',
    // A file of its own for every asset: the content security policy allows no data: scripts or fonts.
    assetsInlineLimit: 0,
  },
  server: {
    // `npx vite --config vite.office.config.ts` beside a server that runs on its usual port.
    proxy: { '/web': process.env.FIRSTFIX_URL ?? 'http://127.0.0.1:8000' },
  },
});
