complete -c auth-tarball-from-git -l keyring -d 'Trust the OpenPGP certificates in this file (armored, binary or a keybox) or folder; may be given more than once' -r -F
complete -c auth-tarball-from-git -l fingerprint -d 'Of the certificates in the keyrings, only these count: fingerprints of primary keys; may be given more than once' -r
complete -c auth-tarball-from-git -l allowed-signers -d 'Trust the SSH keys in this file, which has the format of OpenSSH\'s allowed signers' -r -F
complete -c auth-tarball-from-git -l signatures -d 'So many distinct certificates must have signed' -r
complete -c auth-tarball-from-git -l not-before -d 'Signatures made before this do not count: YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ' -r
complete -c auth-tarball-from-git -l not-after -d 'Signatures made after this do not count: a whole day, or YYYY-MM-DDThh:mm:ssZ' -r
complete -c auth-tarball-from-git -l tag -d 'The tag that must be signed: NAME or refs/tags/NAME' -r
complete -c auth-tarball-from-git -l commit -d 'Authenticate a signed commit instead of a tag: its full id' -r
complete -c auth-tarball-from-git -l prefix -d 'What stands before every path in the tarball; a slash is added where it is missing, \'\' is for none. Without --prefix and --name it is read off the tarball and reported' -r
complete -c auth-tarball-from-git -l name -d 'The same as --prefix NAME-TAG/, with the slashes of the tag as dashes; with --commit, NAME-OID/' -r
complete -c auth-tarball-from-git -l format -d 'The tarball must be of this kind: tar, tar.gz, tar.xz, tar.bz2 or tar.zst. Without it, the first bytes decide' -r
complete -c auth-tarball-from-git -l sha256 -d 'The tarball must have this SHA-256 checksum' -r
complete -c auth-tarball-from-git -l timeout -d 'How long the network part may take altogether' -r
complete -c auth-tarball-from-git -l policy-as-of -d 'Judge cryptographic algorithms as on this day, like `sqv --policy-as-of`: accepts keys and signatures that were good enough then, at the risk that they were forged since' -r
complete -c auth-tarball-from-git -l resolve-unsigned-tag -d 'Where the tag is not signed, its commit must be. Anyone who controls the repository can then move the tag to another signed commit'
complete -c auth-tarball-from-git -l json -d 'Print one JSON object on standard output instead of a report'
complete -c auth-tarball-from-git -s q -l quiet -d 'Print nothing but errors'
complete -c auth-tarball-from-git -s v -l verbose -d 'Print what is being done, and what the server says'
complete -c auth-tarball-from-git -l strict -d 'Refuse text that only the forge knew, such as ref names and abbreviated ids in files with export-subst'
complete -c auth-tarball-from-git -s h -l help -d 'Print help (see more with \'--help\')'
complete -c auth-tarball-from-git -s V -l version -d 'Print version'
