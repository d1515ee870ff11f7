// How vite makes one file of the command line (build/cli/virtlane.cjs): a few hundred modules take longer to load than a command to run.
import path from 'node:path';
import { codeFile } from './cli-code.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const file = codeFile(root);

/** Compiled add-ons stay where npm built them; one that is not there is left to the `try` around its `require`. */
const addons = {
  name: 'addons',
  resolveId(source, importer) {
    if (!source.endsWith('.node')) return undefined;
    return { id: path.resolve(path.dirname(importer ?? root), source), external: true };
  },
};

/** Every letter of the file is one byte, which cli-code.mjs reads much sooner. What is escaped means the same, but in a template that asks for its raw text. */
const ascii = {
  name: 'ascii',
  /** After all that prints the code anew. */
  generateBundle(_options, bundle) {
    const escaped = (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
    for (const file of Object.values(bundle))
      // By UTF-16 unit, as a string is.
      if (file.type === 'chunk') file.code = file.code.replaceAll(/[^\0-\x7f]/g, escaped);
  },
};

export default {
  root,
  publicDir: false,
  plugins: [addons, ascii],
  ssr: { noExternal: true, external: ['cpu-features'] },
  build: {
    ssr: path.join(root, 'build/main/cli/main.js'),
    outDir: path.dirname(file),
    emptyOutDir: true,
    target: 'node20',
    minify: false,
    rolldownOptions: {
      output: { format: 'cjs', entryFileNames: path.basename(file), codeSplitting: false },
    },
  },
};
