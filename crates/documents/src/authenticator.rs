//! The man page of `auth-tarball-from-git`: from the definition behind `--help`, and from what that has no room for.

use auth_tarball_from_git::cli::{EXAMPLE, EXIT_CODES, command};
use clap_mangen::Man;

use crate::escape;
use crate::limits::{Line, lines};

/// The program's name.
pub const NAME: &str = "auth-tarball-from-git";

/// A part of a section.
pub enum Part {
    /// A paragraph, whose lines are filled.
    Text(&'static str),
    /// Something with a name: a variable, a file, a key. The name `*` is for one of several points.
    Item(&'static str, &'static str),
    /// Lines that stand as they are.
    Lines(&'static str),
}
use Part::{Item, Lines, Text};

/// What a man page has and `--help` has no room for.
const SECTIONS: [(&str, &[Part]); 10] = [
    (
        "EXIT STATUS",
        &[
            Lines(EXIT_CODES),
            Text(
                "On success, standard output has one line: OK. With -q it has none; with --json it has one object.\n\
                 Everything else goes to standard error. Only a complete check ends in 0.",
            ),
        ],
    ),
    (
        "EXAMPLES",
        &[
            Text("A packager checks a release. This call fits into prepare() of a PKGBUILD:"),
            Lines(EXAMPLE),
            Text("The maintainer signs with an SSH key, and the repository is a clone on this machine:"),
            Lines(
                r"  auth-tarball-from-git --allowed-signers maintainers \
      --tag v2.1 ./hello hello-2.1.tar.xz",
            ),
            Text("Two maintainers must have signed, and not before 2024. The file must have this checksum as well:"),
            Lines(
                r#"  auth-tarball-from-git --keyring maintainers.pgp --signatures 2 \
      --not-before 2024-01-01 --sha256 "$sum" \
      --tag v2.1 https://example.org/hello.git hello-2.1.tar.gz"#,
            ),
            Text("There is no tag, but the commit is signed:"),
            Lines(
                r"  auth-tarball-from-git --keyring alice.pgp \
      --commit 9ad5c28e4c3b8fe3a28d5ce8ba0a3c0eb29da0b7 \
      https://example.org/hello.git hello.tar.gz",
            ),
            Text("The tarball is not the archive. What differs?"),
            Lines(
                r"  auth-tarball-from-git --diff --keyring maintainers.pgp \
      --tag v2.1 https://example.org/hello.git hello-2.1.tar.gz",
            ),
            Text("It is a crate, or an sdist that has files of the build system as well:"),
            Lines(
                r"  auth-tarball-from-git --preset crate --keyring alice.pgp \
      --tag v1.0 https://example.org/hello.git hello-1.0.0.crate
  auth-tarball-from-git --preset sdist --allow-added 'hello/_version.py' \
      --allow-missing '.github/**' --keyring alice.pgp \
      --tag v1.0 https://example.org/hello.git hello-1.0.tar.gz",
            ),
            Text("A script wants to know who signed. The exit code is the same as without --json:"),
            Lines(
                r"  auth-tarball-from-git --json --keyring maintainers.pgp \
      --tag v2.1 https://example.org/hello.git hello-2.1.tar.gz \
      >verdict.json
  jq -r '.signers[].certificate' verdict.json",
            ),
        ],
    ),
    (
        "GRADES",
        &[
            Item("same-tar", "The tarball is the tar that git archive writes, byte for byte."),
            Item(
                "same-files",
                "It has every file, link and executable bit of the commit's archive, and nothing else. Only the tar\n\
                 around them is another one, or it is a zip archive.",
            ),
            Item("added", "It has all of that unchanged, and more."),
            Item("changed", "Something of the commit's archive is missing or differs."),
            Text(
                "Without an option, the exit code is 0 for same-tar only. Files that git converts may be as in the archive or\n\
                 as in the repository; the report says which. Owners, times, order and the other permissions are not\n\
                 compared. Entries beside the prefix are never accepted.",
            ),
            Text(
                "What programs could read in more than one way is refused with exit code 3: a path twice, .., entries below\n\
                 links, devices, sparse files, odd headers, anything behind the end, and zip archives whose directory and\n\
                 headers differ.",
            ),
            Item(
                "--preset sdist",
                "Accepts added PKG-INFO, and in *.egg-info/ the files that say nothing of what runs. Accepts setup.cfg, if it is what setuptools makes of the\n\
                 commit's.",
            ),
            Item(
                "--preset crate",
                "Accepts Cargo.lock, .cargo_vcs_info.json if its sha1 is the commit, and Cargo.toml.orig if it is the\n\
                 commit's Cargo.toml. Cargo.toml says what runs: look at it, and give --allow-changed Cargo.toml.",
            ),
            Item(
                "--preset dist",
                "Accepts nothing: what autotools add runs when the package is built. The report has the options that\n\
                 would accept it.",
            ),
        ],
    ),
    (
        "CAVEATS",
        &[
            Item(
                "A tag authenticates a name, not a URL.",
                "A good signature says that a trusted key signed a tag of this name. It does not say of which\n\
                 project. A maintainer of two projects can sign a v1.0 of each. Trust only the keys of this project's\n\
                 release managers.",
            ),
            Item(
                "The program does not know the newest version.",
                "Somebody who controls the server can keep showing an old release, under its own name.",
            ),
            Item(
                "Most repositories use SHA-1.",
                "Objects and files that were made to collide are detected and refused. But nobody would choose this\n\
                 hash today. SHA-256 repositories are supported.",
            ),
            Item(
                "Compression is not compared.",
                "Only the tar inside counts. The same tar with other gzip settings is the same to this program. To\n\
                 check the compressed file, use --sha256.",
            ),
            Item(
                "Some text is not signed.",
                "Files with export-subst can hold text that only the forge knew: abbreviated ids, ref names,\n\
                 descriptions, mapped names and relative dates. Such text is accepted in a narrow grammar only, and in\n\
                 a line that is known to keep it harmless. The report names it. It can still be a lie. --strict\n\
                 refuses it.",
            ),
            Item(
                "An unsigned tag says nothing.",
                "With --resolve-unsigned-tag, anyone who controls the repository can move the tag to another signed\n\
                 commit. --commit with a full id has no such weakness.",
            ),
            Item(
                "SSH signatures have no date.",
                "The program takes the date of the tagger instead. Anyone who has the key can choose it. So\n\
                 valid-before does not protect against a stolen key. Dates in the file that name no zone are UTC\n\
                 here, and local time for ssh-keygen. RSA keys need 2048 bits. Certificates must have no critical\n\
                 options.",
            ),
            Item(
                "Prefix and umask are not signed.",
                "Without --prefix and --name, the prefix is read off the tarball and reported. Only one plain folder\n\
                 name is read off: an ASCII letter or digit, and then more of these and ._+~@-. Any umask is accepted\n\
                 and reported, if it is the same everywhere.",
            ),
            Item(
                "Not everything can be checked.",
                "The exit code is 3 for X.509 signatures, for Git LFS pointers in an odd form, and for %G? in a\n\
                 signed commit. It is 3 for a file in an unknown encoding as well, if the file is not as the\n\
                 repository has it.",
            ),
            Item(
                "Not every part of an object is signed.",
                "One OpenTimestamps block may follow the signature. The header gpgsig or gpgsig-sha256 may hold a\n\
                 signature for the other hash. Anyone who passes the object on can change these parts, and so its id.\n\
                 They are not checked, and a warning names them. --strict refuses such a header, and a timestamp\n\
                 behind the signature of a commit. If the commit is what is signed, --resolve-unsigned-tag refuses\n\
                 them as well.",
            ),
        ],
    ),
    (
        "ENVIRONMENT",
        &[
            Item("http_proxy", "The proxy for http URLs. HTTP_PROXY in upper case is not looked at."),
            Item("https_proxy, HTTPS_PROXY", "The proxy for https URLs."),
            Item("all_proxy, ALL_PROXY", "The proxy if the variable for the kind of URL is not set."),
            Item(
                "no_proxy, NO_PROXY",
                "Hosts that need no proxy: names with commas between them, each with its subdomains. * means all\n\
                 hosts.",
            ),
            Item("SSL_CERT_FILE", "A file of certificates to trust beside the system's."),
            Item("NETRC", "A file of logins to read instead of ~/.netrc."),
            Item("HOME", "The folder with .netrc."),
            Item("PATH", "Where ssh is found, for ssh URLs. Nothing else is started."),
        ],
    ),
    (
        "FILES",
        &[
            Item(
                "~/.netrc",
                "Users and passwords for https, in the grammar of curl. For http they are taken from the URL only.\n\
                 Those in a URL come first; if a URL has a user alone, the file may have the password. What is not\n\
                 understood is left out with a warning. Nobody is asked.",
            ),
            Item(
                "/etc/ssl/certs/ca-certificates.crt, /etc/pki/tls/certs/ca-bundle.crt, /etc/ssl/cert.pem",
                "The system's certificates: the first of these files that is there. If there is none, the system's\n\
                 folder of certificates is read.",
            ),
            Item("~/.ssh/", "ssh reads its own files. It runs in batch mode and asks nothing."),
        ],
    ),
    (
        "NETWORK",
        &[Text(
            "The first http request may be redirected, but never from https to http. Later requests may not. A\n\
             connection over http, https or git that fails before anything was received is tried three times more. A\n\
             server may be silent for 60 seconds. An answer must bring at least 10,000 bytes in 20 seconds.",
        )],
    ),
    (
        "KEYRINGS",
        &[Text(
            "A keyring is a file or a folder of files. A file may be binary, armored with several blocks and text\n\
             around them, or a keybox of GnuPG. If there are several copies of one certificate, all of them count,\n\
             and so does a revocation in any of them. Private keys are left out with a warning. Copies from\n\
             keyservers may be stripped of user ids and signatures. --signatures counts a key once, in however many\n\
             certificates it is.",
        )],
    ),
    (
        "JSON",
        &[
            Text(
                "With --json, standard output has one object. Without -v, standard error has nothing but usage\n\
                 errors.",
            ),
            Item(
                "verdict",
                "authentic, accepted (exit code 0, by an option), not-authentic (exit code 1) or not-checked (exit code 3).",
            ),
            Item(
                "grade, comparison",
                "same-tar, or one of the other grades and how the tarball differs: prefix, entries, same,\n\
                 as_in_repository, preset, and differences with kind, path, cause, other_path, runs, expected, found\n\
                 and text. not_graded says why there is none.",
            ),
            Item(
                "code, reason, help",
                "If it is not authentic or not checked: a stable name of the problem, what happened, and what to do.",
            ),
            Item(
                "held",
                "If it is not authentic or not checked: what held nevertheless. A good signature has the keys tags,\n\
                 commit, commit_verified and signers. Otherwise archive_of says whether the tarball is the archive of\n\
                 a commit that nobody trusted has signed: commit, same.",
            ),
            Item("tags", "The tag that was asked for, and the tags that it leads through: name, id, tagger, verified."),
            Item(
                "commit, commit_verified",
                "The commit's id, and whether its own signature was checked instead of a tag's.",
            ),
            Item(
                "signers",
                "kind is openpgp, with certificate, key and user_id; or ssh, with principal, key_type, fingerprint,\n\
                 authority and touched. All have signed_at.",
            ),
            Item("tarball", "prefix, umask, signs_of_age, exports_all, part, container, entries, tar_bytes, sha256."),
            Item("holes", "Texts that only the maker of the tarball knew: path, placeholder, text, decided."),
            Item("warnings", "What deserves a word, although the answer is yes."),
            Text(
                "Text from outside is escaped, in JSON as in the report. Control characters, invisible characters and\n\
                 bytes that are not UTF-8 appear as \\n, \\u{1b} or \\xff, and the backslash as \\\\. Long text is\n\
                 cut.",
            ),
        ],
    ),
    (
        "SEE ALSO",
        &[Text(
            "git-archive(1), git-tag(1), gitattributes(5), gpg(1), makepkg(8), minisign-quorum(1), PKGBUILD(5),\n\
             sqv(1), ssh-keygen(1)",
        )],
    ),
];

/// The man page.
///
/// # Errors
/// If the generator fails, which it does not on memory.
pub fn man_page() -> std::io::Result<String> {
    let man = Man::new(command());
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    let page = String::from_utf8_lossy(&page);
    // What is there to look at comes last.
    let (main, last) = SECTIONS.split_at(SECTIONS.len() - 1);
    let (options, main, last) = (options(&man)?, sections(main), sections(last));
    Ok(format!("{page}.SH OPTIONS\n{options}{main}{}{last}", limits()))
}

/// The options of a command: one subsection for each group of its `--help`.
///
/// # Errors
/// As [`man_page`].
pub fn options(man: &Man) -> std::io::Result<String> {
    let mut rendered = Vec::new();
    man.render_options_section(&mut rendered)?;
    let rendered = String::from_utf8_lossy(&rendered);
    // Before the first title stands what is at the head of the page already.
    let lines = rendered.lines().skip_while(|line| !line.starts_with(".SH "));
    let lines = lines.map(|line| match line.strip_prefix(".SH ") {
        // Options without a group stand right below the title.
        Some("OPTIONS") => String::new(),
        Some(title) => {
            let title = title.trim_matches('"');
            let (first, rest) = title.split_at(title.len().min(1));
            format!(".SS \"{first}{}\"\n", rest.to_lowercase())
        }
        None => format!("{line}\n"),
    });
    Ok(lines.collect())
}

/// Sections in roff.
pub fn sections(sections: &[(&str, &[Part])]) -> String {
    sections.iter().map(|(title, parts)| section(title, parts)).collect()
}

/// The section that tells what input may have.
fn limits() -> String {
    let points = lines().into_iter().map(|Line(_, text)| format!(".IP \\(bu 2\n{}\n", plain(&text)));
    let head = "Input that goes beyond one of these ends in exit code 3, or is left out with a warning:";
    format!(".SH \"LIMITS\"\n{head}\n{}", points.collect::<String>())
}

fn section(title: &str, parts: &[Part]) -> String {
    let mut page = format!(".SH \"{title}\"\n");
    for (index, part) in parts.iter().enumerate() {
        let paragraph = if index == 0 { "" } else { ".PP\n" };
        match part {
            Text(text) => page.push_str(&format!("{paragraph}{}\n", plain(text))),
            Item("*", text) => page.push_str(&format!(".IP \\(bu 2\n{}\n", plain(text))),
            Item(name, text) => page.push_str(&format!(".TP\n\\fB{}\\fR\n{}\n", plain(name), plain(text))),
            Lines(text) => page.push_str(&format!("{paragraph}.nf\n{}\n.fi\n", plain(text))),
        }
    }
    page
}

/// Text that means nothing to roff.
pub fn plain(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let line = escape(line).replace('\'', "\\(aq").replace('`', "\\(ga");
        let line = line.replace('~', "\\(ti").replace('^', "\\(ha");
        if line.starts_with('.') { format!("\\&{line}") } else { line }
    });
    lines.collect::<Vec<_>>().join("\n")
}
