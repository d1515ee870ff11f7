import os from 'node:os';
import path from 'node:path';
import { defineConfig } from '@playwright/test';

/** The limits are for a hang, never for speed: two cores run QEMU without KVM, libvirtd, the core and the browser. */
export default defineConfig({
  testDir: import.meta.dirname,
  outputDir: path.join(os.tmpdir(), 'virtlane-e2e'),
  workers: 1,
  fullyParallel: false,
  retries: 0,
  timeout: 240_000,
  expect: { timeout: 60_000 },
  use: {
    actionTimeout: 60_000,
    viewport: { width: 1440, height: 900 },
    colorScheme: 'dark',
    launchOptions: {
      executablePath: process.env['VIRTLANE_CHROMIUM'] ?? '/usr/bin/chromium',
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    },
    permissions: ['clipboard-read', 'clipboard-write'],
    screenshot: 'only-on-failure',
  },
});
