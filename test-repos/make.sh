#!/usr/bin/env bash
# Make hello.bundle, hello.pgp and hello-1.0.tar.gz anew; needs git and gpg. The secret key is thrown away.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'gpgconf --homedir "$work/gpg" --kill all; rm -rf "$work"' EXIT
export GNUPGHOME="$work/gpg" GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
mkdir -m 700 "$GNUPGHOME"
who='Hello Maintainer <hello@example.org>'
gpg --quiet --batch --passphrase '' --quick-generate-key "$who" ed25519 sign never
key=$(gpg --list-keys --with-colons "$who" | awk -F: '$1 == "fpr" { print $10; exit }')

git init -q -b main "$work/hello"
cd "$work/hello"
git config user.name 'Hello Maintainer'
git config user.email hello@example.org
git config user.signingKey "$key"
mkdir -p src doc
printf '#!/bin/sh\n# $Id$\necho "Hello, $Format:%%H$"\n' >src/hello.sh
chmod +x src/hello.sh
printf 'Say hello.\n' >README
printf 'A file with the line ends of another world.\n' >doc/NOTES.txt
printf 'internal notes\n' >doc/internal
ln -s src/hello.sh hello
printf '*.txt text eol=crlf\nsrc/*.sh ident export-subst\ndoc/internal export-ignore\n' >.gitattributes
git add -A
git commit -q -m 'Say hello'
git tag -s -m 'hello 1.0' v1.0
git bundle create -q "$here/hello.bundle" refs/tags/v1.0
gpg --export --armor "$key" >"$here/hello.pgp"
git archive --format=tar --prefix=hello-1.0/ v1.0 | gzip -9n >"$here/hello-1.0.tar.gz"
