import * as z from './zod.ts';
import { backends } from './balancer.ts';
import { cloudInit } from './cloud-init.ts';
import { fieldProblem, type FieldProblem } from './failure.ts';
import { machineSpec } from './machine-spec.ts';
import { sourceAddress } from './p2v-source.ts';
import { unattended, UNATTENDED_KINDS } from './unattended.ts';

export const hostField = z.string().max(200);
export const poolField = z.string().max(64);
const volumeName = z.string().min(1).max(250);
const xmlText = z.string().max(1_000_000);
const sha = z.string().regex(/^([0-9a-f]{64}|[0-9a-f]{128})$/i);

/** A file with bytes: an ISO, an image. */
export const medium = z.discriminatedUnion('kind', [
  /** In a pool already, by its pool's UUID and its name. */
  z.object({ kind: z.literal('volume'), pool: poolField, name: volumeName }),
  /** Of the laptop: offered by `file.offer`, and uploaded to the pool. */
  z.object({ kind: z.literal('file'), file: z.string().max(64), pool: poolField, name: volumeName }),
  /** From the web. It stays in the pool and is used again. */
  z.object({
    kind: z.literal('url'),
    url: z.url({ protocol: /^https?$/ }).max(2048),
    pool: poolField,
    /** SHA-256 or SHA-512 in hex; null: not checked. */
    checksum: sha.nullable(),
  }),
]);
export type Medium = z.infer<typeof medium>;

const folder = z.string().max(4096).startsWith('/');
export const savedPath = z.string().min(1).max(4096);
/**
 * The connected host that the path is on, by its id, or another machine that SSH reaches: `root@nas`, whose login may ask (`p2v.questions`). What it has
 * mounted of others is among its files. Left out: the computer that Virtlane's core runs on.
 */
export const savedOn = z.string().min(1).max(1024).optional();
/** Of another machine that SSH reaches: a key file to try first, beside what ~/.ssh/config says. */
export const savedKeyFile = z.string().min(1).max(4096).optional();

/**
 * `virt-v2v`: the host's own program makes the copy ready for virtio, where it has that (`createOptions.noVirtV2v`); where it gives up the machine is as it
 * was copied. Left out: nobody does.
 */
const prepare = z.literal('virt-v2v').optional();

/** What a container has as its `/`. */
export const containerRoot = z.discriminatedUnion('kind', [
  /** A folder of the host that holds a system already. */
  z.object({ kind: z.literal('directory'), path: folder }),
  /** An archive of tar, unpacked by the host to a folder of the container's name in a pool. */
  z.object({ kind: z.literal('template'), archive: medium, pool: poolField }),
  /** The host's own files, which it can read and not change. */
  z.object({ kind: z.literal('host') }),
]);
export type ContainerRoot = z.infer<typeof containerRoot>;

/** Of libvirt's LXC driver: its spec has `virtType` lxc, and of a machine's devices its cards alone. */
export const containerSource = z.object({
  kind: z.literal('container'),
  root: containerRoot,
  /** The first program, as the container sees it. */
  init: folder,
  args: z.array(z.string().max(4096)).max(64),
  env: z
    .array(z.object({ name: z.string().regex(/^[A-Za-z_]\w{0,127}$/), value: z.string().max(4096) }))
    .max(64),
  /** Its users, root too, are others on the host (user namespace). */
  unprivileged: z.boolean(),
});
export type ContainerSource = z.infer<typeof containerSource>;

/**
 * Where the system comes from. The machine's first disk is what the source fills, its first CD drive what holds the medium; a drive is added
 * where the spec has none.
 */
