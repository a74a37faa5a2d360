//! Every limit that foreign input can run into, by name and in one place.

use std::time::Duration;

/// The largest `--timeout`, in seconds.
pub const LONGEST_DEADLINE: u64 = 86_400;
/// Time for the whole network part, unless `--timeout` says otherwise.
pub const NETWORK_DEADLINE: Duration = Duration::from_secs(600);
/// An answer that is on its way must bring at least [`SLOWEST_BYTES`] in each span of this length.
pub const SLOWEST_SPAN: Duration = Duration::from_secs(20);
/// See [`SLOWEST_SPAN`]: 500 bytes a second, less than a modem.
pub const SLOWEST_BYTES: u64 = 10_000;
/// A server that is working on an answer may be silent for this long.
pub const LONGEST_SILENCE: Duration = Duration::from_secs(60);
/// How long connecting to one address may take.
pub const CONNECT_TIME: Duration = Duration::from_secs(15);
/// How often a connection that fails before anything was received is tried again,
pub const RETRIES: usize = 3;
/// and after how long; each time twice as long.
pub const RETRY_AFTER: Duration = Duration::from_millis(250);
/// How many redirects the first http request may follow.
pub const REDIRECTS: usize = 5;
/// What a server may send beside packs: capabilities, refs, progress lines.
pub const HANDSHAKE_BYTES: u64 = 64 << 20;
/// The request that asks for blobs by id, in bytes.
pub const REQUEST_BYTES: usize = 16 << 20;
/// What ssh may say on its standard error, in bytes; the rest is dropped.
pub const SSH_MESSAGE_BYTES: usize = 16 << 10;
/// How long is waited for more of it once ssh has ended.
pub const SSH_LAST_WORDS: Duration = Duration::from_secs(1);

/// A pack of tag, commit and trees.
pub const BLOBLESS_PACK: PackLimits =
    PackLimits { pack_bytes: 64 << 20, inflated_bytes: 512 << 20, object_bytes: 64 << 20, objects: 500_000 };
/// A pack with files in it: those that need conversion, all where the server has no filter, or a bundle.
pub const FULL_PACK: PackLimits =
    PackLimits { pack_bytes: 1 << 30, inflated_bytes: 8 << 30, object_bytes: OBJECT_BYTES, objects: 3_000_000 };

/// Both, for the repository that was asked for,
pub const PACKS: Packs = Packs { without_blobs: BLOBLESS_PACK, with_blobs: FULL_PACK };
/// and for each submodule: several are fetched at once.
pub const SUBMODULE_PACKS: Packs = Packs {
    without_blobs: PackLimits {
        pack_bytes: 16 << 20,
        inflated_bytes: 128 << 20,
        object_bytes: 16 << 20,
        objects: 100_000,
    },
    with_blobs: PackLimits {
        pack_bytes: 32 << 20,
        inflated_bytes: 512 << 20,
        object_bytes: 16 << 20,
        objects: 100_000,
    },
};

/// What the packs of one repository may cost.
#[derive(Clone, Copy, Debug)]
pub struct Packs {
    /// Of tag, commit and trees.
    pub without_blobs: PackLimits,
    /// With files.
    pub with_blobs: PackLimits,
}

/// What one pack may cost.
#[derive(Clone, Copy, Debug)]
pub struct PackLimits {
    /// The pack as it is sent.
    pub pack_bytes: u64,
    /// The sum of its entries when inflated.
    pub inflated_bytes: u64,
    /// The largest object in it.
    pub object_bytes: usize,
    /// How many objects it may have: indexing takes about 130 bytes for each.
    pub objects: usize,
}

