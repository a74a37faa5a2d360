//! What `git archive` makes of odd repositories, compared with git itself.

use crate::environment::{Environment, Key, Release, Repository, raw_id};

/// Sign what is there, and compare it with git's archive of it.
#[track_caller]
fn agrees(env: &Environment, key: &Key, repo: &Repository, commit: &str, prefix: &str) {
    repo.sign_tag("t", commit, key);
    let tarball = repo.archive(commit, prefix, "tar");
    let outcome = env.authenticate(key, "t", &repo.path, &tarball).arg(format!("--prefix={prefix}")).run();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
}

#[track_caller]
fn files_agree(files: &[(&str, &str)]) {
    let env = Environment::new();
    let (key, repo) = (Key::new("Alice"), env.repository("x.git"));
    let commit = repo.commit(files);
    agrees(&env, &key, &repo, &commit, "x-1/");
}

/// One text under many attribute files.
#[track_caller]
fn attributes_agree(files: &[(&str, &str)], attributes: &[&str]) {
    let env = Environment::new();
    let (key, repo) = (Key::new("Alice"), env.repository("x.git"));
    for text in attributes {
        let commit = repo.commit(&[files, &[(".gitattributes", *text)]].concat());
        repo.sign_tag("t", &commit, &key);
        let tarball = repo.archive(&commit, "x-1/", "tar");
        let outcome = env.authenticate(&key, "t", &repo.path, &tarball).run();
        assert_eq!(outcome.code, Some(0), "{text:?}: {outcome:?}");
    }
}

#[test]
fn paths_of_every_length() {
    let names: Vec<String> = (90..270)
        .step_by(3)
        .flat_map(|length| {
            let flat = "n".repeat(length);
            let halves = format!("{}/{}", "d".repeat(length / 2), "f".repeat(length - length / 2));
            let deep = format!("{}/{}", ["e"; 40].join("/"), "g".repeat(length / 2));
            [flat, halves, deep]
        })
        .filter(|name| name.split('/').all(|part| part.len() < 255))
        .collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "x\n")).collect();
    for prefix in ["x-1/", &format!("{}/", "p".repeat(101)), ""] {
        let env = Environment::new();
        let (key, repo) = (Key::new("Alice"), env.repository("x.git"));
        let commit = repo.commit(&files);
        agrees(&env, &key, &repo, &commit, prefix);
    }
}

#[test]
fn links_of_every_length_and_with_line_ends() {
    let links: Vec<(String, String)> =
        [1, 99, 100, 101, 155, 156, 1000].iter().map(|n| (format!("l{n}"), format!("-> {}", "t".repeat(*n)))).collect();
    let mut files: Vec<_> = links.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let (target, path) =
        (format!("-> {}\n{}", "t".repeat(80), "u".repeat(80)), format!("d/{}\" \n=5", "p".repeat(150)));
    files.extend([("line", target.as_str()), (quoted(&path).leak(), "x\n")]);
    files_agree(&files);
}