export const createSource = z.discriminatedUnion('kind', [
  /** The empty disk comes first in the boot order, so that the ISO boots until there is a system on the disk. */
  z.object({
    kind: z.literal('iso'),
    medium,
    /** Left out or null: a person answers the installer. */
    unattended: unattended.nullable().optional(),
    /** The CD of virtio's drivers for Windows, beside the installer's; left out or null: none. The disks stay on a bus that Windows knows by itself. */
    drivers: z
      .discriminatedUnion('kind', [
        z.object({ kind: z.literal('volume'), pool: poolField, name: volumeName }),
        /** The newest stable one, fetched to the pool once and used again. */
        z.object({ kind: z.literal('stable'), pool: poolField }),
      ])
      .nullable()
      .optional(),
  }),
  /** The first disk lies on the image (or is a copy of it, where its pool cannot do that). */
  z.object({
    kind: z.literal('cloudImage'),
    image: z.discriminatedUnion('kind', [
      ...medium.options,
      /** Of the catalogue, fetched to the pool once and used again. */
      z.object({ kind: z.literal('catalogue'), id: z.string().max(64), pool: poolField }),
    ]),
    /** A copy of the image: the machine does not need it afterwards. */
    copy: z.boolean(),
    /** Null: the image is started as it is. */
    cloudInit: cloudInit.nullable(),
    /** The template that `cloudInit` has its software from (`create.options`): a system that cannot have it is refused. Left out: none. */
    template: z.string().max(64).optional(),
    /** It is a load balancer in front of these, which it remembers, and their addresses go into the files that cloud-init writes; left out: it is none. */
    balancer: backends.optional(),
  }),
  /** The spec's disks hold a system. */
  z.object({ kind: z.literal('disk') }),
  /** From the network, at every start until a system is on the disk. */
  z.object({ kind: z.literal('network') }),
  /**
   * An installer's kernel and initrd out of a tree on the web. The first start is theirs alone; when they have restarted or ended, the machine starts
   * from its disk, as it is defined from the beginning.
   */
  z.object({
    kind: z.literal('tree'),
    /** The folder that the installer's documentation calls the tree, or the repository. */
    url: z.url({ protocol: /^https?$/ }).max(2048),
    /** Of files: they are kept there until the installer has ended. */
    pool: poolField,
    /** Added to the command line of the installer's kernel. */
    arguments: z
      .string()
      .regex(/^[ -~]*$/)
      .max(1000),
    /** Left out or null: a person answers the installer. */
    unattended: unattended.nullable().optional(),
  }),
  containerSource,
  /**
   * A machine of iron that Clonezilla saved: its directory, or a tar of it. The spec's new disks, in order, are filled with these of its disks.
   */
  z.object({
    kind: z.literal('clonezilla'),
    path: savedPath,
    on: savedOn,
    keyFile: savedKeyFile,
    /** `sda`, `nvme0n1` */
    disks: z.array(z.string().min(1).max(128)).min(1).max(64),
    /** All of the image is read and checked before anything is made; left out: not, and damage of its contents takes back what was made by then. */
    verify: z.boolean().optional(),
    prepare,
  }),
  /**
   * A machine whose disks were saved as a file each, VHDX or VHD: by Disk2vhd, or of Hyper-V and Virtual PC. They fill the spec's new disks, in order.
   */
  z.object({
    kind: z.literal('diskFile'),
    paths: z.array(savedPath).min(1).max(64),
    on: savedOn,
    keyFile: savedKeyFile,
    prepare,
  }),
  /**
   * A Linux machine that runs and is reached by SSH (`p2v.probe`); it goes on running. The spec's new disks, in order, are filled with these of its
   * disks, and are as large.
   */
  z.object({
    kind: z.literal('live'),
    ...sourceAddress.shape,
    /** `sda`, `nvme0n1` */
    disks: z.array(z.string().min(1).max(128)).min(1).max(64),
    /** Ids of the report's changes that are agreed to; `service:NAME` also of other services that run. */
    allow: z.array(z.string().min(1).max(300)).max(256),
    prepare,
  }),
]);
export type CreateSource = z.infer<typeof createSource>;

export const createInput = z.object({
  host: hostField,
  /** A run of `#` stands for a number: `web-##` with a count of 3 makes web-01 to web-03. They are one job. */
  name: z.string().max(1024),
  count: z.number().int().min(1).max(64),
  title: z.string().max(250).nullable(),
  description: z.string().max(4096).nullable(),
  /** As in `domain.setTags`; left out: none. */
  tags: z.array(z.string().max(200)).max(200).optional(),
  /** Of the catalogue; null: unknown. */
  os: z.string().max(64).nullable(),
  source: createSource,
  spec: machineSpec,
  start: z.boolean(),
  /** Starts with its host. */
  autostart: z.boolean(),
  /** Taken in place of what would be made of the spec; of one machine only. Its name and UUID are set. */
  xml: xmlText.nullable(),
  /**
   * What was made of the fields when the XML was written (`create.readXml`): what they make otherwise by now is done to `xml` too, and the
   * rest of it stays byte for byte. Left out or null: `xml` alone counts.
   */
  xmlBase: xmlText.nullable().optional(),
});
export type CreateInput = z.infer<typeof createInput>;

/** What edited XML says of the fields. */
export const readXml = z.object({
  /** As in `createInput`; what the XML does not tell is as it was asked with. */
  name: z.string(),
  title: z.string().nullable(),
  description: z.string().nullable(),
  tags: z.array(z.string()),
  spec: machineSpec,
  /** What these fields make, for `xmlBase`. */
  base: z.string(),
  /** What the XML has and no field holds, which is kept: `cputune`, `disk vda: iotune`. */
  beyond: z.array(z.string()),
});
export type ReadXml = z.infer<typeof readXml>;

export const createProblem = fieldProblem;
export type CreateProblem = FieldProblem;

