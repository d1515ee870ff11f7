#!/usr/bin/env bash
# Simulated KVM hosts on one Linux machine: each is a set of namespaces (net, mount, pid, uts, ipc, cgroup) over an
# overlay of / whose upper layer is a private tmpfs, with its own virtlogd, libvirtd, sshd, address, UUID and storage.
# Nothing is mounted in the root namespace, so killing a host's pid 1 takes all of it away.
#
#   lab.sh up N | down | exec N CMD… | freeze N | thaw N | plug INTERFACE | between CMD… | pid N | status | mend
#
# LAB_ID (0-99) keeps labs of the same machine apart: their state, names and network.
set -euo pipefail
SELF=$(readlink -f "$0")
ID=${LAB_ID:-0}
STATE=${LAB_STATE:-/var/tmp/virtlane-lab-$ID}
NET=10.$((91 + ID)).0
PREFIX=vtl$ID
SWITCH=$PREFIX-sw
UPLINK=${PREFIX}up
SAFE_PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH=$PATH:/usr/sbin:/sbin

die() { echo "lab: $*" >&2; exit 1; }
ip_of() { echo "$NET.$((10 + $1))"; }

# The pid (outside) of host N's init; fails when the host is down.
init_pid() {
  local p
  p=$(cat "$STATE/$1/unshare.pid" 2>/dev/null) || return 1
  grep -qz -- __init "/proc/$p/cmdline" 2>/dev/null || return 1
  p=$(cat "/proc/$p/task/$p/children"); p=${p%% *}
  [ -n "$p" ] && echo "$p"
}

enter() { # N CMD…
  local n=$1 p; shift
  p=$(init_pid "$n") || die "host $n is not up"
  nsenter -t "$p" -m -u -i -n -p -C env -i PATH=$SAFE_PATH HOME=/root USER=root LANG=C.UTF-8 TERM=dumb "$@"
}

switch_up() {
  ip netns list | grep -q "^$SWITCH\b" && return 0
  ip netns add "$SWITCH"
  ip -n "$SWITCH" link set lo up
  ip -n "$SWITCH" link add br0 type bridge forward_delay 0
  ip -n "$SWITCH" link set br0 up
  ip link add "$UPLINK" type veth peer name up0 netns "$SWITCH"
  ip -n "$SWITCH" link set up0 master br0 up
  ip addr add "$NET.1/24" dev "$UPLINK"
  ip link set "$UPLINK" up
}

net_up() { # N
  ip netns list | grep -q "^$PREFIX-$1\b" && return 0
  ip netns add "$PREFIX-$1"
  ip -n "$PREFIX-$1" link set lo up
  ip link add name eth0 netns "$PREFIX-$1" type veth peer name "p$1" netns "$SWITCH"
  ip -n "$SWITCH" link set "p$1" master br0 up
  ip -n "$PREFIX-$1" addr add "$(ip_of "$1")/24" dev eth0
  ip -n "$PREFIX-$1" link set eth0 up
  ip -n "$PREFIX-$1" route add default via "$NET.1"
}

