import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { parseXml, type XmlElement } from '../../../drivers/xml/index.ts';
import { OPERATING_SYSTEMS, type OperatingSystem } from '../../../main/os/index.ts';

/** libosinfo's own database, where it is installed: what it has of our systems must not contradict us. */
const DATABASE = '/usr/share/osinfo/os';
const skip = existsSync(DATABASE) ? false : `no ${DATABASE}`;

function readDatabase(): ReadonlyMap<string, XmlElement> {
  const files = readdirSync(DATABASE, { recursive: true, encoding: 'utf8' });
  const systems = files
    .filter((file) => file.endsWith('.xml'))
    .flatMap((file) => parseXml(readFileSync(path.join(DATABASE, file), 'utf8')).root.findAll('os'));
  return new Map(systems.map((os) => [os.attribute('id') ?? '', os]));
}

/** The system and those whose facts it inherits. */
function lineage(
  database: ReadonlyMap<string, XmlElement>,
  id: string,
  seen: Set<string> = new Set(),
): XmlElement[] {
  const os = database.get(id);
  if (os === undefined || seen.has(id)) return [];
  seen.add(id);
  const parents = [...os.findAll('derives-from'), ...os.findAll('clones')];
  return [os, ...parents.flatMap((parent) => lineage(database, parent.attribute('id') ?? '', seen))];
}

function deviceIds(line: readonly XmlElement[]): ReadonlySet<string> {
  return new Set(
    line.flatMap((os) => os.findAll('devices/device').flatMap((device) => device.attribute('id') ?? [])),
  );
}

/** PCI ids of virtio, the transitional and the modern one. */
const VIRTIO: Readonly<Record<string, readonly [old: string, modern: string]>> = {
  virtioNet: ['1000', '1041'],
  virtioBlk: ['1001', '1042'],
  virtioRng: ['1005', '1044'],
};

function shared(database: ReadonlyMap<string, XmlElement>): OperatingSystem[] {
  return OPERATING_SYSTEMS.filter((os) => database.has(os.id));
}

test('the catalogue calls systems what libosinfo calls them', { skip }, () => {
  const database = readDatabase();
  const both = shared(database);
  assert.ok(both.length > 25, `only ${both.length} are in both`);
  for (const os of both) {
    const names = database
      .get(os.id)
      ?.findAll('short-id')
      .map((element) => element.text.trim());
    assert.ok(names?.includes(os.shortId), `${os.id}: ${String(names)}`);
  }
});

test('no minimum is below libosinfo’s', { skip }, () => {
  const database = readDatabase();
  for (const os of shared(database)) {
    const resources = lineage(database, os.id)
      .flatMap((element) => element.findAll('resources'))
      .filter((element) => ['all', 'x86_64'].includes(element.attribute('arch') ?? ''));
    const ram = Number(resources.flatMap((element) => element.textAt('minimum/ram') ?? [])[0] ?? 0);
    assert.ok(os.minimum.memoryMiB * 2 ** 20 >= ram, `${os.shortId}: libosinfo says ${ram / 2 ** 20} MiB`);
  }
});

test('virtio that libosinfo knows of, the catalogue knows of', { skip }, () => {
  const database = readDatabase();
  for (const os of shared(database)) {
    if (os.shortId.startsWith('unknown')) continue;
    const known = deviceIds(lineage(database, os.id));
    for (const [device, ids] of Object.entries(VIRTIO)) {
      const listed = ids.some((id) => known.has(`http://pcisig.com/pci/1af4/${id}`));
      const ours = Object.entries(os.devices).find(([key]) => key === device)?.[1];
      if (listed) assert.equal(ours, true, `${os.shortId}: ${device}`);
    }
  }
});

test('UEFI alone is said of the same systems', { skip }, () => {
  const database = readDatabase();
  for (const os of shared(database)) {
    const refusesBios = database
      .get(os.id)
      ?.findAll('firmware')
      .some((element) => element.attribute('type') === 'bios' && element.attribute('supported') === 'false');
    assert.equal(!os.bios, refusesBios === true, os.shortId);
  }
});
