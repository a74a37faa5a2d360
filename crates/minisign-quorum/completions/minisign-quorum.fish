# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_minisign_quorum_global_optspecs
    string join \n V m= x= p= P= Q= H allow-rename strict q v/version h/help
end

function __fish_minisign_quorum_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_minisign_quorum_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_minisign_quorum_using_subcommand
    set -l cmd (__fish_minisign_quorum_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c minisign-quorum -n "__fish_minisign_quorum_needs_command" -s m -d 'The file' -r -F
complete -c minisign-quorum -n "__fish_minisign_quorum_needs_command" -s x -d 'The signatures' -r -F
complete -c minisign-quorum -n "__fish_minisign_quorum_needs_command" -s p -d 'A file with a public key' -r -F
complete -c minisign-quorum -n "__fish_minisign_quorum_needs_command" -s P -d 'A public key in base64' -r
complete -c minisign-quorum -n "__fish_minisign_quorum_needs_command" -s Q -d 'How many distinct keys must have signed' -r
complete -c minisign-quorum -n "__fish_minisign_quorum_needs_command" -s V -d 'Verify a file, as minisign does'
complete -c minisign-quorum -n "__fish_minisign_quorum_needs_command" -s H -d 'Refuse legacy signatures, as minisign does'
complete -c minisign-quorum -n "__fish_minisign_quorum_needs_command" -l allow-rename -d 'The signed name may be another than the file\'s'
complete -c minisign-quorum -n "__fish_minisign_quorum_needs_command" -l strict -d 'Let a bad block make the answer no'
complete -c minisign-quorum -n "__fish_minisign_quorum_needs_command" -s q -d 'Print nothing but errors'
complete -c minisign-quorum -n "__fish_minisign_quorum_needs_command" -s v -l version -d 'Print the version'
complete -c minisign-quorum -n "__fish_minisign_quorum_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c minisign-quorum -n "__fish_minisign_quorum_needs_command" -f -a "verify" -d 'Check that enough parties of a policy have signed a file'
complete -c minisign-quorum -n "__fish_minisign_quorum_needs_command" -f -a "sign" -d 'Sign a file as its publisher, and say what it is made of'
complete -c minisign-quorum -n "__fish_minisign_quorum_needs_command" -f -a "cosign" -d 'Sign a file as a builder who made the same bytes again'
complete -c minisign-quorum -n "__fish_minisign_quorum_needs_command" -f -a "merge" -d 'Put the signatures of several files into one set'
complete -c minisign-quorum -n "__fish_minisign_quorum_needs_command" -f -a "prune" -d 'Take everything out of a set that is not good under a policy'
complete -c minisign-quorum -n "__fish_minisign_quorum_needs_command" -f -a "show" -d 'Print what is in a set, without verifying it'
complete -c minisign-quorum -n "__fish_minisign_quorum_needs_command" -f -a "lint" -d 'Check the form of a file of signatures, and who cannot read it'
complete -c minisign-quorum -n "__fish_minisign_quorum_needs_command" -f -a "keygen" -d 'Make a key pair for this program and minisign'
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand verify" -l policy -d 'Whom to trust' -r -F
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand verify" -l threshold -d 'How many parties must have signed' -r
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand verify" -l builders -d 'How many builders must have signed' -r
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand verify" -l require -d 'This party or group of the policy must have signed' -r
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand verify" -s x -d 'The set' -r -F
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand verify" -l allow-rename -d 'The signed name may be another than the file\'s'
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand verify" -l strict -d 'Let a bad block make the answer no'
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand verify" -l json -d 'Print one JSON object in place of the report'
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand verify" -s q -l quiet -d 'Print nothing but errors'
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand sign" -s s -d 'The file with the secret key' -r -F
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand sign" -l password-file -d 'The first line of this file is the password' -r -F
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand sign" -l source -d 'The URL of the source\'s repository' -r
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand sign" -l commit -d 'The full id of the commit' -r
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand sign" -l tag -d 'The name of the tag' -r
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand sign" -l prefix -d 'The file is a source tarball with this prefix' -r
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand sign" -l image -d 'The file is what a command leaves in this image' -r
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand sign" -l platform -d 'The platform of the image' -r
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand sign" -l run -d 'The command' -r
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand sign" -l output -d 'The path of the file in the container' -r
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand sign" -l epoch -d 'The SOURCE_DATE_EPOCH for the command' -r
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand sign" -s o -d 'Write the set to this file' -r -F
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand sign" -s W -d 'The secret key has no password, or an empty one'
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand sign" -l single -d 'Write FILE.minisig as well, for today\'s minisign'
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand sign" -s f -l force -d 'Replace sets and signatures that are there'
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand sign" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand cosign" -s s -d 'The file with the secret key' -r -F
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand cosign" -l password-file -d 'The first line of this file is the password' -r -F
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand cosign" -s p -d 'A file with a public key' -r -F
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand cosign" -s P -d 'A public key in base64' -r
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand cosign" -l policy -d 'Take the publisher\'s keys from this policy' -r -F
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand cosign" -s x -d 'The set with the publisher\'s block' -r -F
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand cosign" -s o -d 'Merge the block into this set' -r -F
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand cosign" -s W -d 'The secret key has no password, or an empty one'
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand cosign" -s f -l force -d 'Sign again if this key has signed the same material'
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand cosign" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand merge" -s o -d 'The set that grows; what is in it stays' -r -F
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand merge" -s m -d 'The file that is signed' -r -F
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand merge" -s p -d 'A file with a public key' -r -F
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand merge" -s P -d 'A public key in base64' -r
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand merge" -l policy -d 'Take only blocks by keys of this policy' -r -F
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand merge" -l allow-rename -d 'The signed name may be another than the file\'s'
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand merge" -l unverified -d 'Take all blocks as they are'
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand merge" -l prune -d 'Take out of the set after -o what is not good'
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand merge" -l keep-going -d 'Leave out what is not good, and go on; this is the default'
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand merge" -l no-keep-going -d 'Write nothing if anything is left out'
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand merge" -l json -d 'Print one JSON object'
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand merge" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand prune" -l policy -d 'Keep only blocks by keys of this policy' -r -F
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand prune" -s m -d 'The file that is signed' -r -F
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand prune" -s o -d 'Write to this set' -r -F
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand prune" -l allow-rename -d 'The signed name may be another than the file\'s'
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand prune" -l json -d 'Print one JSON object'
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand show" -l field -d 'Print the values of this field only, each once on its own line' -r
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand show" -l json -d 'Print one JSON object'
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand show" -s h -l help -d 'Print help'
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand lint" -l json -d 'Print one JSON object'
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand lint" -s h -l help -d 'Print help'
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand keygen" -s s -d 'The file with the secret key' -r -F
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand keygen" -l password-file -d 'The first line of this file is the password' -r -F
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand keygen" -s p -d 'Write the public key to this file' -r -F
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand keygen" -s c -d 'The untrusted comment in the secret key\'s file' -r
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand keygen" -s W -d 'The secret key has no password, or an empty one'
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand keygen" -l public -d 'Print the public key of the secret key that is there, and make none'
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand keygen" -s f -l force -d 'Replace keys that are there'
complete -c minisign-quorum -n "__fish_minisign_quorum_using_subcommand keygen" -s h -l help -d 'Print help (see more with \'--help\')'
