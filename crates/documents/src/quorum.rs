//! The man page of `minisign-quorum`: from the definition behind `--help`, and from what that has no room for.

use clap_mangen::Man;
use minisign_quorum::cli::{EXAMPLE, EXIT_CODES, command};

use crate::authenticator::Part::{self, Item, Lines, Text};
use crate::authenticator::{options, plain, sections};
use crate::escape;

/// The program's name.
pub const NAME: &str = "minisign-quorum";

/// What a man page has and `--help` has no room for.
const SECTIONS: [(&str, &[Part]); 15] = [
    ("EXIT STATUS", &[Lines(EXIT_CODES)]),
    (
        "EXAMPLES",
        &[
            Text("A release from the publisher to the user:"),
            Lines(EXAMPLE),
            Text("A user without a policy names keys, and asks for all three of them:"),
            Lines(
                r"  minisign-quorum -Vm hello-1.0.tar.gz -p publisher.pub \
      -p alice.pub -p bob.pub -Q 3",
            ),
            Text("Anyone merges the sets of two builders into a third:"),
            Lines(
                r"  minisign-quorum merge alice/hello-1.0.tar.gz.minisigs \
      bob/hello-1.0.tar.gz.minisigs -o hello-1.0.tar.gz.minisigs",
            ),
            Text("A publisher merges only what the policy's parties have signed:"),
            Lines(
                r"  minisign-quorum merge --policy hello.policy new.minisigs \
      -o hello-1.0.tar.gz.minisigs",
            ),
            Text("A policy: the publisher and one of two builders must have signed."),
            Lines(
                r"  publisher hello RWQf6LRCGA9i5...
  builder alice   RWTAPRW8jnR7Y... from 2024-01-01
  builder bob     RWSi2N3qD0KcS...
  group rebuilt any alice bob
  group enough all hello rebuilt
  quorum enough",
            ),
        ],
    ),
    (
        "WHAT COUNTS",
        &[
            Text(
                "Parties of the policy count, each once. Signatures are first reduced to distinct public keys. These\n\
                 are reduced to the distinct names that the policy gives them. Key ids are hints that anyone can\n\
                 write: if several trusted keys have the id of a block, each of them is tried.",
            ),
            Text("A block counts if all of this is so:"),
            Item("*", "Both its signatures are by a trusted key, the first over the file's BLAKE2b hash."),
            Item("*", "Its trusted comment is a statement."),
            Item("*", "The statement names the file as it is called here."),
            Item("*", "The role that it states (by:) is the role in the policy."),
            Item("*", "Its timestamp is within the key's dates."),
            Text(
                "Legacy signatures (Ed) never count. Parties count together only if they name the same material:\n\
                 every field of the statement except timestamp and by. If there are several materials, the one that\n\
                 meets the quorum decides. Then comes the publisher's, then the one with the most parties. The others\n\
                 are reported as disagreeing.",
            ),
            Text("-Q and --threshold count the publisher as one of the parties. --builders does not."),
            Text(
                "A bad block has a trusted key's id or names a trusted key, and no key explains it. It is reported.\n\
                 It makes the answer no only with --strict: anyone who can write to a set can add such a block. A\n\
                 block that another key explains is one by an unknown key. If the publisher names different material\n\
                 for one file, the answer is no.",
            ),
            Text(
                "Comments that other programs write count for -Q together, if they name the file: file: as minisign,\n\
                 rsign2 and py-minisign write it, filename: as aead/minisign does. Folders before the name do not\n\
                 matter. If a comment names no file, -V says so, and -Q does not count it without --allow-rename.",
            ),
        ],
    ),
    (
        "POLICY",
        &[
            Lines(
                "publisher NAME KEY [from DATE] [until DATE]\n\
                 builder NAME KEY [from DATE] [until DATE]\n\
                 revoked KEY from DATE \"reason\"\n\
                 group NAME K|any|all MEMBER...\n\
                 quorum NAME\n\
                 # comment",
            ),
            Text(
                "There is one definition a line, each before its use. KEY is the base64 that minisign prints. A name\n\
                 with several lines of the same kind has several keys, and counts once. All keys of the publisher\n\
                 have one name: the publisher is one party. The same key twice is an error, even under another id. A\n\
                 name can be a member of one group only, and so counts in one way only.",
            ),
            Text(
                "DATE is YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ, in UTC; from and until include it. Names consist of A-Z\n\
                 a-z 0-9 . _ @ + - / : and have up to 64 bytes.",
            ),
        ],
    ),
    (
        "DATES",
        &[
            Text(
                "Dates of a policy are compared with the timestamp in the statement. The signer's key signs that\n\
                 timestamp. The signer's clock makes it, or the signer's will. So from and until keep an honest party\n\
                 to the time for which it was trusted. A retired key is not used by mistake, and old releases stay\n\
                 good after its retirement.",
            ),
            Text(
                "They prove nothing against a thief of a key, who can sign with any timestamp. A key that is revoked\n\
                 from a date keeps its earlier signatures good. That trusts the thief not to backdate. If a thief may\n\
                 do so, and old releases do not matter, remove the key's line, or revoke the key from 1970-01-01. No\n\
                 date says that a release is the newest.",
            ),
        ],
    ),
    (
        "SETS",
        &[
            Text(
                "A block does not contain its key. Each block of a set names the key in the untrusted comment, which\n\
                 nothing signs. merge checks that the block verifies with that key. This proves that the set is\n\
                 undamaged. It does not prove whose key it is. Blocks of minisign itself name no key: merge needs it\n\
                 with -p or -P.",
            ),
            Text(
                "merge leaves out what is not good, names it, and goes on. What was in the set after -o stays, good\n\
                 or not; --prune takes out what is not good. The exit code is 0 if the set changed, or if it has all\n\
                 that was given. It is 1 or 3 if something was left out and the set did not change. --json says the\n\
                 same as data. --no-keep-going writes nothing if anything is left out.",
            ),
            Text(
                "Anyone can make a key and add a block to a set that is open to all. With --policy, merge takes\n\
                 blocks by the policy's keys only; of each key, for each material, the newest that counts; and up to\n\
                 8 materials a key. prune applies the same to a set that is there. Without a policy, the id of a key\n\
                 that nobody vouches for is the one that the set had first.",
            ),
            Text(
                "A set has at most 1000 blocks and 4 MiB. If there is not room for all, blocks by keys that are given\n\
                 have room first, and then what was there before. merge says what it gave up. The publisher's block\n\
                 stands first if a policy names the key, or if it stood first before.",
            ),
            Text(
                "A set is written to a new file, which is then renamed. Links, owner, group, permissions and access\n\
                 lists stay if the system permits it. While a program writes X, it holds a lock on .X.lock, which\n\
                 only those can open who may write X. What a killed program leaves behind, the next one removes.",
            ),
        ],
    ),
    (
        "PUBLIC KEYS",
        &[Text(
            "For -V, -p and -P name whom to trust. For cosign they name the publisher, and so does --policy: the\n\
             statement is taken from no other key. On a terminal, cosign asks if no key is given. For merge they name\n\
             the keys of blocks that do not name their key.",
        )],
    ),
    (
        "SECRET KEYS",
        &[Text(
            "keygen encrypts with the parameters of rsign2 and the crate minisign, which need 32 megabytes. `minisign\n\
             -C` encrypts the same key with its own parameters, which need a gigabyte. Both programs read both. A\n\
             password comes from the terminal, or from the first line of the file after --password-file. It never\n\
             comes from the arguments.",
        )],
    ),
    (
        "DIFFERENCES FROM MINISIGN",
        &[
            Text(
                "minisign has had -Q since 2015 to print only the trusted comment. There it takes no number and\n\
                 counts nothing: `minisign -Q 3 -Vm FILE` checks one signature and exits with 0. Here -Q takes the\n\
                 number of distinct keys. Without -Q, -V accepts one good signature by any of the keys, as minisign\n\
                 does.",
            ),
            Text(
                "-p and -P may be given several times, and together. Without -x, FILE.minisigs is read before\n\
                 FILE.minisig. The signed file name must be the file's. A bad block with the id of one of the keys is\n\
                 reported, even if another is good. minisign reads the first block of a set.",
            ),
        ],
    ),
    (
        "CAVEATS",
        &[
            Item(
                "Builders can be wrong together.",
                "A quorum says that they got the same bytes from the source that they name. It does not say that the\n\
                 source is good, or that the builders are independent of each other. You decide whom to put into the\n\
                 policy.",
            ),
            Item(
                "A set proves nothing by itself.",
                "Anyone can make ten keys and sign with each. Only keys that you have from elsewhere count.",
            ),
            Item(
                "A set can be spoilt.",
                "Somebody who can write to a set can take blocks out. Then the quorum may not be met. Bad\n\
                 blocks and those of strangers change no answer without --strict. But they fill a set, and an old statement of a\n\
                 trusted key can be added again. Merge with a policy, keep a copy of the set, and merge it again.",
            ),
            Item(
                "The program does not know the newest version.",
                "--allow-rename also gives up the file name, so that an old release can be passed off as a new one.",
            ),
        ],
    ),
    (
        "ENVIRONMENT",
        &[
            Item("MINISIGN_CONFIG_DIR", "The folder with minisign.key, the secret key without -s."),
            Item("HOME", "The folder with .minisign, if MINISIGN_CONFIG_DIR is not set."),
        ],
    ),
    (
        "FILES",
        &[
            Item(
                "FILE.minisigs",
                "The set: the block of a publisher who is known, or what the set began with; then the others by their\n\
                 public keys.",
            ),
            Item(
                "FILE.minisig",
                "The publisher's one block, as minisign writes it. This program writes it for sign --single only.",
            ),
            Item("~/.minisign/minisign.key", "The secret key without -s."),
            Item("./minisign.pub", "The public key without -p and -P, for -V. keygen writes it."),
        ],
    ),
    (
        "JSON",
        &[
            Text("verify --json prints one object on standard output:"),
            Item("verdict", "verified, not-verified (exit code 1) or not-checked (exit code 3)."),
            Item("code", "If it is not verified: a name of the problem that stays the same, such as quorum-not-met."),
            Item("reason, help", "If it is not verified: what happened, and what to do, in sentences."),
            Item(
                "threshold, builders, quorum",
                "What was asked for: the numbers after --threshold and --builders, and the name of the policy's\n\
                 quorum.",
            ),
            Item("parties", "How many parties count."),
            Item("material", "What they name: the fields of the statement except timestamp and by."),
            Item("signed", "Their blocks: name, role, key, signed_at, ahead (of this clock, by a day), block."),
            Item("missing", "Parties without a block that counts: name, role."),
            Item("disagree", "Parties who name other material: names, material, differs_in."),
            Item("contradiction", "If the publisher names several materials for the file: these."),
            Item("not_counted, bad", "Blocks that do not count, and blocks that do not verify: block, names, reason."),
            Item("unknown", "Blocks by keys that are not trusted: block, key_id."),
            Text(
                "If nothing could be checked, there are only verdict, code, reason and help. show --json prints\n\
                 verified (always false), blocks and materials. lint --json prints blocks, legacy, canonical, errors\n\
                 and breaks. merge --json and prune --json print changed, blocks, added, removed, left_out (of what\n\
                 was given: file, block, line, code and reason; left_out_count counts them), no_room (how many new blocks found no room), taken_out\n\
                 and kept (of what was there). If nothing changed and something was left out, they print changed, code,\n\
                 reason, help, added, removed, left_out_count and left_out.",
            ),
            Text(
                "Values from files are exact: decoded, whole, and escaped as JSON escapes. Bytes that are not UTF-8\n\
                 are an object: {\"base64\": ...}. show --field prints the values of one field, for scripts.",
            ),
        ],
    ),
    (
        "FORMATS",
        &[Text(
            "The document quorum.md, which comes with the program, specifies blocks, statements, sets and policies.",
        )],
    ),
    ("SEE ALSO", &[Text("auth-tarball-from-git(1), b2sum(1), minisign(1)")]),
];

