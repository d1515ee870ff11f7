// One file of the tests with all that it imports, as Node takes it: to translate some 400 files anew costs each process two seconds of a core.
import { rmSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = path.resolve(import.meta.dirname, '../..');

/** In a bundle a file is no more where it was: it is told where that is. */
const ownPlaces = {
  name: 'own places',
  setup({ onLoad }) {
    onLoad({ filter: /\.(?:ts|mjs)$/ }, async ({ path: file }) => {
      if (file.includes(`${path.sep}node_modules${path.sep}`)) return undefined;
      const source = await readFile(file, 'utf8');
      const contents = source
        .replaceAll('import.meta.dirname', JSON.stringify(path.dirname(file)))
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(file).href));
      return { contents, loader: file.endsWith('.ts') ? 'ts' : 'js' };
    });
  },
};

/** Bundles the file, with packages left where they are. Answers with the bundle's path. */
export function bundle(file) {
  const relative = path.relative(root, path.resolve(file));
  return bundled(relative.replace(/\.ts$/, '.mjs'), { entryPoints: [relative] });
}

/** Bundles files of node:test that share a process (in-one-process.mjs), each to be loaded when it is its turn. */
export function bundleTogether(name, files) {
  const loaded = files.map((file) => `['${file}', () => import('./${file}')]`);
  const contents = `import { inOneProcess } from './test/runner/in-one-process.mjs';
inOneProcess([${loaded.join(',\n')}]);`;
  return bundled(`${name}.mjs`, { stdin: { contents, resolveDir: root } });
}

/**
 * Bundles files that each have a process of their own, with what they share in pieces: half a second of a core less for each. Answers with
 * the bundle of each; they go with this process.
 */
export async function bundleApart(files) {
  const outdir = path.join(root, 'build/bundles', `run-${process.pid}`);
  process.once('exit', () => rmSync(outdir, { recursive: true, force: true }));
  const naming = { outbase: root, outdir, outExtension: { '.js': '.mjs' } };
  await build({ ...OPTIONS, ...naming, entryPoints: files, splitting: true });
  return new Map(files.map((file) => [file, path.join(outdir, file.replace(/\.ts$/, '.mjs'))]));
}

const OPTIONS = {
  absWorkingDir: root,
  bundle: true,
  packages: 'external',
  platform: 'node',
  target: 'node20',
  format: 'esm',
  sourcemap: 'inline',
  // They are beside it.
  sourcesContent: false,
  logLevel: 'warning',
  plugins: [ownPlaces],
};

async function bundled(name, entry) {
  const outfile = path.join(root, 'build/bundles', name);
  const { outputFiles } = await build({ ...OPTIONS, ...entry, outfile, write: false });
  await mkdir(path.dirname(outfile), { recursive: true });
  // Another process may run it now, or make the same: it is there whole or not at all.
  const part = `${outfile}.${process.pid}`;
  await writeFile(part, outputFiles[0].contents);
  await rename(part, outfile);
  return outfile;
}
