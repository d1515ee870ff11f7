import type { ProcedureTable } from '../../rpc/table.ts';
import { hyper, int, optional, struct, uint } from '../../xdr/xdr.ts';
import { domainRef, nullableText, text } from './structs.ts';

/** What is QEMU alone (libvirt-qemu.h): the monitor and the guest agent. */
export const qemuProcedures = {
  domainMonitorCommand: {
    number: 1,
    args: struct({ dom: domainRef, cmd: text, flags: uint }),
    ret: struct({ result: text }),
  },
  domainAttach: { number: 2, args: struct({ pidValue: uint, flags: uint }), ret: struct({ dom: domainRef }) },
  domainAgentCommand: {
    number: 3,
    args: struct({ dom: domainRef, cmd: text, timeout: int, flags: uint }),
    ret: struct({ result: nullableText }),
  },
  connectDomainMonitorEventRegister: {
    number: 4,
    args: struct({ dom: optional(domainRef), event: nullableText, flags: uint }),
    ret: struct({ callbackId: int }),
  },
  connectDomainMonitorEventDeregister: { number: 5, args: struct({ callbackId: int }) },
  domainMonitorEvent: {
    number: 6,
    msg: struct({
      callbackId: int,
      dom: domainRef,
      event: text,
      seconds: hyper,
      micros: uint,
      details: nullableText,
    }),
  },
  domainMonitorCommandWithFiles: {
    number: 7,
    args: struct({ dom: domainRef, cmd: text, flags: uint }),
    ret: struct({ result: text }),
  },
} as const satisfies ProcedureTable;