/// A path as fast-import takes it where it has odd bytes.
fn quoted(path: &str) -> String {
    format!("\"{}\"", path.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

#[test]
fn names_with_odd_bytes_and_orders() {
    files_agree(&[
        ("a-b", "1"),
        ("a.c", "2"),
        ("a/x", "3"),
        ("a0", "4"),
        (" blank ", "5"),
        ("\u{e9}\u{301}", "6"),
        ("\\back", "7"),
        ("x*", "8"),
        ("\u{1}\u{1b}[31m", "9"),
        (".gitmodules", "10"),
    ]);
}

#[test]
fn modes_submodules_and_names_that_are_not_text() {
    let env = Environment::new();
    let (key, repo) = (Key::new("Alice"), env.repository("x.git"));
    let blob = repo.object("blob", b"x\n");
    let base = repo.commit(&[("f", "x\n")]);
    let line = |mode: &str, name: &[u8], id: &str| [mode.as_bytes(), b" ", name, b"\0", &raw_id(id)].concat();
    let sub = repo.object("tree", &line("100644", b"\xff\xfe", &blob));
    let empty = repo.object("tree", b"");
    let tree = [
        line("100600", b"a", &blob),
        line("100700", b"b", &blob),
        line("100664", b"c\xe9", &blob),
        line("40000", b"d", &sub),
        line("040000", b"e", &empty),
        line("120000", b"f", &blob),
        line("160000", b"g", &base),
        line("644", b"h", &base),
        line("100755", b"i", &blob),
    ]
    .concat();
    let tree = repo.object("tree", &tree);
    let commit = format!("tree {tree}\nauthor A <a> 1 +0000\ncommitter C <c> 1600000000 +0000\n\nm\n");
    let commit = repo.object("commit", commit.as_bytes());
    agrees(&env, &key, &repo, &commit, "x-1/");
}

#[test]
fn trees_that_git_refuses_to_archive() {
    let env = Environment::new();
    let release = env.release();
    let repo = &release.repo;
    let blob = repo.object("blob", b"x\n");
    for name in [".git", ".GIT", "..", ".", "git~1", ".git ", "a/../b", ".git\\hooks"] {
        let tree = [b"100644 ", name.as_bytes(), b"\0", &raw_id(&blob)].concat();
        let tree = repo.object("tree", &tree);
        let commit = format!("tree {tree}\nauthor A <a> 1 +0000\ncommitter C <c> 1600000000 +0000\n\nm\n");
        let commit = repo.object("commit", commit.as_bytes());
        repo.sign_tag("t", &commit, &release.key);
        env.authenticate(&release.key, "t", &repo.path, &release.tarball).expect_refused("git refuses to archive");
    }
    for damage in [&b"100644 x"[..], b"100644 x\0short", b"100644 \0aaaaaaaaaaaaaaaaaaaa", b"9 x\0aaaaaaaaaaaaaaaaaaaa"]
    {
        let tree = repo.object("tree", damage);
        let commit = format!("tree {tree}\nauthor A <a> 1 +0000\ncommitter C <c> 1600000000 +0000\n\nm\n");
        let commit = repo.object("commit", commit.as_bytes());
        repo.sign_tag("t", &commit, &release.key);
        env.authenticate(&release.key, "t", &repo.path, &release.tarball).expect_not_checked("damaged");
    }
}

#[test]
fn committer_times_of_every_kind() {
    let env = Environment::new();
    let (key, repo) = (Key::new("Alice"), env.repository("x.git"));
    let tree = {
        repo.commit(&[("f", "x\n"), ("d/g", "y\n")]);
        repo.git(&["rev-parse", "main^{tree}"])
    };
    for committer in [
        "C <c> 0 +0000",
        "C <c> 1700000000 -0130",
        "C <c> 8589934591 +0000",
        "C <c> 8589934592 +0000",
        "C <c> 99999999999 +0000",
        "C <c> 1112911993foo",
        "C <c> nonsense",
        "C <c> \u{b}1700000000 +0000",
        "C <c> \u{a0}1700000000 +0000",
        "C <c> \t 1700000000 +0000",
        "C <c>",
        "nobody",
    ] {
        let commit = format!("tree {tree}\nauthor A <a> 1 +0000\ncommitter {committer}\n\nm\n");
        let commit = repo.object("commit", commit.as_bytes());
        agrees(&env, &key, &repo, &commit, "x-1/");
    }
    let commit = format!("tree {tree}\nauthor A <a> 1 +0000\nx y\ncommitter C <c> 1700000000 +0000\n\nm\n");
    let commit = repo.object("commit", commit.as_bytes());
    agrees(&env, &key, &repo, &commit, "x-1/");
}

#[test]
fn export_ignore_in_every_form() {
    let files = [
        ("a.c", "1"),
        ("d/a.c", "2"),
        ("d/e/f.c", "3"),
        ("d/e/g h", "4"),
        ("doc/x", "5"),
        ("doc/y/z", "6"),
        ("-x", "7"),
    ];
    attributes_agree(
        &files,
        &[
            "* export-ignore",
            "*.c export-ignore",
            "/a.c export-ignore",
            "d export-ignore",
            "d/ export-ignore",
            "/d/** export-ignore",
            "d/* export-ignore",
            "doc/* export-ignore\ndoc/x -export-ignore",
            "* export-ignore\nd -export-ignore\nd/a.c -export-ignore",
            "**/e/** export-ignore",
            "\"d/e/g h\" export-ignore",
            "[attr]gone export-ignore\n*.c gone\n/a.c -gone",
            "[attr]gone export-ignore\n*.c gone\n/a.c !gone",
            "*.c export-ignore=true",
            "!*.c export-ignore",
            "[a-d] export-ignore",
            "d// export-ignore",
            "./d export-ignore",
            "?.c export-ignore\r\n",
            "\u{feff}*.c export-ignore",
            "*.c\texport-ignore bad@name",
            ".gitattributes export-ignore",
            "d/e/f.c export-ignore\nd/e/g* export-ignore",
            "foo** export-ignore\nd/e** export-ignore\n",
            "\"[attr]keep\" -export-ignore\na.c export-ignore\na.c keep",
            "a.c export-ignore\n\"a.c\\000b\" -export-ignore",
            "[a[:x].c export-ignore",
            "[[:alpha:]![:x].c export-ignore",
            "d/[[:alpha:][:[]/* export-ignore",
            &format!("{} export-ignore", "*".repeat(80)),
            "*a.c export-ignore",
            "d/**/f.c export-ignore\n**/x export-ignore",
            "d/e/g[ ]h export-ignore\nd/e/g[[:space:]]h export-ignore",
            "d\\/e export-ignore\n[!a]* export-ignore",
        ],
    );
}

#[test]
fn attribute_files_in_folders_and_as_links() {
    files_agree(&[
        ("d/.gitattributes", "*.c export-ignore\n[attr]m export-ignore\n*.h m\n"),
        ("d/a.c", "1"),
        ("d/a.h", "2"),
        ("d/e/.gitattributes", "*.c -export-ignore\n"),
        ("d/e/a.c", "3"),
        ("l/.gitattributes", "-> *.c export-ignore\n"),
        ("l/a.c", "4"),
        ("x*", "5"),
    ]);
}

#[test]
fn line_ends_identifiers_and_encodings() {
    let text = "a\nb\r\nc\r\n\n$Id$ $Id: x $ $Id: x y $\n";
    let files = [
        ("t", text),
        ("unix", "a\nb\n"),
        ("nul", "a\0\nb\n"),
        ("u", "\u{e4}\u{20ac}\n"),
        ("l", "-> a\n"),
        ("empty", ""),
    ];
    attributes_agree(
        &files,
        &[
            "* eol=crlf",
            "* text eol=crlf",
            "* text=auto eol=crlf",
            "* -text eol=crlf",
            "* binary eol=crlf",
            "* crlf eol=crlf",
            "* -crlf eol=crlf",
            "* crlf=input eol=crlf",
            "* text=auto",
            "* text eol=lf",
            "* ident",
            "* ident eol=crlf",
            "u working-tree-encoding=UTF-16",
            "* working-tree-encoding=UTF-16LE-BOM eol=crlf",
            "* working-tree-encoding=utf16be",
            "* working-tree-encoding=UTF-32",
            "* working-tree-encoding=ISO-8859-1",
            "u working-tree-encoding=windows-1252",
            "u working-tree-encoding=UTF-8",
            "* -working-tree-encoding",
            "* working-tree-encoding=UTF-16 ident eol=crlf export-subst",
            "u working-tree-encoding=UTF-32LE-BOM",
        ],
    );
    let controls =
        [("c", "\u{81}\u{98}x\n"), ("tag", "\u{e0041}x\n"), ("greek", "\u{3b1}\n"), ("cyrillic", "\u{434}\n")];
    let encodings = [
        "windows-1250",
        "windows-1251",
        "windows-1252",
        "windows-1253",
        "windows-1256",
        "ISO-8859-1",
        "ISO-8859-7",
        "KOI8-R",
        "US-ASCII",
    ];
    let lines: Vec<String> = encodings.iter().map(|name| format!("* working-tree-encoding={name}")).collect();
    attributes_agree(&controls, &lines.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn placeholders_that_the_commit_decides() {
    let env = Environment::new();
    let (key, repo) = (Key::new("Alice"), env.repository("x.git"));
    let text = "H %H T %T P %P|an %an ae %ae al %al at %at ad %ad aD %aD ai %ai aI %aI as %as|\
                cn %cn ce %ce cl %cl ct %ct cd %cd cD %cD ci %ci cI %cI cs %cs|s %s f %f b %b B %B e %e|\
                n %n x %x41%x4a %xzz %x4 m %m|%% %q %1 %(foo) %gd %gx %N %S %Cred %C(red) %C(auto) %Cfoo|\
                %+s|% s|%-s|%+e|% e|%+q|% N|%+w(10)|%aX %c %a %word %";
    let keywords: Vec<String> = text.split('|').map(|part| format!("before\n\n$Format:{part}$ after\n")).collect();
    let all = format!("{}$Format:\n%H\n$ $Format:$Format:%an$ $Format:open", keywords.join(""));
    for (author, message) in [
        ("A U Thor <a@b.c> 1112911993 -0700", "Subject line\n\nBody\n\nMore.\n"),
        ("\u{c9}ric <e> 1 +0530", "\n\n  two line \nsubject\t\n \n\n body\n\n"),
        ("X <x> 1700000000 -0000", "Fix: a/b -- \"q\" (x)...y..z.\n"),
        ("X <x> nodate", ""),
        ("X <x@y@z> 99999999999999999999 +0100", "one\0two\n"),
        ("nobody", "x"),
        ("nbsp\u{a0} <x> 1112911993-0700", "x"),
        ("VT\u{b} <x> \u{b}1 +0000", "x"),
        ("X <x> 67768036191676800 +0000", "x"),
        ("X <x> 1112911993 +2147483647", "x"),
        ("X <x> 1112911993 +2147483646", "x"),
    ] {
        let commit = repo.commit(&[("f", &all), ("d/g*", "$Format:%-e$\n"), (".gitattributes", "* export-subst\n")]);
        let tree = repo.git(&["rev-parse", "main^{tree}"]);
        let commit =
            format!("tree {tree}\nparent {commit}\nauthor {author}\ncommitter C <c> 1700000000 +0100\n\n{message}");
        let commit = repo.object("commit", commit.as_bytes());
        agrees(&env, &key, &repo, &commit, "x-1/");
    }
}

/// What nobody can check is named, and never guessed: what the forge's keys say of a signed commit, and odd uses of text that
/// only the forge knew.
#[test]
fn placeholders_that_nobody_can_check() {
    const SIGNATURE: &str = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n -----END PGP SIGNATURE-----";
    let env = Environment::new();
    let (key, repo) = (Key::new("Alice"), env.repository("x.git"));
    for (placeholder, why) in [
        ("%G?", "depends on the forge's keyrings"),
        ("%GK", "depends on the forge's keyrings"),
        ("%<(9,trunc)%h", "is cut or padded in an unusual way"),
        ("%>>(9)%d", "is cut or padded in an unusual way"),
        ("%h%<|(30)%an", "is padded to a column behind text that only the forge knew"),
        ("%w(20)%h", "wraps text that only the forge knew"),
        ("\n%d%-gD", "takes line feeds away behind text that only the forge knew"),
    ] {
        repo.commit(&[("v", &format!("\n$Format:{placeholder}$\n")), (".gitattributes", "v export-subst\n")]);
        let tree = repo.git(&["rev-parse", "main^{tree}"]);
        let commit = format!("tree {tree}\nauthor A <a> 1 +0000\ncommitter C <c> 1700000000 +0000\n{SIGNATURE}\n\nm\n");
        let commit = repo.object("commit", commit.as_bytes());
        repo.sign_tag("t", &commit, &key);
        let tarball = repo.archive(&commit, "x-1/", "tar");
        let outcome = env.authenticate(&key, "t", &repo.path, &tarball).expect_not_checked("v has the placeholder %");
        assert!(outcome.err.contains(why), "{why}: {outcome:?}");
    }
}

/// git re-encodes the file up to there, if it looked at the commit's text.
#[test]
fn commits_with_their_own_encoding() {
    let env = Environment::new();
    let (key, repo) = (Key::new("Alice"), env.repository("x.git"));
    let file = ["%H %n %x41 %m", "%an", "%xzz", "%q", "%", "%+", "%cI %h", "%(trailers)%s"]
        .map(|text| format!("\u{e9} $Format:{text}$ \u{e9}\n"));
    // Text that the forge chose has a place of its own.
    let refs = "\u{e9}\nref = \"$Format:%d$\"\n\u{e9}\n".to_owned();
    let file: Vec<String> = file.into_iter().chain([refs]).collect();
    let names: Vec<String> = (0..file.len()).map(|index| format!("f{index}")).collect();
    let mut files: Vec<_> = names.iter().zip(&file).map(|(name, file)| (name.as_str(), file.as_str())).collect();
    files.push((".gitattributes", "* export-subst\n"));
    repo.commit(&files);
    let tree = repo.git(&["rev-parse", "main^{tree}"]);
    for encoding in ["ISO-8859-1\nencoding UTF-8", "SHIFT_JIS", "UTF-8", "no-such-encoding"] {
        let people = "author J\u{e9} <a> 1 +0000\ncommitter C <c> 1700000000 +0000";
        let commit = format!("tree {tree}\n{people}\nencoding {encoding}\n\nm\n");
        let commit = repo.object("commit", commit.as_bytes());
        agrees(&env, &key, &repo, &commit, "x-1/");
    }
}

/// Odd texts that were read in another way than git reads them.
#[test]
fn placeholders_with_odd_options_and_commits_with_nuls() {
    let env = Environment::new();
    let (key, repo) = (Key::new("Alice"), env.repository("x.git"));
    let texts = [
        "%(decorate:,)",
        "%(describe:,)",
        "%(trailers:,)",
        "%(trailers:only=bogus)",
        "%(trailers:only=08)",
        "%(describe:abbrev=-5)",
        "%x00abc%w(5)xyz",
        "%C(%C(red)%C(",
        "%(trailers:key=A,key=B,only=0x10)",
    ];
    let file = |text: &&str| format!("a\n\n$Format:{text}$|\n");
    let contents: Vec<String> = texts.iter().map(file).collect();
    let names: Vec<String> = (0..texts.len()).map(|index| format!("f{index}")).collect();
    let mut files: Vec<_> =
        names.iter().zip(&contents).map(|(name, content)| (name.as_str(), content.as_str())).collect();
    files.push((".gitattributes", "* export-subst\n"));
    let commit = repo.commit(&files);
    agrees(&env, &key, &repo, &commit, "x-1/");
    // To git, the text of a commit ends at its first NUL before it is converted, too.
    repo.commit(&[("f", "\u{e9} $Format:%s|%an$\n"), (".gitattributes", "f export-subst\n")]);
    let tree = repo.git(&["rev-parse", "main^{tree}"]);
    let header = format!("tree {tree}\nauthor A <a> 1 +0000\ncommitter C <c> 1700000000 +0000\nencoding EUC-JP\n\n");
    let commit = repo.object("commit", &[header.as_bytes(), b"\xb7\xef\xcc\xbe\0\xff\xff\n"].concat());
    agrees(&env, &key, &repo, &commit, "x-1/");
    for (text, why) in [
        ("%x00abc%d%w(5)xyz", "wraps text that only the forge knew"),
        ("a%(decorate:prefix=,suffix=%n)%-gd|", "takes line feeds away behind text that only the forge knew"),
        ("%(trailers:only=bogus,unfold)", "has an option that is neither true nor false"),
    ] {
        let commit = repo.commit(&[("f", &format!("$Format:{text}$\n")), (".gitattributes", "f export-subst\n")]);
        repo.sign_tag("t", &commit, &key);
        let tarball = repo.archive(&commit, "x-1/", "tar");
        let outcome = env.authenticate(&key, "t", &repo.path, &tarball).expect_not_checked("f has the placeholder");
        assert!(outcome.err.contains(why), "{outcome:?}");
    }
}

/// An encoding that nobody here knows: the file as it is, or no verdict.
#[test]
fn encodings_that_only_the_forge_may_know() {
    let env = Environment::new();
    let (key, repo) = (Key::new("Alice"), env.repository("x.git"));
    let commit = repo.commit(&[("f", "\u{e9}\n"), (".gitattributes", "f working-tree-encoding=no-such ident\n")]);
    agrees(&env, &key, &repo, &commit, "x-1/");
    let tar = std::fs::read(repo.archive(&commit, "x-1/", "tar")).unwrap();
    let at = tar.windows(3).position(|window| window == "\u{e9}\n".as_bytes()).unwrap();
    let other = env.file("other.tar", [&tar[..at], b"\xe9\n\0", &tar[at + 3..]].concat());
    let words = "x-1/f may have been re-encoded as no-such";
    env.authenticate(&key, "t", &repo.path, &other).expect_not_checked(words.strip_prefix("x-1/").unwrap());
}

/// Raw bytes are not accepted where a conversion is due.
#[test]
fn unconverted_files_are_refused() {
    let env = Environment::new();
    let (key, repo) = (Key::new("Alice"), env.repository("x.git"));
    let plain = repo.commit(&[("f", "$Id$ $Format:%H$\n")]);
    for attributes in ["f ident", "f eol=crlf", "f export-subst", "f working-tree-encoding=UTF-16"] {
        let commit = repo.commit(&[("f", "$Id$ $Format:%H$\n"), (".gitattributes", ".gitattributes export-ignore\n")]);
        let raw = repo.archive(&commit, "x-1/", "tar");
        let text = format!(".gitattributes export-ignore\n{attributes}\n");
        let commit_with = repo.commit(&[("f", "$Id$ $Format:%H$\n"), (".gitattributes", &text)]);
        repo.sign_tag("t", &commit_with, &key);
        // The raw archive under the right commit id.
        let bytes = std::fs::read(raw).unwrap();
        let (from, to) = (commit.as_bytes(), commit_with.as_bytes());
        let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
        let forged = [&bytes[..at], to, &bytes[at + to.len()..]].concat();
        let forged = env.file("forged.tar", forged);
        env.authenticate(&key, "t", &repo.path, &forged).expect_refused("content of x-1/f differs");
    }
    assert!(!plain.is_empty());
}

#[test]
fn large_files_pass_in_small_pieces() {
    let env = Environment::new();
    let (key, repo) = (Key::new("Alice"), env.repository("x.git"));
    let large = "0123456789abcdef".repeat(200_000);
    let commit = repo.commit(&[("large", &large), ("small", "x")]);
    agrees(&env, &key, &repo, &commit, "x-1/");
    let release = Release { tarball: repo.archive(&commit, "x-1/", "tar"), key, repo, commit };
    let mut bytes = std::fs::read(&release.tarball).unwrap();
    let last = bytes.windows(16).rposition(|window| window == b"0123456789abcdef").unwrap();
    bytes[last + 15] ^= 1;
    let changed = env.file("changed.tar", bytes);
    env.authenticate(&release.key, "t", &release.repo.path, &changed).expect_refused("content of x-1/large differs");
}
