//! The man page of `minisign-quorum`, from the definition behind `--help` and from what that has no room for.

use minisign_quorum::cli::{EXAMPLE, EXIT_CODES, command};

use crate::escape;

/// The program's name.
pub const NAME: &str = "minisign-quorum";

/// What a man page has and `--help` has no room for: a title, and whether lines stand as they are.
const SECTIONS: [(&str, bool, &str); 11] = [
    ("EXIT STATUS", true, EXIT_CODES),
    (
        "WHAT COUNTS",
        false,
        "Counted are parties of the policy, each once: signatures are first reduced to distinct public keys, and those to the\n\
         distinct names that the policy gives them. Key ids are hints that anyone can write; every trusted key with the id of a\n\
         block is tried. A block counts if both its signatures are by a trusted key, the first over the file's BLAKE2b hash;\n\
         if its trusted comment is a statement; if the statement names the file as it is called here; if the role that it\n\
         states (by:) is the role in the policy; and if its timestamp is within the key's dates. Legacy signatures (Ed) never\n\
         count.\n\
         \n\
         Parties count together only if they name the same material: every field of the statement but timestamp and by. Where\n\
         there are several materials, the one that meets the quorum decides, then the one of the publisher, then the one with\n\
         the most parties; the others are reported as disagreeing.\n\
         \n\
         A block with a trusted key's id that does not verify makes the answer no, even where the quorum is met without it.",
    ),
    (
        "POLICY",
        true,
        "publisher NAME KEY [from DATE] [until DATE]\n\
         builder NAME KEY [from DATE] [until DATE]\n\
         revoked KEY from DATE \"reason\"\n\
         group NAME K|any|all MEMBER...\n\
         quorum NAME\n\
         # comment\n\
         \n\
         One definition a line, each before its use. KEY is the base64 that minisign prints.\n\
         A name with several lines of the same kind has several keys, and counts once.\n\
         All keys of the publisher have one name: the publisher is one party.\n\
         The same key twice is an error, under another id as well.\n\
         A name can be a member of one group only, and so counts in one way only.\n\
         DATE is YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ, in UTC; from and until include it.\n\
         Names consist of A-Z a-z 0-9 . _ @ + - / : and have up to 64 bytes.",
    ),
    (
        "DATES",
        false,
        "Dates of a policy are compared with the timestamp in the statement. The signer's key signs that timestamp, and the\n\
         signer's clock, or the signer's will, makes it. So from and until keep an honest party to the time for which it was\n\
         trusted: a retired key is not used by mistake, and old releases stay good after its retirement. They prove nothing\n\
         against whoever has stolen a key, who can sign with any timestamp: revoked with a date keeps earlier signatures good,\n\
         and so trusts that the thief does not backdate. Where that is possible, and old releases do not matter, remove the\n\
         key's line, or revoke it from 1970-01-01. No date says that a release is the newest.",
    ),
    (
        "FILES",
        true,
        "FILE.minisigs: the set. The publisher's block first, then the others by their public keys.\n\
         FILE.minisig: the publisher's one block, as minisign writes it. Only sign --single writes it.\n\
         ~/.minisign/minisign.key: the secret key without -s. ./minisign.pub: the public key without -p and -P.",
    ),
    (
        "SETS",
        false,
        "A block does not contain its key. Each block of a set names it in the untrusted comment, which nothing signs: merge\n\
         checks that the block verifies with it, and this proves that the set is undamaged, not that the key is anyone's.\n\
         Blocks of minisign itself name no key; merge needs it with -p or -P. Anyone can make a key and add a block to a set\n\
         that is open to all; merge --policy keeps others than the policy's out. merge adds to the set after -o, writes it at\n\
         once (a new file, renamed) under a lock on its folder, and never takes a block away.",
    ),
    (
        "PUBLIC KEYS",
        false,
        "-p and -P name for -V whom to trust; for cosign the publisher, whose statement is then taken from no other key; and for\n\
         merge the keys of blocks that do not name their key.",
    ),
    (
        "SECRET KEYS",
        false,
        "keygen encrypts with the parameters of rsign2 and the crate minisign, which need 32 megabytes; `minisign -C` encrypts the\n\
         same key with those of minisign, which need a gigabyte. Both programs read both. A password comes from the terminal,\n\
         or from the first line of the file after --password-file, and never from the arguments.",
    ),
    (
        "DIFFERENCES FROM MINISIGN",
        false,
        "minisign has had -Q since 2015 to print only the trusted comment. It takes no number and counts nothing: `minisign -Q 3\n\
         -Vm FILE` checks one signature and exits with 0. Here -Q takes the number of distinct keys. -p and -P may be given\n\
         several times, and together. Without -x, FILE.minisigs is read before FILE.minisig. The signed file name must be the\n\
         file's. Any bad block with the id of one of the keys makes the answer no. minisign reads the first block of a set.",
    ),
    ("EXAMPLES", true, EXAMPLE),
    ("SEE ALSO", true, "minisign(1), b2sum(1), auth-tarball-from-git(1)"),
];

/// The page with all commands.
///
/// # Errors
/// Where the generator fails, which it does not on memory.
pub fn man_page() -> std::io::Result<String> {
    let mut page = Vec::new();
    let mut whole = command().after_help(clap::builder::Resettable::Reset);
    whole.build();
    clap_mangen::Man::new(whole.clone()).render(&mut page)?;
    // One page for all: the options of each command under its name.
    for subcommand in whole.get_subcommands() {
        let title = format!("{NAME} {}", subcommand.get_name()).to_uppercase();
        let about = subcommand.get_about().map(ToString::to_string).unwrap_or_default();
        page.extend_from_slice(format!(".SH \"{}\"\n{}\n", escape(&title), escape(&about)).as_bytes());
        clap_mangen::Man::new(subcommand.clone()).render_synopsis_section(&mut page)?;
        clap_mangen::Man::new(subcommand.clone()).render_options_section(&mut page)?;
    }
    let mut page = String::from_utf8_lossy(&page).into_owned();
    for subcommand in whole.get_subcommands() {
        // There are no pages of their own.
        let name = escape(subcommand.get_name());
        page = page.replace(&format!("minisign\\-quorum\\-{name}(1)"), &name);
    }
    for (title, is_verbatim, text) in SECTIONS {
        let lines: Vec<String> = text.lines().map(|line| escape(line.trim())).collect();
        let text = lines.join("\n").replace("\n\n", "\n.PP\n");
        let text = if is_verbatim { format!(".nf\n{text}\n.fi") } else { text };
        page.push_str(&format!(".SH \"{title}\"\n{text}\n"));
    }
    Ok(page)
}
