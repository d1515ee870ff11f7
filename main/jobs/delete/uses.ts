import { uuidToString } from '../../../drivers/libvirt/uuid.ts';
import type { VolumeUser } from '../../contract/storage.ts';
import { inPool } from '../../inventory/pool.ts';
import { isRaw } from '../../storage/image.ts';
import { machineFiles, pathOf, type MachineFile } from '../../storage/machine-files.ts';
import type { OverlaySearch } from './overlays.ts';
import type { HostMachine } from './read.ts';
import type { VolumeReader } from './volumes.ts';

const IN_FLIGHT = 4;

/** A file that is looked for, as a machine uses it. */
export interface Use {
  readonly path: string;
  readonly user: VolumeUser;
  /** Of its driver. */
  readonly format: string | null;
  /** The machine writes to it while it runs. */
  readonly writes: boolean;
}

/** What of the files a machine needs; what it has on no active pool, and does not tell, is noted as unseen. */
export async function usesOf(
  { dom, models, foreign = false }: HostMachine,
  { paths, reader, unseen }: Pick<OverlaySearch, 'paths' | 'reader' | 'unseen'>,
): Promise<Use[]> {
  const found = new Map<string, Use>();
  const running = dom.id >= 0;
  const own = foreign ? null : dom;
  const base = { uuid: uuidToString(dom.uuid), name: dom.name, running };
  /** Files whose chains a machine that runs has told. */
  const told = new Set<string>();
  for (const [index, model] of models.entries()) {
    const named = await reader.namedPaths(model);
    for (const file of machineFiles(model)) {
      const top = pathOf(file.source, named);
      if (top === null) {
        if (file.source.pool !== null) unseen.disk(dom.name, file);
        continue;
      }
      // The first of a machine that runs is how it runs: QEMU has opened all of its files.
      if (running && index === 0) told.add(top);
      const chain = await reader.realChain(top);
      if (!told.has(top) && (await isBlind(file, chain, reader))) unseen.disk(dom.name, file);
      if (file.via === 'disk' && (await reader.mayBeAny(paths, { path: top, via: 'disk', dom: own })))
        unseen.disk(dom.name, file);
      for (const path of new Set([...chain, ...(await chainsUnder(file, named, reader))])) {
        const via = path === top ? file.via : 'backing';
        const writes = path === top && file.writes;
        for (const used of await reader.sameFiles(paths, { path, via, dom: own })) {
          const key = `${used}\n${file.target}`;
          if (found.get(key)?.user.via !== 'disk')
            found.set(key, {
              path: used,
              user: { ...base, target: file.target, via },
              format: file.format,
              writes,
            });
        }
      }
    }
  }
  return [...found.values()];
}

/** Asks the host at once where all paths that machines and pools name lead, and those that are looked for. */
export async function followLinks(
  machines: readonly HostMachine[],
  { paths, reader }: Pick<OverlaySearch, 'paths' | 'reader'>,
): Promise<void> {
  const found = [...paths];
  await inPool(machines, IN_FLIGHT, async ({ models }) => {
    for (const model of models) {
      const named = await reader.namedPaths(model);
      for (const { source, backing } of machineFiles(model))
        found.push(...[source, ...backing].flatMap((file) => pathOf(file, named) ?? []));
    }
  });
  await reader.follow([...found, ...(await reader.pools()).flatMap(({ folder }) => folder ?? [])]);
}

/** Of the files that its XML names under another: one that runs has told all of them. */
async function chainsUnder(
  { backing }: Pick<MachineFile, 'backing'>,
  named: ReadonlyMap<string, string>,
  reader: VolumeReader,
): Promise<string[]> {
  const found: string[] = [];
  for (const source of backing) {
    const path = pathOf(source, named);
    if (path !== null) found.push(...(await reader.realChain(path)));
  }
  return found;
}

/** Whether the chain goes on where no pool looks. What is raw lies on nothing. */
async function isBlind(
  { format }: Pick<MachineFile, 'format'>,
  chain: readonly string[],
  reader: VolumeReader,
): Promise<boolean> {
  const [last, above] = chain.toReversed();
  if (last === undefined || (await reader.look(await reader.real(last))) !== null) return false;
  const seen = above === undefined ? null : await reader.look(await reader.real(above));
  return !isRaw(above === undefined ? format : (seen?.backingFormat ?? null));
}
