import { writeNewElement, type NewElement } from '../../xml/index.ts';

/** What a pool is defined from; parts that are left out are not written. */
export interface PoolDefinition {
  readonly type: string;
  readonly name: string;
  readonly uuid?: string | undefined;
  readonly path?: string | undefined;
  readonly devices?: readonly string[] | undefined;
  readonly hosts?: readonly { readonly name: string; readonly port?: number | undefined }[] | undefined;
  readonly dir?: string | undefined;
  readonly sourceName?: string | undefined;
  readonly format?: string | undefined;
  readonly adapter?: string | undefined;
  readonly initiator?: string | undefined;
  readonly auth?:
    { readonly type: string; readonly username: string; readonly secretUuid: string } | undefined;
}

/**
 * The XML of virStoragePoolDefineXML.
 * @throws {XmlError} for a character that XML cannot hold
 */
export function poolXml(pool: PoolDefinition): string {
  return write({
    name: 'pool',
    attributes: { type: pool.type },
    children: [
      textElement('name', pool.name),
      ...optional('uuid', pool.uuid),
      ...sourceElement(pool),
      ...(pool.path === undefined ? [] : [{ name: 'target', children: [textElement('path', pool.path)] }]),
    ],
  });
}

/** The source that virConnectFindStoragePoolSources is asked about, on a server. `initiator`: an IQN, which `iscsi-direct` needs. */
export function sourceSpecXml(server: string, initiator?: string): string {
  const host = { name: 'host', attributes: { name: server } };
  return write({ name: 'source', children: [host, ...initiatorElement(initiator)] });
}

function initiatorElement(iqn: string | undefined): NewElement[] {
  return iqn === undefined
    ? []
    : [{ name: 'initiator', children: [{ name: 'iqn', attributes: { name: iqn } }] }];
}

function sourceElement(pool: PoolDefinition): NewElement[] {
  const { hosts = [], devices = [], auth } = pool;
  const children: NewElement[] = [
    ...hosts.map(({ name, port }) => ({
      name: 'host',
      attributes: { name, ...(port === undefined ? {} : { port: String(port) }) },
    })),
    ...devices.map((path) => ({ name: 'device', attributes: { path } })),
    ...(pool.adapter === undefined
      ? []
      : [{ name: 'adapter', attributes: { type: 'scsi_host', name: pool.adapter } }]),
    ...(pool.dir === undefined ? [] : [{ name: 'dir', attributes: { path: pool.dir } }]),
    ...initiatorElement(pool.initiator),
    ...(auth === undefined
      ? []
      : [
          {
            name: 'auth',
            attributes: { type: auth.type, username: auth.username },
            children: [{ name: 'secret', attributes: { uuid: auth.secretUuid } }],
          },
        ]),
    ...optional('name', pool.sourceName),
    ...(pool.format === undefined ? [] : [{ name: 'format', attributes: { type: pool.format } }]),
  ];
  return children.length === 0 ? [] : [{ name: 'source', children }];
}

/** What a volume is made from. Sizes in bytes. */
export interface VolumeDefinition {
  readonly name: string;
  readonly capacityBytes: number;
  /** Left out: libvirt's default, which for raw files is the whole capacity. */
  readonly allocationBytes?: number | undefined;
  /** Only pools of files know formats. */
  readonly format?: string | undefined;
  readonly backing?: { readonly path: string; readonly format: string } | undefined;
  /** Makes it LUKS, opened by this secret. */
  readonly secretUuid?: string | undefined;
}

/**
 * The XML of virStorageVolCreateXML.
 * @throws {XmlError} for a character that XML cannot hold
 */
export function volumeXml(volume: VolumeDefinition): string {
  const { allocationBytes, format, backing, secretUuid } = volume;
  const target: NewElement[] = [
    ...(format === undefined ? [] : [{ name: 'format', attributes: { type: format } }]),
    ...(secretUuid === undefined
      ? []
      : [
          {
            name: 'encryption',
            attributes: { format: 'luks' },
            children: [{ name: 'secret', attributes: { type: 'passphrase', uuid: secretUuid } }],
          },
        ]),
  ];
  return write({
    name: 'volume',
    children: [
      textElement('name', volume.name),
      bytesElement('capacity', volume.capacityBytes),
      ...(allocationBytes === undefined ? [] : [bytesElement('allocation', allocationBytes)]),
      ...(target.length === 0 ? [] : [{ name: 'target', children: target }]),
      ...(backing === undefined
        ? []
        : [
            {
              name: 'backingStore',
              children: [
                textElement('path', backing.path),
                { name: 'format', attributes: { type: backing.format } },
              ],
            },
          ]),
    ],
  });
}

export interface SecretDefinition {
  readonly uuid: string;
  readonly description: string;
  /** What it is for: `<usage type>` and the name in it, unique on the host. */
  readonly usage: { readonly type: 'iscsi' | 'ceph' | 'volume'; readonly id: string };
}

const USAGE_NAME = { iscsi: 'target', ceph: 'name', volume: 'volume' } as const;

/** The XML of virSecretDefineXML, of a secret that nobody can read back (`private`). */
export function secretXml({ uuid, description, usage }: SecretDefinition): string {
  return write({
    name: 'secret',
    attributes: { ephemeral: 'no', private: 'yes' },
    children: [
      textElement('uuid', uuid),
      textElement('description', description),
      {
        name: 'usage',
        attributes: { type: usage.type },
        children: [textElement(USAGE_NAME[usage.type], usage.id)],
      },
    ],
  });
}

function textElement(name: string, text: string): NewElement {
  return { name, text };
}

function bytesElement(name: string, bytes: number): NewElement {
  return { name, attributes: { unit: 'bytes' }, text: String(bytes) };
}

function optional(name: string, text: string | undefined): NewElement[] {
  return text === undefined ? [] : [textElement(name, text)];
}

function write(root: NewElement): string {
  return `${writeNewElement(root, { newline: '\n', indent: '', step: '  ' })}\n`;
}
