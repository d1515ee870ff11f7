"""The other side of the bench: libvirt's own C library through its Python binding. Prints JSON objects, one a line.

    theirs.py connect URI            virt-manager's calls at connecting (three for each machine), with their count
    theirs.py calls URI              for each line N on standard input: time of N calls, one after another, and by 5 threads
    theirs.py ticks URI              for each line N PACE: median CPU time of N bulk calls, PACE seconds apart
"""
import json
import statistics
import sys
import threading
import time

import libvirt


def calls(conn, count):
    count = int(count)
    started = time.perf_counter()
    for _ in range(count):
        conn.getFreeMemory()
    sequential = time.perf_counter() - started

    def work():
        for _ in range(count // 5):
            conn.getFreeMemory()

    threads = [threading.Thread(target=work) for _ in range(5)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pipelined = time.perf_counter() - started
    return {"sequentialMs": sequential * 1000 / count, "pipelinedMs": pipelined * 1000 / count}


def connect(uri):
    """What virt-manager does before it calls a connection active: one list, then info, XML and saved state of each machine."""
    started = time.perf_counter()
    conn = libvirt.openReadOnly(uri) if uri.startswith("test+") else libvirt.open(uri)
    conn.getCapabilities()
    made = 3
    for domain in conn.listAllDomains(0):
        domain.info()
        domain.XMLDesc(0)
        domain.hasManagedSaveImage(0)
        made += 3
    return {"seconds": time.perf_counter() - started, "calls": made}


def ticks(conn, count, pace):
    groups = (libvirt.VIR_DOMAIN_STATS_STATE | libvirt.VIR_DOMAIN_STATS_CPU_TOTAL | libvirt.VIR_DOMAIN_STATS_BALLOON
              | libvirt.VIR_DOMAIN_STATS_VCPU | libvirt.VIR_DOMAIN_STATS_INTERFACE | libvirt.VIR_DOMAIN_STATS_BLOCK)
    taken = []
    for _ in range(int(count)):
        cpu = time.process_time()
        time.sleep(pace)
        conn.getAllDomainStats(groups, libvirt.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT)
        taken.append((time.process_time() - cpu) * 1000)
    return {"cpuMs": statistics.median(taken)}


verb, uri = sys.argv[1], sys.argv[2]
if verb == "connect":
    print(json.dumps(connect(uri)))
else:
    opened = libvirt.open(uri)
    for line in sys.stdin:
        print(json.dumps({"calls": calls, "ticks": ticks}[verb](opened, *map(float, line.split()))), flush=True)