/// The lines of a bundle's header.
pub const BUNDLE_LINES: usize = 1_000_000;
/// One of them.
pub const BUNDLE_LINE_BYTES: u64 = 8 << 10;
/// How far symbolic refs are followed.
pub const SYMBOLIC_REFS: usize = 5;
/// A local repository's file with one ref, and a line of `packed-refs`.
pub const REF_FILE_BYTES: u64 = 16 << 10;
/// Its `packed-refs`.
pub const PACKED_REFS_BYTES: u64 = 1 << 30;
/// Its files that name folders: `.git`, `commondir`, `info/alternates`.
pub const PATH_FILE_BYTES: u64 = 1 << 20;
/// Its `config`.
pub const CONFIG_BYTES: u64 = 16 << 20;
/// The folders that it borrows objects from, with its own.
pub const ALTERNATES: usize = 256;
/// Its packs, with those that it borrows.
pub const LOCAL_PACKS: usize = 20_000;
/// One of its packs, which is not held in memory,
pub const LOCAL_PACK_BYTES: u64 = 1 << 40;
/// and its index.
pub const LOCAL_INDEX_BYTES: u64 = 4 << 30;
/// A file with one object, compressed.
pub const LOOSE_OBJECT_BYTES: u64 = 1 << 30;
/// What stands before the object in it.
pub const LOOSE_HEADER_BYTES: usize = 64;
/// Names of tags and branches that are looked through for one that is like a name that is not there.
pub const LISTED_REFS: usize = 250_000;
/// How many such names are told,
pub const NEAR_NAMES: usize = 5;
/// and how long they may be.
pub const NEAR_NAME_BYTES: usize = 128;
/// Notes and server messages that wait to be shown.
pub const WAITING_EVENTS: usize = 256;
/// The largest object that is held in memory.
pub const OBJECT_BYTES: usize = 512 << 20;
/// The largest tag or commit object.
pub const TAG_OR_COMMIT_BYTES: usize = 16 << 20;
/// How much of a history is looked at to find one commit in it.
pub const HISTORY_COMMITS: usize = 5_000;
/// How many further tags may stand between the signed tag and the commit.
pub const TAG_CHAIN: usize = 8;
/// Entries in the whole tree. Together with the next three, and with attributes, the plan of an archive stays within 256 MiB: an
/// entry takes about 110 bytes and its path.
pub const TREE_ENTRIES: usize = 1 << 20;
/// The sum of the lengths of all paths of the tree.
pub const TREE_PATH_BYTES: usize = 64 << 20;
/// One tree object.
pub const TREE_BYTES: usize = 32 << 20;
/// All distinct tree objects together.
pub const ALL_TREES_BYTES: usize = 40 << 20;
/// How deep trees may be nested: git's `core.maxTreeDepth`.
pub const TREE_DEPTH: usize = 2048;
/// A `.gitattributes` file; git ignores larger ones.
pub const ATTRIBUTES_FILE_BYTES: usize = 100 << 20;
/// Such files in the whole tree.
pub const ATTRIBUTES_FILES: usize = 100_000;
/// All distinct attributes files together.
pub const ATTRIBUTES_BYTES: usize = 32 << 20;
/// What is kept of them in memory.
pub const ATTRIBUTES_MEMORY: usize = 64 << 20;
/// Definitions of macros in them,
pub const ATTRIBUTES_MACROS: usize = 4096;
/// and how deep macros may bring macros that bring an attribute that matters.
pub const ATTRIBUTES_MACRO_DEPTH: usize = 32;
/// Lines of an attributes file of this length and more are ignored, as git does.
pub const ATTRIBUTES_LINE_BYTES: usize = 2048;
/// Attribute lines in the whole tree.
pub const ATTRIBUTES_LINES: usize = 1_000_000;
/// How often an attribute line is compared with a path, at the price of a short one.
pub const ATTRIBUTES_COMPARISONS: u64 = 400_000_000;
/// The zeros behind several archives that were put together.
pub const ROW_END_BYTES: u64 = 64 << 10;
/// Submodules of a commit, with those of submodules,
pub const SUBMODULES: usize = 256;
/// how deep they may be nested,
pub const SUBMODULE_DEPTH: usize = 8;
/// and how many of them are fetched at once.
pub const SUBMODULES_AT_ONCE: usize = 4;
/// What is fetched of all of them, in bytes of packs.
pub const SUBMODULES_BYTES: u64 = 96 << 20;
/// A `.gitmodules` file.
pub const GITMODULES_BYTES: usize = 1 << 20;
/// A prefix that is read off a tarball.
pub const PREFIX_BYTES: usize = 4096;
/// git's `core.bigFileThreshold`: larger blobs are not converted, unless they have export-subst.
pub const BIG_FILE_BYTES: u64 = 512 << 20;
/// All files that are converted, together, before they are.
pub const ALL_CONVERTED_BYTES: u64 = 8 << 30;
/// How large a file may become by conversion.
pub const CONVERTED_BYTES: usize = 1 << 30;
/// What the placeholders of one file may become.
pub const SUBSTITUTED_BYTES: usize = 16 << 20;
/// How many bytes placeholders may look at in all, for the same commit and the same file again and again.
pub const SUBSTITUTION_WORK: u64 = 4 << 30;