/** What a plan would do. Nothing is changed before `create.run`. */
export const createPlan = z.object({
  /** One for each machine. */
  names: z.array(z.string()),
  /** Of the first machine; passwords in it are left out. */
  xml: z.string(),
  /** What it starts from first, second…: of the spec, or what suits the source. */
  boot: z.array(z.string()),
  /** Titles of the job's steps, in order. */
  steps: z.array(z.string()),
  /** It cannot be run while there are any. */
  problems: z.array(createProblem),
  warnings: z.array(z.string()),
  /** What the host has left: null where it does not tell. */
  afterwards: z.object({
    memory: z.object({ totalKiB: z.number(), freeKiB: z.number(), takenKiB: z.number() }).nullable(),
    pools: z.array(
      z.object({
        pool: z.string(),
        name: z.string(),
        capacityBytes: z.number(),
        availableBytes: z.number(),
        /** At once. */
        takenBytes: z.number(),
        /** When its thin disks are full. */
        promisedBytes: z.number(),
      }),
    ),
  }),
  /** About the same with virt-install, for those who know it. */
  virtInstall: z.string(),
});
export type CreatePlan = z.infer<typeof createPlan>;

/** A kind of machine that the host can run. */
export const createArch = z.object({
  arch: z.string(),
  /** `kvm`, `qemu`, `lxc`. */
  virtTypes: z.array(z.string()),
  machines: z.array(z.string()),
});

/** What a machine can be made of on a host. */
export const createOptions = z.object({
  arches: z.array(createArch),
  /** The host's own architecture; empty: unknown. */
  hostArch: z.string(),
  /** Why there is no hardware virtualization; null: there is. */
  noKvm: z.string().nullable(),
  /** Why machines can have no vsock; null: they can, or the host does not tell. */
  noVsock: z.string().nullable(),
  /** Why no virt-v2v of the host can prepare the copy of a machine; null: one can. */
  noVirtV2v: z.string().nullable(),
  /** Why no machines can be made, but containers alone; null: they can. */
  noMachines: z.string().nullable(),
  /** Why no containers can be made; null: they can. */
  noContainers: z.string().nullable(),
  host: z.object({ cpus: z.number(), memoryKiB: z.number(), freeMemoryKiB: z.number().nullable() }),
  pools: z.array(
    z.object({
      uuid: z.string(),
      name: z.string(),
      type: z.string(),
      capacityBytes: z.number(),
      availableBytes: z.number(),
      /** Volumes can lie on other volumes. */
      overlays: z.boolean(),
    }),
  ),
  networks: z.array(z.object({ name: z.string(), active: z.boolean() })),
  /** Volumes that look like installer ISOs, or images, by their names. What is in an ISO, `create.detect` tells. */
  isos: z.array(
    /** `drivers`: by its name it holds virtio's drivers for Windows. */
    z.object({ pool: z.string(), name: z.string(), sizeBytes: z.number(), drivers: z.boolean() }),
  ),
  /** Volumes that look like archives of a container's files, by their names. */
  archives: z.array(z.object({ pool: z.string(), name: z.string(), sizeBytes: z.number() })),
  images: z.array(
    z.object({ pool: z.string(), name: z.string(), format: z.string(), capacityBytes: z.number() }),
  ),
  /** Names of the pools that have more volumes than are looked at: what is in `isos`, `archives` and `images` is not all of it. */
  unlisted: z.array(z.string()),
  /** Public keys of the user of this computer. */
  sshKeys: z.array(z.object({ label: z.string(), key: z.string() })),
  systems: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      family: z.string(),
      minMemoryMiB: z.number(),
      minDiskGiB: z.number(),
      /** Virtio's drivers for Windows are made for it. */
      virtioWin: z.boolean(),
      /** The answers that its installer takes (`unattended.kind`); left out: none that are made here. */
      unattended: z.enum(UNATTENDED_KINDS).optional(),
      /** Where its installer asks for packages; left out: it knows by itself. */
      mirror: z.string().optional(),
      /** Trees to install it from. */
      trees: z.array(z.object({ arch: z.string(), url: z.string() })),
    }),
  ),
  cloudImages: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      os: z.string(),
      user: z.string(),
      url: z.string(),
      arch: z.string(),
      /** The size of the disk in it. */
      minDiskGiB: z.number(),
    }),
  ),
  /** Cloud-init made ready: a web server, a load balancer… `cloudInit` is what they change of it. */
  templates: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      description: z.string(),
      /** Systems that can have it, for a person. */
      on: z.string(),
      /** What it takes on which systems (`systems.id`): `templateWay` finds it. */
      ways: z.array(
        z.object({
          systems: z.array(z.string()),
          packages: z.array(z.string()),
          files: cloudInit.shape.files,
          runCommands: cloudInit.shape.runCommands,
        }),
      ),
      memoryMiB: z.number(),
    }),
  ),
});
export type CreateOptions = z.infer<typeof createOptions>;
