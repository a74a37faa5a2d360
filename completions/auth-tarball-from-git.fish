complete -c auth-tarball-from-git -l keyring -d 'Trust the OpenPGP certificates in this file or folder' -r -F
complete -c auth-tarball-from-git -l tag -d 'The tag that must be signed' -r
complete -c auth-tarball-from-git -l allowed-signers -d 'Trust the SSH keys in this file' -r -F
complete -c auth-tarball-from-git -l fingerprint -d 'Count only this certificate of the keyrings' -r
complete -c auth-tarball-from-git -l signatures -d 'How many must have signed' -r
complete -c auth-tarball-from-git -l not-before -d 'Count no signatures from before this time' -r
complete -c auth-tarball-from-git -l not-after -d 'Count no signatures from after this time' -r
complete -c auth-tarball-from-git -l policy-as-of -d 'Judge algorithms as on this day' -r
complete -c auth-tarball-from-git -l commit -d 'Check a signed commit, or which commit the tag leads to' -r
complete -c auth-tarball-from-git -l tag-id -d 'The id that the tag object must have' -r
complete -c auth-tarball-from-git -l timeout -d 'How long fetching may take' -r
complete -c auth-tarball-from-git -l prefix -d 'What stands before every path in the tarball' -r
complete -c auth-tarball-from-git -l name -d 'The same as --prefix NAME-TAG/' -r
complete -c auth-tarball-from-git -l format -d 'tar, tar.gz, tar.xz, tar.bz2 or tar.zst' -r
complete -c auth-tarball-from-git -l sha256 -d 'The SHA-256 checksum that the tarball must have' -r
complete -c auth-tarball-from-git -l sha512 -d 'The SHA-512 checksum that the tarball must have' -r
complete -c auth-tarball-from-git -l b2sum -d 'The BLAKE2b checksum that the tarball must have' -r
complete -c auth-tarball-from-git -l integrity -d 'The checksum that the tarball must have, as npm and Nix write it' -r
complete -c auth-tarball-from-git -l accept-text -d 'Accept a text that only the forge knew in a file' -r
complete -c auth-tarball-from-git -l accept -d 'Accept a tarball with this grade: same-files' -r -f -a "same-files\t''"
complete -c auth-tarball-from-git -l allow-added -d 'Accept added paths that match' -r
complete -c auth-tarball-from-git -l allow-changed -d 'Accept changed paths that match' -r
complete -c auth-tarball-from-git -l allow-missing -d 'Accept missing paths that match' -r
complete -c auth-tarball-from-git -l preset -d 'Accept what a packaging tool does: sdist, crate or dist' -r -f -a "sdist\t''
crate\t''
dist\t''"
complete -c auth-tarball-from-git -l subdir -d 'The tarball is of this folder of the repository' -r
complete -c auth-tarball-from-git -l submodule -d 'Where a submodule is, whatever .gitmodules says' -r
complete -c auth-tarball-from-git -l strip -d 'How many folders stand before every path in the tarball' -r
complete -c auth-tarball-from-git -l resolve-unsigned-tag -d 'If the tag is not signed, its commit must be'
complete -c auth-tarball-from-git -l strict -d 'Refuse text that signed data does not fully decide'
complete -c auth-tarball-from-git -l explain -d 'If the tarball is not the archive, list every difference'
complete -c auth-tarball-from-git -l diff -d 'The same as --explain, with changed texts line by line'
complete -c auth-tarball-from-git -l with-ignored -d 'Accept files that export-ignore leaves out'
complete -c auth-tarball-from-git -l submodules -d 'Compare the content of submodules, too'
complete -c auth-tarball-from-git -l json -d 'Print one JSON object instead of the report'
complete -c auth-tarball-from-git -s q -l quiet -d 'Print nothing but errors'
complete -c auth-tarball-from-git -s v -l verbose -d 'Print every step, and what the server says'
complete -c auth-tarball-from-git -s h -l help -d 'Print help; -h prints less of it'
complete -c auth-tarball-from-git -s V -l version -d 'Print the version'