/// A file whose conversion is undone instead of asking for its blob.
pub const INVERTED_BYTES: u64 = 8 << 20;

/// A pointer of Git LFS: its specification allows less than this.
pub const LFS_POINTER_BYTES: usize = 1024;

/// How short an abbreviated id may be where the placeholder asks for a short one.
pub const DESCRIBED_DIGITS: usize = 4;
/// How short git can make one: for people to look at.
pub const SHORTEST_DIGITS: usize = 4;
/// Ref names where a placeholder has them.
pub const HOLE_BYTES: usize = 4096;
/// How long a text may be that people can look at, where it is longer than what may be accepted as it stands.
pub const LONG_HOLE_BYTES: usize = 1 << 20;
/// A line that such text stands in, without it.
pub const PLACE_LINE_BYTES: usize = 512;
/// A description, unless a verified tag's name is longer.
pub const DESCRIPTION_BYTES: usize = 512;
/// A name or mail address that a mailmap may have changed,
pub const MAPPED_BYTES: usize = 100;
/// and one for people to look at, or a description,
pub const LONG_NAME_BYTES: usize = 4096;
/// and the words of such a name.
pub const MAPPED_WORDS: usize = 6;
/// A date in words.
pub const DATE_BYTES: usize = 64;
/// Such placeholders in one file.
pub const HOLES: usize = 256;
/// A file that has such placeholders.
pub const HOLE_FILE_BYTES: u64 = 16 << 20;
/// Such placeholders in all files.
pub const ALL_HOLES: usize = 10_000;
/// The work of finding out how they fill one file: bytes looked at.
pub const HOLE_STEPS: u64 = 100_000_000;
/// The same for all files.
pub const ALL_HOLE_STEPS: u64 = 2_000_000_000;
/// The columns that such text may be padded to.
pub const HOLE_COLUMNS: i64 = 256;
/// How short an abbreviated id may be.
pub const ABBREVIATED_DIGITS: usize = 7;

/// All keyring files together: Debian's have less than 10 MB. In memory they are as packets and in parts.
pub const KEYRING_BYTES: u64 = 32 << 20;
/// The packets in them,
pub const KEYRING_PACKETS: usize = 500_000;
/// keys and subkeys among them,
pub const KEYRING_KEYS: usize = 100_000;
/// the packets of one certificate, in all of its copies: parsing it takes some 2 KiB for each,
pub const CERTIFICATE_PACKETS: usize = 20_000;
/// signatures without their certificates,
pub const KEYRING_LOOSE_SIGNATURES: usize = 10_000;
/// and sentences about what is wrong in a file of them.
pub const KEYRING_PROBLEMS: usize = 1000;
/// Files in a folder of certificates.
pub const KEYRING_FILES: usize = 100_000;
/// Signature packets in a tag's signature block.
pub const SIGNATURES: usize = 64;
/// Keys that one OpenPGP signature names as its issuers: usually it is one key in two ways. Each is looked for in the
/// whole keyring.
pub const ISSUERS: usize = 64;
/// A tag's signature block.
pub const SIGNATURE_BYTES: usize = 1 << 20;
/// An SSH signature block. The largest real ones carry a certificate with 256 principals.
pub const SSH_SIGNATURE_BYTES: usize = 256 << 10;
/// An allowed-signers file.
pub const SSH_SIGNERS_BYTES: usize = 16 << 20;
/// Its lines, with comments and blank ones.
pub const SSH_SIGNERS_LINES: usize = 100_000;
/// Patterns in one list of principals or namespaces.
pub const SSH_PATTERNS: usize = 1024;
/// One pattern: OpenSSH's buffer holds 1024 bytes, and one that fills it never matches.
pub const SSH_PATTERN_BYTES: usize = 1022;
/// What comparing principals with patterns may cost for one signature: lengths of the two, multiplied and summed up.
pub const SSH_PATTERN_STEPS: u64 = 1 << 30;
/// Principals in a certificate: OpenSSH's `SSHKEY_CERT_MAX_PRINCIPALS`.
pub const SSH_CERTIFICATE_PRINCIPALS: usize = 256;
/// Critical options, and extensions, in a certificate.
pub const SSH_CERTIFICATE_OPTIONS: usize = 256;
/// The smallest RSA key. OpenSSH's own limit is 1024; Sequoia's policy has refused that size for a decade.
pub const SSH_RSA_SMALLEST_BITS: usize = 2048;
/// The largest RSA key: OpenSSH's `SSHBUF_MAX_BIGNUM`.
pub const SSH_RSA_LARGEST_BITS: usize = 16_384;

