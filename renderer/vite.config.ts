import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where the core of `npm run dev` is (main/launch/dev.mjs), or another one that vite is started for by hand. */
const core = process.env['VIRTLANE_CORE'] ?? 'http://127.0.0.1:5174';

const proxied = {
  target: core,
  changeOrigin: true,
  ws: true,
  // The core checks Origin against its own address, and here it stands behind another one.
  headers: { origin: core },
};

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [react()],
  build: {
    outDir: '../build/renderer',
    emptyOutDir: true,
    // noVNC decides at load, with top-level await, what the browser can decode.
    target: 'es2022',
    // Fonts and images stay files: the content security policy allows no data: fonts.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
    modulePreload: { polyfill: false },
  },
  server: {
    host: '127.0.0.1',
    proxy: { '/session': proxied, '/rpc': proxied, '/pipe': proxied },
  },
});
