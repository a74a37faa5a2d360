//! The limits as the man page tells them, with the numbers that the program has.

use auth_tarball_from_git::limits::*;

/// Constants of `limits.rs`, and the line that tells them.
pub struct Line(
    #[cfg_attr(not(test), expect(dead_code, reason = "a test compares them"))] pub &'static [&'static str],
    pub String,
);

/// `512 MiB`
fn bytes(count: impl TryInto<u64>) -> String {
    let count: u64 = count.try_into().unwrap_or(u64::MAX);
    let unit = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
    match unit.into_iter().find(|(_, bits)| count >= 1 << bits && count.is_multiple_of(1 << bits)) {
        Some((name, bits)) => format!("{} {name}", count >> bits),
        None => format!("{count} bytes"),
    }
}

/// All lines.
pub fn lines() -> Vec<Line> {
    let seconds = |time: std::time::Duration| time.as_secs();
    let pack = |limits: &PackLimits| {
        format!(
            "{} as it is sent, {} unpacked, {} for one object, {} objects",
            bytes(limits.pack_bytes),
            bytes(limits.inflated_bytes),
            bytes(limits.object_bytes),
            limits.objects
        )
    };
    vec![
        Line(
            &["NETWORK_DEADLINE", "LONGEST_DEADLINE"],
            format!("Time: {} seconds. --timeout takes up to {LONGEST_DEADLINE}.", seconds(NETWORK_DEADLINE)),
        ),
        Line(
            &["CONNECT_TIME", "LONGEST_SILENCE", "SLOWEST_SPAN", "SLOWEST_BYTES", "REDIRECTS"],
            format!(
                "Servers: {} seconds to connect, {} of silence, {SLOWEST_BYTES} bytes in each {} seconds, {REDIRECTS} redirects.",
                seconds(CONNECT_TIME),
                seconds(LONGEST_SILENCE),
                seconds(SLOWEST_SPAN)
            ),
        ),
        Line(
            &["HANDSHAKE_BYTES", "REQUEST_BYTES"],
            format!(
                "What a server says beside packs: {}. A request: {}.",
                bytes(HANDSHAKE_BYTES),
                bytes(REQUEST_BYTES)
            ),
        ),
        Line(&["BLOBLESS_PACK"], format!("A pack without files: {}.", pack(&BLOBLESS_PACK))),
        Line(&["FULL_PACK"], format!("A pack with files, and a bundle: {}.", pack(&FULL_PACK))),
        Line(
            &["BUNDLE_LINES", "BUNDLE_LINE_BYTES"],
            format!("The header of a bundle: {BUNDLE_LINES} lines of {}.", bytes(BUNDLE_LINE_BYTES)),
        ),
        Line(
            &["SYMBOLIC_REFS", "REF_FILE_BYTES", "PACKED_REFS_BYTES", "PATH_FILE_BYTES", "CONFIG_BYTES", "ALTERNATES"],
            format!(
                "A local repository: {SYMBOLIC_REFS} symbolic refs in a row, {} for a ref, {} for packed-refs, {} for a file \
                 that names folders, {} for config, {ALTERNATES} folders of objects.",
                bytes(REF_FILE_BYTES),
                bytes(PACKED_REFS_BYTES),
                bytes(PATH_FILE_BYTES),
                bytes(CONFIG_BYTES)
            ),
        ),
        Line(
            &["LOCAL_PACKS", "LOCAL_PACK_BYTES", "LOCAL_INDEX_BYTES", "LOOSE_OBJECT_BYTES"],
            format!(
                "Its objects: {LOCAL_PACKS} packs of {}, {} for an index, {} for an object in a file of its own.",
                bytes(LOCAL_PACK_BYTES),
                bytes(LOCAL_INDEX_BYTES),
                bytes(LOOSE_OBJECT_BYTES)
            ),
        ),
        Line(
            &["OBJECT_BYTES", "TAG_OR_COMMIT_BYTES", "TAG_CHAIN"],
            format!(
                "One object: {}. A tag or commit: {}. Further tags between the tag and the commit: {TAG_CHAIN}.",
                bytes(OBJECT_BYTES),
                bytes(TAG_OR_COMMIT_BYTES)
            ),
        ),
        Line(
            &["TREE_ENTRIES", "TREE_PATH_BYTES", "TREE_BYTES", "ALL_TREES_BYTES", "TREE_DEPTH"],
            format!(
                "The tree: {TREE_ENTRIES} files and folders, {} for all paths, {} for one tree object, {} for all of them, \
                 {TREE_DEPTH} folders deep.",
                bytes(TREE_PATH_BYTES),
                bytes(TREE_BYTES),
                bytes(ALL_TREES_BYTES)
            ),
        ),
        Line(
            &[
                "ATTRIBUTES_FILES",
                "ATTRIBUTES_BYTES",
                "ATTRIBUTES_MEMORY",
                "ATTRIBUTES_MACROS",
                "ATTRIBUTES_MACRO_DEPTH",
                "ATTRIBUTES_LINES",
                "ATTRIBUTES_COMPARISONS",
            ],
            format!(
                "Attributes: {ATTRIBUTES_FILES} files, {} for all of them, {} of memory, {ATTRIBUTES_LINES} lines, {ATTRIBUTES_MACROS} macros, \
                 {ATTRIBUTES_MACRO_DEPTH} macros deep, {ATTRIBUTES_COMPARISONS} comparisons with paths.",
                bytes(ATTRIBUTES_BYTES),
                bytes(ATTRIBUTES_MEMORY)
            ),
        ),
        Line(
            &["ALL_CONVERTED_BYTES", "CONVERTED_BYTES"],
            format!(
                "Files that git converts: {} together, and {} for what one becomes.",
                bytes(ALL_CONVERTED_BYTES),
                bytes(CONVERTED_BYTES)
            ),
        ),
        Line(
            &["SUBSTITUTED_BYTES", "SUBSTITUTION_WORK"],
            format!(
                "Placeholders: {} for what those of one file become, {} to look at for all.",
                bytes(SUBSTITUTED_BYTES),
                bytes(SUBSTITUTION_WORK)
            ),
        ),
        Line(
            &["HOLES", "ALL_HOLES", "HOLE_FILE_BYTES", "HOLE_COLUMNS", "HOLE_STEPS", "ALL_HOLE_STEPS"],
            format!(
                "Placeholders that only the forge knew: {HOLES} in a file, {ALL_HOLES} in all, {} for their file, \
                 {HOLE_COLUMNS} columns, {HOLE_STEPS} steps to fit one file, {ALL_HOLE_STEPS} for all.",
                bytes(HOLE_FILE_BYTES)
            ),
        ),
        Line(
            &[
                "HOLE_BYTES",
                "DESCRIPTION_BYTES",
                "MAPPED_BYTES",
                "MAPPED_WORDS",
                "ABBREVIATED_DIGITS",
                "PLACE_LINE_BYTES",
                "LONG_HOLE_BYTES",
                "LONG_NAME_BYTES",
                "SHORTEST_DIGITS",
            ],
            format!(
                "Their texts, to be accepted as they stand: {} of ref names, {} of a description, {} or {MAPPED_WORDS} words \
                 of a name, {ABBREVIATED_DIGITS} digits of an id at least, in a line of {}. --accept-text can accept {}, or \
                 {} of a name or description, and {SHORTEST_DIGITS} digits.",
                bytes(HOLE_BYTES),
                bytes(DESCRIPTION_BYTES),
                bytes(MAPPED_BYTES),
                bytes(PLACE_LINE_BYTES),
                bytes(LONG_HOLE_BYTES),
                bytes(LONG_NAME_BYTES)
            ),
        ),
        Line(
            &[
                "KEYRING_BYTES",
                "KEYRING_PACKETS",
                "KEYRING_KEYS",
                "CERTIFICATE_PACKETS",
                "KEYRING_LOOSE_SIGNATURES",
                "KEYRING_FILES",
            ],
            format!(
                "Keyrings: {} together, {KEYRING_PACKETS} packets, {KEYRING_KEYS} keys and subkeys, {CERTIFICATE_PACKETS} packets in one \
                 certificate, {KEYRING_LOOSE_SIGNATURES} \
                 signatures without a certificate, {KEYRING_FILES} files in a folder.",
                bytes(KEYRING_BYTES)
            ),
        ),
        Line(
            &["SIGNATURES", "ISSUERS", "SIGNATURE_BYTES"],
            format!("Signatures of a tag: {SIGNATURES}, with {ISSUERS} issuers each, in {}.", bytes(SIGNATURE_BYTES)),
        ),
        Line(
            &[
                "SSH_SIGNATURE_BYTES",
                "SSH_SIGNERS_BYTES",
                "SSH_SIGNERS_LINES",
                "SSH_PATTERNS",
                "SSH_PATTERN_BYTES",
                "SSH_PATTERN_STEPS",
                "SSH_CERTIFICATE_PRINCIPALS",
                "SSH_CERTIFICATE_OPTIONS",
            ],
            format!(
                "SSH: {} for a signature, {} and {SSH_SIGNERS_LINES} lines for allowed signers, {SSH_PATTERNS} patterns of \
                 {SSH_PATTERN_BYTES} bytes, {SSH_PATTERN_STEPS} steps to compare them, {SSH_CERTIFICATE_PRINCIPALS} principals \
                 and {SSH_CERTIFICATE_OPTIONS} options in a certificate.",
                bytes(SSH_SIGNATURE_BYTES),
                bytes(SSH_SIGNERS_BYTES)
            ),
        ),
        Line(&["NETRC_BYTES"], format!("The file .netrc: {}.", bytes(NETRC_BYTES))),
        Line(
            &["TAR_BYTES", "STREAMS", "XZ_MEMORY", "ZSTD_WINDOW_LOG", "PAX_BYTES", "PREFIX_BYTES"],
            format!(
                "The tarball: {} unpacked, {STREAMS} compressed streams, {} of memory for xz, a window of {} for zstd, {} for \
                 a pax header, {} for a prefix.",
                bytes(TAR_BYTES),
                bytes(XZ_MEMORY),
                bytes(1_u64 << ZSTD_WINDOW_LOG),
                bytes(PAX_BYTES),
                bytes(PREFIX_BYTES)
            ),
        ),
        Line(
            &[
                "TARBALL_ENTRIES",
                "TARBALL_PATH_BYTES",
                "ENTRY_PATH_BYTES",
                "ENTRY_DEPTH",
                "LINK_TARGET_BYTES",
                "PAX_RECORDS",
                "DIFFERENCES",
            ],
            format!(
                "A tarball that is graded: {TARBALL_ENTRIES} entries, {} for all their paths, {} and {ENTRY_DEPTH} folders for \
                 one, {} for the target of a link, {PAX_RECORDS} records of an entry, {DIFFERENCES} differences.",
                bytes(TARBALL_PATH_BYTES),
                bytes(ENTRY_PATH_BYTES),
                bytes(LINK_TARGET_BYTES)
            ),
        ),
        Line(
            &["ZIP_DIRECTORY_BYTES", "ZIP_COMMENT_BYTES", "ZIP_EXTRA_BYTES"],
            format!(
                "A zip archive: {} for its directory, {} for its comment, {} for a further field of an entry.",
                bytes(ZIP_DIRECTORY_BYTES),
                bytes(ZIP_COMMENT_BYTES),
                bytes(ZIP_EXTRA_BYTES)
            ),
        ),
        Line(
            &["KEPT_FILE_BYTES", "KEPT_BYTES", "DIFF_FILE_LINES", "DIFF_LINES", "DIFF_LINE_BYTES"],
            format!(
                "--diff: {} of a file, {} of all, {DIFF_FILE_LINES} lines of a file, {DIFF_LINES} of all, {} of a line. What is \
                 longer is cut.",
                bytes(KEPT_FILE_BYTES),
                bytes(KEPT_BYTES),
                bytes(DIFF_LINE_BYTES)
            ),
        ),
        Line(
            &["HISTORY_COMMITS"],
            format!(
                "What --explain looks at to tell which of two commits leads to the other: {HISTORY_COMMITS} commits."
            ),
        ),
        Line(
            &[
                "PACKS",
                "SUBMODULE_PACKS",
                "SUBMODULES",
                "SUBMODULE_DEPTH",
                "SUBMODULES_AT_ONCE",
                "SUBMODULES_BYTES",
                "GITMODULES_BYTES",
                "ROW_END_BYTES",
            ],
            format!(
                "Submodules: {SUBMODULES}, nested {SUBMODULE_DEPTH} deep, {SUBMODULES_AT_ONCE} fetched at once, {} of packs in all, {} for one without files, {} for one with them; {} for a \
                 .gitmodules file, {} of zeros behind their archives.",
                bytes(SUBMODULES_BYTES),
                bytes(SUBMODULE_PACKS.without_blobs.pack_bytes),
                bytes(SUBMODULE_PACKS.with_blobs.pack_bytes),
                bytes(GITMODULES_BYTES),
                bytes(ROW_END_BYTES)
            ),
        ),
        Line(&["LFS_POINTER_BYTES"], format!("A pointer of Git LFS: {}.", bytes(LFS_POINTER_BYTES))),
    ]
}
