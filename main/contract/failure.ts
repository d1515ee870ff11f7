import * as z from './zod.ts';
import { FAILURE_CODES } from './failure-codes.ts';

/** libvirt's error as it came over the wire (virError), names in place of numbers where they are known. */
export const libvirtFailure = z.object({
  /** `VIR_ERR_OPERATION_INVALID` and so on; `VIR_ERR_<number>` when this build does not know it. */
  code: z.string(),
  codeNumber: z.number().int(),
  /** `VIR_FROM_QEMU` and so on. */
  domain: z.string(),
  level: z.enum(['none', 'warning', 'error']),
  message: z.string(),
});
export type LibvirtFailure = z.infer<typeof libvirtFailure>;

/** What is wrong with one field of an input. */
export const fieldProblem = z.object({
  /** Path in the input: `name`, `spec.disks.0.source`, `source.cloudInit.yaml`. */
  field: z.string(),
  message: z.string(),
});
export type FieldProblem = z.infer<typeof fieldProblem>;

/** What every method of the contract fails with: what did not happen and where, and what is known about why. */
export const failure = z.object({
  code: z.enum(FAILURE_CODES),
  /** One sentence: what did not happen and where. */
  message: z.string(),
  /** The host concerned, by its id and the name a person gave it. */
  host: z.object({ id: z.string(), name: z.string() }).optional(),
  libvirt: libvirtFailure.optional(),
  /** Text of a lower layer (SSH, the socket, the file system), shown in monospace. Never holds a secret. */
  detail: z.string().optional(),
  /** For BAD_INPUT: what is wrong, field by field. `message` does not say it again. */
  problems: z.array(fieldProblem).optional(),
  /** Field of the input by which a person says that it is done all the same, or that what is missing is made. */
  unless: z.enum(['build', 'shrink', 'force', 'accepted', 'movedTo']).optional(),
  /** For HOST_KEY_CHANGED: SHA256 fingerprints as ssh prints them. `knownIn` is the file that holds the known one. */
  hostKey: z
    .object({ known: z.array(z.string()), offered: z.string(), keyType: z.string(), knownIn: z.string() })
    .optional(),
  /** For HOST_UNREACHABLE: nothing was asked, as no host of this URI is in the list. */
  notListed: z.object({ uri: z.string() }).optional(),
});
export type Failure = z.infer<typeof failure>;
