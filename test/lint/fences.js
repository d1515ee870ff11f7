// The fences of the house as one lint rule: which folder may import which (ARCHITECTURE.md, "Layers").
// Do not relax these rows: move the code instead.
import path from 'node:path';

/** @type {[from: string, may: string[]][]} First match wins; `from` is a path prefix, `may` are prefixes of project files or bare packages ('*' is any package, 'node:' any builtin). */
const ROWS = [
  ['drivers/xdr/', ['drivers/xdr/']],
  ['drivers/rpc/', ['drivers/rpc/', 'drivers/xdr/', 'node:']],
  ['drivers/transport/', ['drivers/transport/', 'node:', 'ssh2', 'ssh-config']],
  ['drivers/xml/', ['drivers/xml/', '@rgrove/parse-xml']],
  ['drivers/libvirt/', ['drivers/libvirt/', 'drivers/rpc/', 'drivers/xdr/', 'drivers/xml/', 'node:']],
  ['drivers/simulator/', ['drivers/', 'node:']],
  ['drivers/formats/', ['drivers/', 'node:', 'hash-wasm', 'js-yaml', 'zstddec']],
  ['drivers/', ['drivers/', 'node:']],
  ['main/contract/', ['main/contract/', 'zod', '@orpc/contract']],
  ['main/stats/', ['main/stats/', 'main/contract/', 'drivers/', 'node:']],
  ['main/launch/', ['main/', 'build/main/', 'node:']],
  ['main/', ['main/', 'drivers/', 'node:', '@orpc/', 'ws', 'zod', 'commander', 'xz-decompress']],
  ['electron/', ['electron/', 'main/', 'node:', 'electron']],
  ['renderer/', ['renderer/', 'main/contract/', '*']],
  ['test/', ['*', 'node:', 'drivers/', 'main/', 'electron/', 'renderer/', 'test/']],
];
const FORBIDDEN_PACKAGES = { 'renderer/': ['electron', 'ssh2', 'ws', 'zod', '@orpc/server'] };

/** @param {string} root @param {string} file @param {string} source */
export function allowed(root, file, source) {
  const from = path.relative(root, file).replaceAll('\\', '/');
  const row = ROWS.find(([prefix]) => from.startsWith(prefix));
  if (row === undefined) return true;
  const target = source.startsWith('.')
    ? path.relative(root, path.resolve(path.dirname(file), source)).replaceAll('\\', '/')
    : source;
  const relative = source.startsWith('.');
  const banned = Object.entries(FORBIDDEN_PACKAGES).find(([prefix]) => from.startsWith(prefix))?.[1] ?? [];
  if (!relative && banned.some((name) => target === name || target.startsWith(`${name}/`))) return false;
  return row[1].some((may) => {
    if (may === '*') return !relative && !target.startsWith('node:');
    if (relative) return target.startsWith(may);
    return target === may || target.startsWith(may.endsWith(':') || may.endsWith('/') ? may : `${may}/`);
  });
}

const root = path.resolve(import.meta.dirname, '../..');
const rule = {
  /** @param {any} context */
  create(context) {
    /** @param {any} node */
    const check = (node) => {
      const source = node.source?.value;
      if (typeof source === 'string' && !allowed(root, context.filename, source))
        context.report({
          node,
          message: `This folder may not import '${source}' (ARCHITECTURE.md, Layers).`,
        });
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
    };
  },
};
export default { meta: { name: 'virtlane' }, rules: { fences: rule } };
