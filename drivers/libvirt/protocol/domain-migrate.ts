import type { ProcedureTable } from '../../rpc/table.ts';
import { array, int, opaque, struct, uhyper, uint } from '../../xdr/xdr.ts';
import * as limits from './limits.ts';
import { domainRef, nullableText, text, typedParam } from './structs.ts';

/** Migration. */
export const domainMigrateProcedures = {
  domainMigratePrepare: {
    number: 61,
    args: struct({ uriIn: nullableText, flags: uhyper, dname: nullableText, bandwidth: uhyper }),
    ret: struct({ cookie: opaque(limits.MIGRATE_COOKIE_MAX), uriOut: nullableText }),
  },
  domainMigratePerform: {
    number: 62,
    args: struct({
      dom: domainRef,
      cookie: opaque(limits.MIGRATE_COOKIE_MAX),
      uri: text,
      flags: uhyper,
      dname: nullableText,
      bandwidth: uhyper,
    }),
  },
  domainMigrateFinish: {
    number: 63,
    args: struct({ dname: text, cookie: opaque(limits.MIGRATE_COOKIE_MAX), uri: text, flags: uhyper }),
    ret: struct({ ddom: domainRef }),
  },
  domainMigratePrepare2: {
    number: 108,
    args: struct({
      uriIn: nullableText,
      flags: uhyper,
      dname: nullableText,
      bandwidth: uhyper,
      domXml: text,
    }),
    ret: struct({ cookie: opaque(limits.MIGRATE_COOKIE_MAX), uriOut: nullableText }),
  },
  domainMigrateFinish2: {
    number: 109,
    args: struct({
      dname: text,
      cookie: opaque(limits.MIGRATE_COOKIE_MAX),
      uri: text,
      flags: uhyper,
      retcode: int,
    }),
    ret: struct({ ddom: domainRef }),
  },
  domainMigratePrepareTunnel: {
    number: 148,
    args: struct({ flags: uhyper, dname: nullableText, bandwidth: uhyper, domXml: text }),
    stream: 'upload',
  },
  domainMigrateSetMaxDowntime: {
    number: 166,
    args: struct({ dom: domainRef, downtime: uhyper, flags: uint }),
  },
  domainMigrateSetMaxSpeed: { number: 207, args: struct({ dom: domainRef, bandwidth: uhyper, flags: uint }) },
  domainMigrateBegin3: {
    number: 213,
    args: struct({
      dom: domainRef,
      xmlin: nullableText,
      flags: uhyper,
      dname: nullableText,
      bandwidth: uhyper,
    }),
    ret: struct({ cookieOut: opaque(limits.MIGRATE_COOKIE_MAX), xml: text }),
  },
  domainMigratePrepare3: {
    number: 214,
    args: struct({
      cookieIn: opaque(limits.MIGRATE_COOKIE_MAX),
      uriIn: nullableText,
      flags: uhyper,
      dname: nullableText,
      bandwidth: uhyper,
      domXml: text,
    }),
    ret: struct({ cookieOut: opaque(limits.MIGRATE_COOKIE_MAX), uriOut: nullableText }),
  },
  domainMigratePrepareTunnel3: {
    number: 215,
    args: struct({
      cookieIn: opaque(limits.MIGRATE_COOKIE_MAX),
      flags: uhyper,
      dname: nullableText,
      bandwidth: uhyper,
      domXml: text,
    }),
    ret: struct({ cookieOut: opaque(limits.MIGRATE_COOKIE_MAX) }),
    stream: 'upload',
  },
  domainMigratePerform3: {
    number: 216,
    args: struct({
      dom: domainRef,
      xmlin: nullableText,
      cookieIn: opaque(limits.MIGRATE_COOKIE_MAX),
      dconnuri: nullableText,
      uri: nullableText,
      flags: uhyper,
      dname: nullableText,
      bandwidth: uhyper,
    }),
    ret: struct({ cookieOut: opaque(limits.MIGRATE_COOKIE_MAX) }),
  },
  domainMigrateFinish3: {
    number: 217,
    args: struct({
      dname: text,
      cookieIn: opaque(limits.MIGRATE_COOKIE_MAX),
      dconnuri: nullableText,
      uri: nullableText,
      flags: uhyper,
      cancelled: int,
    }),
    ret: struct({ dom: domainRef, cookieOut: opaque(limits.MIGRATE_COOKIE_MAX) }),
  },
  domainMigrateConfirm3: {
    number: 218,
    args: struct({
      dom: domainRef,
      cookieIn: opaque(limits.MIGRATE_COOKIE_MAX),
      flags: uhyper,
      cancelled: int,
    }),
  },
  domainMigrateGetMaxSpeed: {
    number: 242,
    args: struct({ dom: domainRef, flags: uint }),
    ret: struct({ bandwidth: uhyper }),
  },
  domainMigrateGetCompressionCache: {
    number: 299,
    args: struct({ dom: domainRef, flags: uint }),
    ret: struct({ cacheSize: uhyper }),
  },
  domainMigrateSetCompressionCache: {
    number: 300,
    args: struct({ dom: domainRef, cacheSize: uhyper, flags: uint }),
  },
  domainMigrateBegin3Params: {
    number: 302,
    args: struct({
      dom: domainRef,
      params: array(typedParam, limits.DOMAIN_MIGRATE_PARAM_LIST_MAX),
      flags: uint,
    }),
    ret: struct({ cookieOut: opaque(limits.MIGRATE_COOKIE_MAX), xml: text }),
  },
  domainMigratePrepare3Params: {
    number: 303,
    args: struct({
      params: array(typedParam, limits.DOMAIN_MIGRATE_PARAM_LIST_MAX),
      cookieIn: opaque(limits.MIGRATE_COOKIE_MAX),
      flags: uint,
    }),
    ret: struct({ cookieOut: opaque(limits.MIGRATE_COOKIE_MAX), uriOut: nullableText }),
  },
  domainMigratePrepareTunnel3Params: {
    number: 304,
    args: struct({
      params: array(typedParam, limits.DOMAIN_MIGRATE_PARAM_LIST_MAX),
      cookieIn: opaque(limits.MIGRATE_COOKIE_MAX),
      flags: uint,
    }),
    ret: struct({ cookieOut: opaque(limits.MIGRATE_COOKIE_MAX) }),
    stream: 'upload',
  },
  domainMigratePerform3Params: {
    number: 305,
    args: struct({
      dom: domainRef,
      dconnuri: nullableText,
      params: array(typedParam, limits.DOMAIN_MIGRATE_PARAM_LIST_MAX),
      cookieIn: opaque(limits.MIGRATE_COOKIE_MAX),
      flags: uint,
    }),
    ret: struct({ cookieOut: opaque(limits.MIGRATE_COOKIE_MAX) }),
  },
  domainMigrateFinish3Params: {
    number: 306,
    args: struct({
      params: array(typedParam, limits.DOMAIN_MIGRATE_PARAM_LIST_MAX),
      cookieIn: opaque(limits.MIGRATE_COOKIE_MAX),
      flags: uint,
      cancelled: int,
    }),
    ret: struct({ dom: domainRef, cookieOut: opaque(limits.MIGRATE_COOKIE_MAX) }),
  },
  domainMigrateConfirm3Params: {
    number: 307,
    args: struct({
      dom: domainRef,
      params: array(typedParam, limits.DOMAIN_MIGRATE_PARAM_LIST_MAX),
      cookieIn: opaque(limits.MIGRATE_COOKIE_MAX),
      flags: uint,
      cancelled: int,
    }),
  },
  domainMigrateStartPostCopy: { number: 364, args: struct({ dom: domainRef, flags: uint }) },
  domainMigrateGetMaxDowntime: {
    number: 387,
    args: struct({ dom: domainRef, flags: uint }),
    ret: struct({ downtime: uhyper }),
  },
} as const satisfies ProcedureTable;
