import * as z from './zod.ts';
import { backends, balancerSynced, balancerView } from './balancer.ts';
import { domainRef } from './domain.ts';
import { method, nothing } from './method.ts';

/** Methods of machines with Apache Traffic Server as the template “Load balancer” sets it up. They remember their back ends in their own definition. */
export const balancerMethods = {
  balancer: {
    /** Back ends with their addresses now, and what of the machine's files is to be changed. Fails with NOT_FOUND where it is no load balancer. */
    show: method.input(domainRef).output(balancerView),
    /** What it stands in front of from now on; null: it is no load balancer any more. Its files stay as they are until `sync`. */
    set: method.input(domainRef.extend({ backends: backends.nullable() })).output(nothing),
    /**
     * Writes the change that `show` told, and has Traffic Server read it. Fails with CONFLICT when it would be another one by now, or there is
     * none: nothing is written.
     */
    sync: method.input(domainRef.extend({ change: z.string().max(64) })).output(balancerSynced),
  },
};
