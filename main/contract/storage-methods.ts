import { eventIterator } from '@orpc/contract';
import * as z from './zod.ts';
import { fileOffer, offeredFile } from './file.ts';
import { method, nothing } from './method.ts';
import {
  acceptedField,
  POOL_SPANS,
  poolHistory,
  poolInput,
  poolRef,
  poolSource,
  poolType,
  startedJob,
  storageLoss,
  storageMessage,
  volumeInput,
  volumeRef,
} from './storage.ts';

/** Methods of the laptop's files, pools and volumes. */
export const storageMethods = {
  file: {
    /** Lets the core read a file of the laptop, until the pipe is closed. */
    offer: method.input(fileOffer).output(offeredFile),
  },
  pool: {
    /** Waits while the host is away, and begins anew with everything when it is back. */
    watch: method.input(z.object({ host: z.string() })).output(eventIterator(storageMessage)),
    /** What the host finds for a type; empty where libvirt cannot look. */
    sources: method
      .input(
        z.object({
          host: z.string(),
          type: poolType,
          server: z.string().max(255).optional(),
          /** IQN of the host, without which `iscsi-direct` cannot look. */
          initiator: z.string().max(255).optional(),
        }),
      )
      .output(z.array(poolSource)),
    /** How full it was, as far as this computer has seen it. Asks no host; empty for a pool that was never seen. */
    history: method.input(poolRef.extend({ span: z.enum(POOL_SPANS) })).output(poolHistory),
    xml: method.input(poolRef).output(z.string()),
    /** The XML that `create` would define. Changes nothing. */
    preview: method.input(poolInput).output(z.object({ xml: z.string(), problems: z.array(z.string()) })),
    /** Defines, builds where asked, starts. A job; on failure nothing of it is left. */
    create: method.input(poolInput).output(startedJob),
    start: method.input(poolRef).output(nothing),
    /** The machines that use it run on; their files are out of libvirt's sight until it is started again. */
    stop: method.input(poolRef).output(nothing),
    refresh: method.input(poolRef).output(nothing),
    setAutostart: method.input(poolRef.extend({ autostart: z.boolean() })).output(nothing),
    loss: method.input(poolRef).output(storageLoss),
    /** Removes the definition; `volumes`: deletes what is in it first. A job. */
    delete: method
      .input(poolRef.extend({ volumes: z.boolean(), accepted: acceptedField }))
      .output(startedJob),
  },
  volume: {
    xml: method.input(volumeRef).output(z.string()),
    create: method.input(volumeInput).output(startedJob),
    /**
     * Makes a volume of a file of the laptop. `raw`: its bytes are the volume's. `convert`: the file is raw and the volume becomes qcow2, by the
     * host itself. A qcow2 file becomes a qcow2 volume as it is. A job, which tells the SHA-256 unless `checksum` says not to: zeros are not
     * sent, but counted into it. A link that is lost is waited for.
     */
    upload: method
      .input(
        poolRef.extend({
          name: z.string().min(1).max(250),
          file: z.string().max(64),
          convert: z.boolean().optional(),
          checksum: z.boolean().optional(),
        }),
      )
      .output(startedJob),
    /** The bytes come through a pipe (pipe.ts); the job tells progress and, unless `checksum` says not to, SHA-256. Closing the pipe cancels. */
    download: method.input(volumeRef.extend({ checksum: z.boolean().optional() })).output(
      startedJob.extend({
        token: z.string(),
        expiresInMs: z.number().int(),
        sizeBytes: z.number(),
        fileName: z.string(),
      }),
    ),
    /** Grows it, or shrinks when `shrink` says that what is beyond the end may go. A running machine's disk is resized in the guest's sight. */
    resize: method
      .input(
        volumeRef.extend({
          capacityBytes: z.number().int().min(1),
          shrink: z.boolean().optional(),
          accepted: acceptedField,
        }),
      )
      .output(nothing),
    /** Copies it, to another pool of the host too. A job. */
    clone: method
      .input(
        volumeRef.extend({
          to: z.guid(),
          newName: z.string().min(1).max(250),
          format: z.enum(['raw', 'qcow2']).optional(),
        }),
      )
      .output(startedJob),
    /** Overwrites it with zeros. A job. */
    wipe: method.input(volumeRef.extend({ accepted: acceptedField })).output(startedJob),
    loss: method.input(volumeRef).output(storageLoss),
    /** Refused while a machine uses it or a volume lies on it. A job. */
    delete: method.input(volumeRef.extend({ accepted: acceptedField })).output(startedJob),
    /** Moves a disk of a machine that runs to another pool, without a stop (block copy and pivot). A job. */
    move: method
      .input(
        z.object({
          host: z.string(),
          uuid: z.guid(),
          target: z.string().max(64),
          pool: z.guid(),
          deleteSource: z.boolean(),
        }),
      )
      .output(startedJob),
  },
};
