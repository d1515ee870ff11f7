#!/usr/bin/env bash
# A source of Debian packages, served on ADDRESS:8080 of this host until it is killed by DIR/httpd.pid. It has the packages that are in
# DIR/source already, and two of its own: `virtlane-hello`, and a `puppet` that only writes down how it was called; as the true one does, its agent ends with 2
# when a first run changed something.
#
#   package-source.sh DIR ADDRESS
set -euo pipefail
DIR=${1:?dir}; ADDRESS=${2:?address}
mkdir -p "$DIR/source"; cd "$DIR"

package() { # NAME FOLDER: into the source
  mkdir -p "$2/DEBIAN"
  printf 'Package: %s\nVersion: 1.0\nArchitecture: all\nMaintainer: Virtlane <tests@localhost>\nDescription: of the tests\n' "$1" > "$2/DEBIAN/control"
  dpkg-deb --root-owner-group -b "$2" "source/$1.deb" >/dev/null
}

mkdir -p hello/usr/share/virtlane puppet/usr/bin puppet/etc/puppet puppet/lib/systemd/system
echo hello > hello/usr/share/virtlane/hello
printf '[main]\nssldir = /var/lib/puppet/ssl\n' > puppet/etc/puppet/puppet.conf
cat > puppet/usr/bin/puppet <<'P'
#!/bin/sh
echo "$*" >> /var/log/puppet-calls
case "$*" in
  'config print config') echo /etc/puppet/puppet.conf ;;
  'config print ssldir') echo /var/lib/puppet/ssl ;;
  'config print csr_attributes') echo /etc/puppet/csr_attributes.yaml ;;
  *--test*) exit 2 ;;
esac
P
chmod 755 puppet/usr/bin/puppet
cat > puppet/lib/systemd/system/puppet.service <<'U'
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/puppet agent --no-daemonize
[Install]
WantedBy=multi-user.target
U
package virtlane-hello hello
package puppet puppet
cd source
for file in *.deb; do
  dpkg-deb -f "$file"
  printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$file" "$(stat -c %s "$file")" "$(sha256sum < "$file" | cut -d' ' -f1)"
done > Packages
cd ..
setsid busybox httpd -f -p "$ADDRESS:8080" -h "$DIR/source" </dev/null >/dev/null 2>&1 &
echo $! > httpd.pid