/// The page with all commands.
///
/// # Errors
/// Where the generator fails, which it does not on memory.
pub fn man_page() -> std::io::Result<String> {
    let mut whole = command();
    whole.build();
    let man = Man::new(whole.clone());
    let mut head = Vec::new();
    man.render_title(&mut head)?;
    man.render_name_section(&mut head)?;
    man.render_synopsis_section(&mut head)?;
    man.render_description_section(&mut head)?;
    let mut page = format!("{}.SH OPTIONS\n{}.SH COMMANDS\n", String::from_utf8_lossy(&head), options(&man)?);
    for subcommand in whole.get_subcommands() {
        let about = subcommand.get_about().map(ToString::to_string).unwrap_or_default();
        page.push_str(&format!(".TP\n\\fB{}\\fR\n{}\n", escape(subcommand.get_name()), plain(&about)));
    }
    // One page for all: each command under its name.
    for subcommand in whole.get_subcommands() {
        let title = format!("{NAME} {}", subcommand.get_name()).to_uppercase();
        let about = subcommand.get_long_about().or(subcommand.get_about()).map(ToString::to_string).unwrap_or_default();
        let about = plain(&about).replace("\n\n", "\n.PP\n");
        let man = Man::new(subcommand.clone());
        let usage = subcommand.clone().render_usage().to_string();
        let usage = plain(usage.trim_start_matches("Usage: ")).replace('\n', "\n.br\n");
        page.push_str(&format!(".SH \"{}\"\n{about}\n.PP\n{usage}\n{}", escape(&title), options(&man)?));
    }
    page.push_str(&sections(&SECTIONS));
    Ok(page)
}