cgroups_of() { # the writable cgroup folders of host N, v2 or v1
  local c
  if [ -f /sys/fs/cgroup/cgroup.controllers ]; then echo "/sys/fs/cgroup/$PREFIX-$1"; return; fi
  for c in /sys/fs/cgroup/*/; do [ ! -f "$c/cgroup.procs" ] || echo "${c}$PREFIX-$1"; done
}

host_up() { # N
  local n=$1 d=$STATE/$1 g
  init_pid "$n" >/dev/null && return 0
  mkdir -p "$d/images" "$STATE/shared"; rm -f "$d/init.log"
  [ -f "$d/uuid" ] || cat /proc/sys/kernel/random/uuid > "$d/uuid"
  [ -f "$d/host_key" ] || ssh-keygen -q -t ed25519 -N '' -C "lab$n" -f "$d/host_key"
  net_up "$n"
  for g in $(cgroups_of "$n"); do
    mkdir -p "$g" 2>/dev/null || continue
    case $g in */cpuset/*) cat "${g%/*}/cpuset.cpus" > "$g/cpuset.cpus"; cat "${g%/*}/cpuset.mems" > "$g/cpuset.mems";; esac
  done
  (
    for g in $(cgroups_of "$n"); do [ ! -d "$g" ] || echo "$BASHPID" > "$g/cgroup.procs" 2>/dev/null || :; done
    exec </dev/null >"$d/init.log" 2>&1 9>&-
    exec setsid nsenter --net="/run/netns/$PREFIX-$n" \
      unshare --mount --uts --ipc --pid --cgroup --propagation private --fork --kill-child bash "$SELF" __init "$n"
  ) &
  echo $! > "$d/unshare.pid"
}

mount_root() { # N ROOT: everything the host sees, under ROOT
  local n=$1 r=$2 c g
  mount -t proc proc "$r/proc"
  mount -t sysfs sysfs "$r/sys"
  mount -t tmpfs -o mode=755 dev "$r/dev" # its own /dev, without /dev/kvm: libvirt then offers TCG at once
  for c in null zero full random urandom tty fuse net/tun loop-control vhost-net; do
    [ -e "/dev/$c" ] || continue
    mkdir -p "$(dirname "$r/dev/$c")"; cp -a "/dev/$c" "$r/dev/$c"
  done
  ln -s /proc/self/fd "$r/dev/fd"; ln -s fd/0 "$r/dev/stdin"; ln -s fd/1 "$r/dev/stdout"; ln -s fd/2 "$r/dev/stderr"
  mkdir "$r/dev/pts" "$r/dev/shm" "$r/dev/mqueue"
  mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts "$r/dev/pts"; ln -s pts/ptmx "$r/dev/ptmx"
  mount -t tmpfs shm "$r/dev/shm"; mount -t mqueue mqueue "$r/dev/mqueue"
  mount -t tmpfs -o mode=755 run "$r/run"
  mount -t tmpfs -o mode=1777 tmp "$r/tmp"
  if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
    mount -t cgroup2 cgroup "$r/sys/fs/cgroup"
    mkdir -p "$r/sys/fs/cgroup/init"; echo $$ > "$r/sys/fs/cgroup/init/cgroup.procs" || :
    for c in $(cat "$r/sys/fs/cgroup/cgroup.controllers"); do echo "+$c" > "$r/sys/fs/cgroup/cgroup.subtree_control" || :; done
  else
    mount -t tmpfs -o mode=755 cg "$r/sys/fs/cgroup"
    for c in cpu cpuacct cpuset memory devices freezer blkio pids; do
      [ -f "/sys/fs/cgroup/$c/cgroup.procs" ] || continue
      mkdir "$r/sys/fs/cgroup/$c"; mount -t cgroup -o "$c" cgroup "$r/sys/fs/cgroup/$c" || rmdir "$r/sys/fs/cgroup/$c"
    done
    # The group of all machines, which systemd makes elsewhere: of the first two that start at once, libvirt lets one fall into it before it has CPUs
    g=$r/sys/fs/cgroup/cpuset
    ! mkdir "$g/machine" 2>/dev/null || for c in cpus mems; do cat "$g/cpuset.$c" > "$g/machine/cpuset.$c"; done
  fi
  mkdir -p "$r/var/lib/libvirt/images"
  mount --bind "$STATE/$n/images" "$r/var/lib/libvirt/images"
  mkdir -p "$r/srv/shared" # the same folder on every host
  mount --bind "$STATE/shared" "$r/srv/shared"
}

identity() { # N ROOT: name, hosts, keys, an empty libvirt
  local n=$1 r=$2 c
  echo "lab$n" > "$r/etc/hostname"
  tr -d - < "$STATE/$n/uuid" > "$r/etc/machine-id"
  { echo "127.0.0.1 localhost"; echo "::1 localhost"; for c in $(seq 1 20); do echo "$(ip_of "$c") lab$c"; done; } > "$r/etc/hosts"
  rm -rf "$r"/etc/libvirt/qemu/*.xml "$r"/etc/libvirt/qemu/networks/autostart/* "$r"/etc/libvirt/storage "$r"/etc/libvirt/secrets/* \
    "$r"/var/lib/libvirt/qemu/* "$r"/var/lib/libvirt/dnsmasq "$r"/var/cache/libvirt/* "$r"/var/log/libvirt/*
  mkdir -p "$r"/var/log/libvirt/qemu "$r"/var/lib/libvirt/boot "$r"/var/lib/libvirt/dnsmasq "$r"/var/cache/libvirt/qemu
  for c in autostart channel checkpoint dump nvram ram save snapshot dbus; do mkdir -p "$r/var/lib/libvirt/qemu/$c"; done
  chown -R libvirt-qemu:kvm "$r/var/lib/libvirt/qemu" "$r/var/cache/libvirt/qemu" 2>/dev/null || :
  cat > "$r/etc/libvirt/libvirtd.conf" <<C
listen_tls = 0
listen_tcp = 1
auth_tcp = "none"
auth_unix_rw = "none"
unix_sock_group = "libvirt"
unix_sock_ro_perms = "0777"
unix_sock_rw_perms = "0770"
host_uuid = "$(cat "$STATE/$n/uuid")"
log_outputs = "3:file:/var/log/libvirt/libvirtd.log"
C
  cat > "$r/etc/libvirt/qemu.conf" <<C
security_driver = "none"
stdio_handler = "logd"
C
  mount -t tmpfs -o mode=700 home "$r/root" # nothing of the home below is seen
  mkdir -m 700 "$r/root/.ssh"; mkdir -p "$r/run/sshd" "$r/run/lock"
  install -m 600 "$STATE/keys/id_ed25519.pub" "$r/root/.ssh/authorized_keys"
  install -m 600 "$STATE/$n/host_key" "$r/etc/ssh/lab_host_key"
  cat > "$r/etc/ssh/lab_sshd_config" <<C
Port 22
ListenAddress $(ip_of "$n")
HostKey /etc/ssh/lab_host_key
PermitRootLogin prohibit-password
PasswordAuthentication yes
KbdInteractiveAuthentication yes
UsePAM yes
AllowTcpForwarding yes
AllowStreamLocalForwarding yes
MaxSessions 100
MaxStartups 100:30:200
UseDNS no
PrintMotd no
PidFile /run/sshd.pid
Subsystem sftp internal-sftp
C
}

# How libvirtd is started on a host, at first and whenever a test has ended it: `lab-libvirtd` answers when it takes calls. Not by -d: how
# it ended is written down then. A crash (a signal that no test sends) is kept for `mend`, with where it was where gdb can tell.
daemons() {
  cat > /usr/local/sbin/lab-libvirtd-run <<'C'
#!/bin/sh
log=/var/log/libvirt
cores=$(mktemp -d /run/libvirtd.XXXXXX); cd "$cores"; ulimit -c unlimited
trap 'cd /; rm -rf "$cores"' EXIT
/usr/sbin/libvirtd --listen -p /run/libvirtd.pid >>$log/libvirtd.out 2>&1
status=$?
echo $status >$log/libvirtd.ended
case $status in 132|134|135|136|139) ;; *) exit;; esac
at=
for core in core*; do
  [ ! -s "$core" ] || at=$(gdb -batch -ex bt /usr/sbin/libvirtd "$core" 2>/dev/null | sed -n 's/^#[0-9]* *//p' | sed 1d | head -n 9 | tr '\n' ' ')
done
echo "libvirtd of $(hostname) crashed with $status: $(tail -n 1 $log/libvirtd.out) $at" >>$log/libvirtd.crashes
C
  cat > /usr/local/sbin/lab-libvirtd <<'C'
#!/bin/sh
setsid lab-libvirtd-run </dev/null >/dev/null 2>&1 &
tries=0
until virsh -q uri >/dev/null 2>&1; do
  tries=$((tries + 1)); [ $tries -lt 600 ] || { tail -5 /var/log/libvirt/libvirtd.out >&2; exit 1; }
  sleep .05
done
C
  # `lab-sshd off`: nobody can log in, and who was is not any more; `lab-sshd`: one can again when it answers. Who is told to end listens for
  # a moment longer, in which another one finds the port taken and says nothing of it, and takes away the number of the next one last.
  cat > /usr/local/sbin/lab-sshd <<'C'
#!/bin/sh
wait_for() { # WHAT COMMAND...
  what=$1; shift; tries=0
  until "$@" >/dev/null 2>&1; do
    tries=$((tries + 1)); [ $tries -lt 600 ] || { echo "sshd of $(hostname) $what" >&2; exit 1; }
    sleep .05
  done
}
# Also one that has just been let in, and is not called by whom yet.
ended() { ! kill -0 "$listener" && ! pkill -9 -f '^sshd: [^/]|^/usr/sbin/sshd .*-R$'; }
listens() { [ -s /run/sshd.pid ] && ss -Hltn 'sport = :22' | grep -q .; }
if [ "$1" = off ]; then
  listener=$(cat /run/sshd.pid) && kill "$listener"
  wait_for 'does not end' ended
else
  /usr/sbin/sshd -f /etc/ssh/lab_sshd_config && wait_for 'does not listen' listens
fi
C
  chmod 755 /usr/local/sbin/lab-*
}

