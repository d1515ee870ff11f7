import { int, optional, string, struct, opaqueFixed } from '../xdr/xdr.ts';
import type { Infer } from '../xdr/xdr.ts';
import { errorDomainName, errorName, levelName, LibvirtError } from './errors.ts';
import { virErrorLevel } from './error-codes.ts';

const nullableText = optional(string(4 << 20));

/** virNetMessageError: the body of a reply with the status ERROR. */
export const errorBody = struct({
  code: int,
  domain: int,
  message: nullableText,
  level: int,
  dom: optional(struct({ name: string(4 << 20), uuid: opaqueFixed(16), id: int })),
  str1: nullableText,
  str2: nullableText,
  str3: nullableText,
  int1: int,
  int2: int,
  net: optional(struct({ name: string(4 << 20), uuid: opaqueFixed(16) })),
});
export type ErrorBody = Infer<typeof errorBody>;

export function errorFromBody(body: ErrorBody, procedure: string): LibvirtError {
  return new LibvirtError({
    code: errorName(body.code),
    domain: errorDomainName(body.domain),
    level: levelName(body.level),
    message: body.message ?? errorName(body.code),
    str1: body.str1,
    str2: body.str2,
    str3: body.str3,
    int1: body.int1,
    int2: body.int2,
    procedure,
  });
}

export function bodyFromError(error: LibvirtError): ErrorBody {
  const levels = {
    none: virErrorLevel.VIR_ERR_NONE,
    warning: virErrorLevel.VIR_ERR_WARNING,
    error: virErrorLevel.VIR_ERR_ERROR,
  };
  return {
    code: error.codeNumber,
    domain: error.domainNumber,
    message: error.message,
    level: levels[error.level],
    dom: null,
    str1: error.str1,
    str2: error.str2,
    str3: error.str3,
    int1: error.int1,
    int2: error.int2,
    net: null,
  };
}