/// A `~/.netrc` file.
pub const NETRC_BYTES: u64 = 1 << 20;
/// Warnings about it that are shown.
pub const NETRC_WARNINGS: usize = 8;

/// The tar stream inside the tarball.
pub const TAR_BYTES: u64 = 16 << 30;
/// Compressed streams in one file: bgzip begins one for every 64 KiB.
pub const STREAMS: usize = 400_000;
/// What an xz decoder may allocate: the largest dictionary of its presets needs 65 MiB.
pub const XZ_MEMORY: u64 = 192 << 20;
/// What it may allocate to decompress several blocks at once, so that the program stays below 64 MiB; where that is not
/// enough (two blocks of 24 MiB take more), one at a time.
pub const XZ_PARALLEL_MEMORY: u64 = 32 << 20;
/// Threads for the blocks of an xz file.
pub const XZ_THREADS: usize = 4;
/// Threads that hash the files of a tarball.
pub const HASHING_THREADS: usize = 2;
/// Files up to this size are hashed there; larger ones as they come, since all their bytes are never in memory.
pub const HASHED_AT_ONCE: u64 = 256 << 10;
/// The window of a zstd frame, as a power of two: 128 MiB, what the zstd program accepts as well.
pub const ZSTD_WINDOW_LOG: u32 = 27;
/// The records of one entry's pax header.
pub const PAX_BYTES: usize = 1 << 20;

/// Entries of a tarball that is read to tell what differs,
pub const TARBALL_ENTRIES: usize = 1_000_000;
/// the sum of the lengths of their paths,
pub const TARBALL_PATH_BYTES: usize = 128 << 20;
/// one of these: Linux has no longer ones,
pub const ENTRY_PATH_BYTES: usize = 4096;
/// its components,
pub const ENTRY_DEPTH: usize = 256;
/// and the target of a link.
pub const LINK_TARGET_BYTES: usize = 4096;
/// Paths of a tarball that are not as in the commit.
pub const DIFFERENCES: usize = 250_000;
/// The directory of a zip archive.
pub const ZIP_DIRECTORY_BYTES: u64 = 64 << 20;
/// A comment on a zip archive: git writes the commit's id.
pub const ZIP_COMMENT_BYTES: u64 = 256;
/// An extra field of an entry: times and owners are shorter.
pub const ZIP_EXTRA_BYTES: usize = 64;
/// Records before one entry: far more than any program writes.
pub const PAX_RECORDS: usize = 64;
/// Files up to this size are in memory while they are looked at; of those that changed, so that they can be shown,
pub const KEPT_FILE_BYTES: u64 = 1 << 20;
/// and all of these together.
pub const KEPT_BYTES: u64 = 32 << 20;
/// Bytes of changed files that are hashed once more, to find out whether only CR LF became LF.
pub const GUESSED_BYTES: u64 = 16 << 20;
/// What `$Id$` and `$Format$` may become for a difference to be called one of these only.
pub const IDENT_BYTES: usize = 1024;
/// Files with the same content among which the one is looked for that a file became.
pub const MOVE_CANDIDATES: usize = 16;
/// Lines that are shown of one file,
pub const DIFF_FILE_LINES: usize = 2000;
/// of all files,
pub const DIFF_LINES: usize = 20_000;
/// and the bytes of one line.
pub const DIFF_LINE_BYTES: usize = 512;