__init() { # pid 1 of host N
  local n=$1 r=/mnt
  hostname "lab$n"
  mount -t tmpfs -o size=2g,mode=755 "$PREFIX" $r
  mkdir $r/upper $r/work $r/root
  mount -t overlay -o "lowerdir=/,upperdir=$r/upper,workdir=$r/work" "$PREFIX-$n" $r/root
  r=$r/root
  mkdir -p $r/proc $r/sys $r/dev $r/run $r/tmp $r/old
  mount_root "$n" $r
  identity "$n" $r
  cd $r; pivot_root . old; cd /; umount -l /old; rmdir /old || :
  export PATH=$SAFE_PATH HOME=/root USER=root LANG=C.UTF-8; unset TMPDIR
  # labuser may use libvirt, outsider may log in only: the passwords are for these namespaces alone
  useradd -m -s /bin/bash -G libvirt labuser; useradd -m -s /bin/bash outsider
  printf 'labuser:labpass\noutsider:outpass\n' | chpasswd
  /usr/sbin/virtlogd -d -p /run/virtlogd.pid
  daemons
  lab-sshd
  lab-libvirtd
  virsh -q pool-define-as default dir --target /var/lib/libvirt/images >/dev/null
  virsh -q pool-start default >/dev/null; virsh -q pool-autostart default >/dev/null
  echo ready
  while :; do sleep 3600 & wait $! || :; done # bash as pid 1 reaps what is left to it
}

up() {
  local n=${1:?lab.sh up N} i
  [ "$(id -u)" = 0 ] || die "must be root"
  mkdir -p "$STATE/keys"; chmod 700 "$STATE" "$STATE/keys"
  exec 9>"$STATE/.lock"; flock 9
  [ -f "$STATE/keys/id_ed25519" ] || ssh-keygen -q -t ed25519 -N '' -C virtlane-lab -f "$STATE/keys/id_ed25519"
  switch_up
  for i in $(seq 1 "$n"); do host_up "$i"; done
  for i in $(seq 1 "$n"); do wait_ready "$i"; done
  for i in $(seq 1 "$n"); do echo "$(ip_of "$i") $(cut -d' ' -f1,2 "$STATE/$i/host_key.pub")"; done > "$STATE/known_hosts"
}

wait_ready() { # N
  for _ in $(seq 1 1200); do
    ! grep -q '^ready' "$STATE/$1/init.log" 2>/dev/null || return 0
    init_pid "$1" >/dev/null || { sleep .3; init_pid "$1" >/dev/null || break; }
    sleep .05
  done
  cat "$STATE/$1/init.log" >&2 || :
  die "host $1 did not come up"
}

host_down() { # N
  local n=$1 u p g
  u=$(cat "$STATE/$n/unshare.pid" 2>/dev/null || :)
  ! p=$(init_pid "$n") || kill -KILL "$p" 2>/dev/null || : # pid 1 of a pid namespace: the kernel ends all the rest
  if [ -n "$u" ]; then
    for _ in $(seq 1 250); do grep -qz __init "/proc/$u/cmdline" 2>/dev/null || break; sleep .02; done
  fi
  ! ip netns list | grep -q "^$PREFIX-$n\b" || ip netns del "$PREFIX-$n"
  for g in $(cgroups_of "$n"); do [ ! -d "$g" ] || find "$g" -depth -type d -exec rmdir {} \; 2>/dev/null || :; done
}

down() {
  local d
  for d in "$STATE"/[0-9]*; do [ ! -d "$d" ] || host_down "${d##*/}"; done
  ! ip link show "$UPLINK" >/dev/null 2>&1 || ip link del "$UPLINK"
  ! ip netns list | grep -q "^$SWITCH\b" || ip netns del "$SWITCH"
  rm -rf "${STATE:?}"
}

status() {
  local d n
  for d in "$STATE"/[0-9]*; do
    [ -d "$d" ] || continue
    n=${d##*/}
    echo "lab$n $(ip_of "$n") $(init_pid "$n" >/dev/null && echo up || echo down)"
  done
}

# Starts what does not run on hosts that are up, and says what that was and how it ended; then which libvirtd crashed since it was asked.
mend() {
  local d n
  for d in "$STATE"/[0-9]*; do
    n=${d##*/}
    [ -d "$d" ] && init_pid "$n" >/dev/null || continue
    enter "$n" sh -c 'log=/var/log/libvirt
      pgrep -x libvirtd >/dev/null || {
        sleep 1 # how it ended is being written
        pgrep -f lab-libvirtd-run >/dev/null && sleep 5
        [ -s $log/libvirtd.crashes ] || echo "libvirtd of $(hostname) does not run, it ended with $(cat $log/libvirtd.ended 2>/dev/null): $(tail -n 2 $log/libvirtd.out | tr "\n" " ")"
        lab-libvirtd
      }
      kill -0 $(cat /run/sshd.pid 2>/dev/null) 2>/dev/null || { echo "sshd of $(hostname) does not run"; lab-sshd; }
      cat $log/libvirtd.crashes 2>/dev/null; rm -f $log/libvirtd.crashes'
  done
}

case ${1:-} in
  up) up "${2:-}";;
  down) down;;
  exec) shift; enter "$@";;
  freeze) ip -n "$SWITCH" link set "p${2:?host}" down;;
  thaw) ip -n "$SWITCH" link set "p${2:?host}" up;;
  plug) ip link set "${2:?interface}" netns "$SWITCH"; ip -n "$SWITCH" link set "$2" master br0 up;; # beside the hosts
  between) shift; exec ip netns exec "$SWITCH" "$@";; # where all of them are reached, by br0
  pid) init_pid "${2:?host}";;
  status) status;;
  mend) mend;;
  __init) __init "$2";;
  *) sed -n '2,9p' "$SELF" >&2; exit 2;;
esac
