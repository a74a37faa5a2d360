//! Text in a tarball that only its maker knew: taken from the tarball, in a narrow grammar, and reported.

use crate::environment::bounded::limited;
use crate::environment::servers::GitDaemon;
use crate::environment::{Environment, Key, Program, Repository};

struct Setting {
    env: Environment,
    key: Key,
    repo: Repository,
}

impl Setting {
    fn new() -> Self {
        let env = Environment::new();
        let repo = env.repository("x.git");
        Setting { env, key: Key::new("Alice <alice@example.org>"), repo }
    }

    /// A commit whose file `v` has this text, signed as `v1`.
    fn release(&self, text: &str) -> String {
        let commit = self.repo.commit(&[("v", text), (".gitattributes", "v export-subst\n"), ("z", "z\n")]);
        self.repo.sign_tag("v1", &commit, &self.key);
        commit
    }

    /// Check what git makes of the commit now.
    fn check(&self, commit: &str) -> Program {
        let tarball = self.repo.archive(commit, "x-1/", "tar");
        self.env.authenticate(&self.key, "v1", &self.repo.path, &tarball)
    }

    /// Check a tarball in which the file `v` holds this instead.
    fn check_with(&self, commit: &str, content: &str) -> Program {
        // The archive of a commit with that very content, under the id of the other.
        let plain = self.repo.commit(&[("v", content), (".gitattributes", "v export-subst\n"), ("z", "z\n")]);
        let mut tar = self.repo.tar(&plain, "x-1/");
        let at = tar.windows(plain.len()).position(|window| window == plain.as_bytes()).unwrap();
        tar[at..at + plain.len()].copy_from_slice(commit.as_bytes());
        let tarball = self.env.file("changed.tar", tar);
        self.env.authenticate(&self.key, "v1", &self.repo.path, &tarball)
    }
}

#[test]
fn what_git_writes_is_accepted_and_reported() {
    let s = Setting::new();
    for placeholder in [
        "%h",
        "%t",
        "%p",
        "%d",
        "%D",
        "%(decorate)",
        "%(decorate:prefix=,suffix=,separator=:,pointer==,tag=)",
        "%(describe)",
        "%(describe:tags=true,abbrev=10)",
        "%(describe:match=v*)",
        "%(describe:match=none*)",
        "%aN",
        "%cE",
        "%aL",
        "%cr",
        "% D",
        "%-d",
        "%-p",
        "%+(describe)",
    ] {
        let commit = s.release(&format!("before\n\nref = '$Format:{placeholder}$ after $Format:%H$'\n"));
        s.repo.git(&["update-ref", "refs/pull/7/head", &commit]);
        s.repo.git(&["tag", "-f", "light", &commit]);
        let outcome = s.check(&commit).expect_authentic();
        let shown = placeholder.replace('+', "").replace("% ", "%").replace("%-", "%");
        assert!(outcome.err.contains(&format!("x-1/v: {shown} is \"")), "{placeholder}: {outcome:?}");
    }
    // A line of its own for the text, outside of the comment that the line before may be; and two lines that become one.
    for text in ["# refs:$Format:%+D$\n", "# refs:\n$Format:%-D$\n"] {
        let commit = s.release(text);
        s.check(&commit).expect_not_checked("git can write this");
    }
}

/// What a hostile reader found: texts that are plain by themselves, and mean something where they stand.
#[test]
fn plain_words_in_places_where_they_mean_something() {
    let s = Setting::new();
    for (before, text, behind) in [
        ("perl -pe 's/@VERSION@/", "%(describe)=system+v105.100/e-3-gCOMMIT7", "/g'\n"),
        ("cat <<'END'\n", "%D=main", "\nEND\n"),
        ("REFS=", "%D=z, id", "\n"),
        ("define(`CLEAN', `syscmd(id)')\nrev ", "%D=CLEAN", "\n"),
        ("x = \"", "%aE=v1@ARGV", "\";\n"),
        ("CPPFLAGS = -DREV=", "%(describe)=v1.0#1-1-gCOMMIT7", " -DREQUIRE_AUTH\n"),
        ("# ", "%aN=id", "\n"),
        // The fuzzer's: the server decides how many names there are, and so how many of these signs.
        ("rev = \"", "%(decorate:prefix=,suffix=,separator=;,tag=)=main;v1", "\"\n"),
        ("rev = '", "%(decorate:prefix=<,suffix=>,separator=:,tag=)=<main:v1>", "'\n"),
    ] {
        let (placeholder, text) = text.rsplit_once('=').unwrap();
        let commit = s.release(&format!("{before}$Format:{placeholder}${behind}"));
        let text = text.replace("COMMIT7", &commit[..7]);
        s.check_with(&commit, &format!("{before}{text}{behind}")).expect_not_checked("git can write this");
    }
}

/// A shallow clone says so in `%d`, before HEAD.
#[test]
fn archives_of_shallow_clones() {
    let s = Setting::new();
    let commit = s.release("ref-names: $Format:%D$\n");
    for text in ["grafted, HEAD, tag: v1", "grafted, HEAD -> main, tag: v1"] {
        s.check_with(&commit, &format!("ref-names: {text}\n")).expect_authentic();
    }
    s.check_with(&commit, "ref-names: HEAD, grafted, tag: v1\n").expect_refused("content");
}

#[test]
fn what_the_forge_knew_then_and_git_does_not_know_now() {
    let s = Setting::new();
    let text = "refs = \"$Format:%d$\"\nid = \"$Format:%h$\"\nver = \"$Format:%(describe)$\"\n";
    let commit = s.release(text);
    let file = |refs: &str, id: &str, v: &str| format!("refs = \"{refs}\"\nid = \"{id}\"\nver = \"{v}\"\n");
    let (short, full) = (&commit[..7], commit.as_str());
    for (refs, id, v) in [
        (" (HEAD -> main, tag: v1)", short, "v1"),
        (" (tag: v1, origin/main, refs/pull/33153/head, refs/merge-requests/3/head)", &commit[..12], "v1"),
        (" (grafted, HEAD, tag: v1)", full, "v1"),
    ] {
        s.check_with(&commit, &file(refs, id, v)).expect_authentic();
    }
    // The signed tag is on this commit: git names it, unless the forge did not have it yet. Without it, the forge could choose a
    // text that is none of the release's, and nothing as well: a hostile reader turned off checks with that.
    let old = format!("v0.9-17-g{short}");
    let odd = format!("system+id/e-1-g{short}");
    for (refs, v) in [
        ("", "v1"),
        (" (HEAD)", "v1"),
        (" (HEAD -> tests/forbidden.txt)", "v1"),
        (" (tag: v1)", &old),
        (" (tag: v1)", &odd),
    ] {
        let outcome = s.check_with(&commit, &file(refs, short, v)).expect_not_checked("git can write this");
        let option = outcome.err.split("--accept-text '").nth(1).unwrap().split("'.").next().unwrap();
        s.check_with(&commit, &file(refs, short, v)).arg("--accept-text").arg(option).expect_authentic();
    }
    let good = (" (tag: v1)", short, "v1");
    let wrong_id = format!("{}{}", &commit[..6], if commit.as_bytes()[6] == b'0' { '1' } else { '0' });
    for (refs, id, v) in [
        (" (tag: v1)\";evil=\"", good.1, good.2),
        (" (tag: v1\n)", good.1, good.2),
        (" (a\\b)", good.1, good.2),
        (" (main, main, HEAD)", good.1, good.2),
        (" (../../x)", good.1, good.2),
        (good.0, good.1, "../../../tmp/x-1-gCOMMIT7"),
        ("(HEAD)", good.1, good.2),
        (" ()", good.1, good.2),
        (good.0, &commit[..3], good.2),
        (good.0, &wrong_id, good.2),
        (good.0, &short.to_uppercase(), good.2),
        (good.0, "", good.2),
        (good.0, good.1, ""),
        (good.0, good.1, "v1 "),
        (good.0, good.1, "v1..2"),
    ] {
        let v = v.replace("COMMIT7", short);
        s.check_with(&commit, &file(refs, id, &v)).expect_refused("the content of x-1/v differs");
    }
    // The repository may have lost a tag since, and a forge can have a `core.abbrev` of its own.
    for (id, v) in
        [(short, "v2"), (short, "v1-1-gabcdef0"), (short, "v1-1"), (&commit[..6], good.2), (&commit[..4], good.2)]
    {
        s.check_with(&commit, &file(good.0, id, v)).expect_not_checked("git can write this");
    }
    // Refs and tags can have such names. What programs make of them, only people can tell.
    for (refs, v) in [
        (" (tag: \"+evil())", good.2),
        (" (a'b)", good.2),
        (" ($(id))", good.2),
        (" (\u{202e})", good.2),
        (" (nai\u{308}ve)", good.2),
        (good.0, "a;b-1-gCOMMIT7"),
    ] {
        let v = v.replace("COMMIT7", short);
        let outcome = s.check_with(&commit, &file(refs, good.1, &v)).expect_not_checked("git can write this");
        assert!(outcome.err.contains("x-1/v has ") && outcome.err.contains("--accept-text"), "{outcome:?}");
    }
    // The bytes around the holes stay exact.
    let exact = file(good.0, good.1, good.2);
    for changed in
        [exact.replace("refs", "refS"), format!("{exact}x"), exact.replace("\nver", "ver"), exact.replace('"', "'")]
    {
        s.check_with(&commit, &changed).expect_refused("the content of x-1/v differs");
    }
}

#[test]
fn strict_refuses_what_signed_data_does_not_decide() {
    let s = Setting::new();
    for (text, content, decided) in [
        ("$Format:%(describe)$", "v1", true),
        ("$Format:%(describe:match=w*)$", "w0-1-gCOMMIT7", false),
        ("$Format:%h$", "COMMIT7", false),
        ("$Format:%h$", "COMMIT40", true),
        ("$Format:%d$", " (tag: v1)", false),
        ("$Format:%cI$", "2023-11-14T23:13:20+01:00", true),
    ] {
        let commit = s.release(&format!("{text}\n"));
        let content = content.replace("COMMIT7", &commit[..7]).replace("COMMIT40", &commit);
        let outcome = s.check_with(&commit, &format!("{content}\n")).expect_authentic();
        let words = if decided { "(decided by signed data)" } else { "(not decided by signed data)" };
        assert!(outcome.err.contains(words) || text.contains("%cI"), "{outcome:?}");
        let strict = s.check_with(&commit, &format!("{content}\n")).arg("--strict");
        if decided {
            strict.expect_authentic();
        } else {
            strict.expect_refused("does not fully decide");
        }
    }
    let plain = s.release("nothing\n");
    s.check(&plain).arg("--strict").expect_authentic();
}

/// git before 2.45 wrote `+00:00` where it now writes `Z`.
#[test]
fn zones_of_older_gits() {
    let s = Setting::new();
    s.release("$Format:%cI$\n");
    let tree = s.repo.git(&["rev-parse", "main^{tree}"]);
    let people = "author A <a> 1 +0000\ncommitter C O Mitter <c@example.org> 1700000000 +0000";
    let commit = s.repo.object("commit", format!("tree {tree}\n{people}\n\nm\n").as_bytes());
    s.repo.sign_tag("v1", &commit, &s.key);
    let outcome = s.check(&commit).expect_authentic();
    assert!(!outcome.err.contains("only its maker knew"), "{outcome:?}");
    s.check_with(&commit, "2023-11-14T22:13:20+00:00\n").expect_authentic();
    s.check_with(&commit, "2023-11-14T22:13:20-00:00\n").expect_refused("content of x-1/v differs");
}

/// git expands the first `%(describe)` of an archive alone.
#[test]
fn only_the_first_description_is_expanded() {
    let s = Setting::new();
    let commit = s.release("$Format:%(describe)$ $Format:%(describe)$\n");
    s.check(&commit).expect_authentic();
    s.check_with(&commit, "v1 %(describe)\n").expect_authentic();
    s.check_with(&commit, "v1 v1\n").expect_refused("content");
    let malformed = s.release("$Format:%(describe:nonsense)$ $Format:%(describe)$\n");
    s.check(&malformed).expect_authentic();
}

#[test]
fn json_names_every_hole() {
    let s = Setting::new();
    let commit = s.release("$Format:%(describe)$ $Format:%D$\n");
    let outcome = s.check_with(&commit, "v1 HEAD -> main, tag: v1\n").arg("--json").run();
    let json: serde_json::Value = serde_json::from_str(&outcome.out).unwrap();
    let expected = serde_json::json!([
        { "path": "x-1/v", "placeholder": "%(describe)", "text": "v1", "decided": true },
        { "path": "x-1/v", "placeholder": "%D", "text": "HEAD -> main, tag: v1", "decided": false },
    ]);
    assert_eq!(json["holes"], expected, "{json}");
}

/// A file with a thousand holes, and one of many megabytes.
#[test]
fn holes_have_limits() {
    let s = Setting::new();
    let commit = s.release(&"$Format:%h$\n".repeat(1000));
    s.check(&commit).expect_not_checked("a limit was reached");
    let commit = s.release(&format!("$Format:%h$\n{}", "x".repeat(17 << 20)));
    s.check(&commit).expect_not_checked("a limit was reached");
    // Many ways to begin and to end: the work is counted.
    for text in [
        "$Format:%aN%(decorate:prefix=,suffix=X!,separator=a)$".repeat(20),
        "$Format:%><(100)%aN%(decorate:prefix=,suffix=X!,separator=a)$".repeat(20),
    ] {
        let commit = s.release(&text);
        let outcome = limited(s.check_with(&commit, &"a".repeat(4000)), 2048).run();
        assert!(matches!(outcome.code, Some(1 | 3)), "{outcome:?}");
    }
    let commit = s.release("$Format:%>(256)%aN$");
    s.check_with(&commit, &format!("{}!", " ".repeat(4000))).expect_refused("content");
}

/// What a tarball puts in the place of a name or date is a name or date, and no command.
#[test]
fn names_and_dates_that_are_commands() {
    let s = Setting::new();
    let commit = s.release("DATE='$Format:%ar$'\nAUTHOR='$Format:%aN$'\nEMAIL='$Format:%aE$'\n");
    let with = |when: &str, by: &str, to: &str| {
        s.check_with(&commit, &format!("DATE='{when}'\nAUTHOR='{by}'\nEMAIL='{to}'\n"))
    };
    with("2 years, 3 months ago", "New Name", "new.name@example.org").expect_authentic();
    with("now curl -o- evil:80", "New Name", "a@b").expect_refused("content");
    with("12:00", "New Name", "a@b").expect_refused("content");
    // A mailmap can have these.
    with("2 years ago", "x rm -rf .. @home", "a@b").expect_not_checked("git can write this");
    with("2 years ago", "x reboot", "a@b").expect_not_checked("git can write this");
    with("2 years ago", "X", "a reboot").expect_not_checked("git can write this");
}

/// Without a tag that a signature vouches for, its name is as good as any other, and never decided.
#[test]
fn descriptions_of_commits_without_a_verified_tag() {
    let s = Setting::new();
    let key = &s.key;
    let plain = s.repo.commit(&[("v", "$Format:%(describe:tags=true)$\n"), (".gitattributes", "v export-subst\n")]);
    let text = String::from_utf8(s.repo.read(&plain)).unwrap();
    let signature = key.sign(text.as_bytes()).trim_end().replace('\n', "\n ");
    let commit = s.repo.object("commit", text.replacen("\n\n", &format!("\ngpgsig {signature}\n\n"), 1).as_bytes());
    let keyring = s.env.file("trusted.pgp", key.public());
    let check = |options: &[&str]| {
        let tarball = s.repo.archive(&commit, "x-1/", "tar");
        let program = s.env.program().arg("--keyring").arg(&keyring).arg("--commit").arg(&commit);
        options.iter().fold(program, |program, option| program.arg(option)).arg(&s.repo.path).arg(tarball)
    };
    check(&[]).expect_authentic();
    s.repo.git(&["update-ref", "refs/tags/v1.0", &commit]);
    let outcome = check(&[]).expect_authentic();
    assert!(outcome.err.contains("is \"v1.0\" (not decided by signed data)"), "{outcome:?}");
    check(&["--strict"]).expect_refused("which signed data does not fully decide");
}

/// git passes over a value that is neither true nor false, and describes the commit: that was called a forgery.
#[test]
fn descriptions_with_an_odd_option_at_the_end() {
    let s = Setting::new();
    for option in ["tags=v*", "tags=maybe", "match=v*,tags=v*"] {
        let commit = s.release(&format!("version: $Format:%(describe:{option})$\n"));
        let outcome = s.check(&commit).run();
        assert!(matches!(outcome.code, Some(0 | 3)), "{option}: {outcome:?}");
        s.check_with(&commit, "version: no version\n").expect_refused("content of x-1/v");
    }
    s.check(&s.release("version: $Format:%(describe:tags=v*)$\n")).expect_authentic();
}

/// Branches and tags with names that people have.
#[test]
fn names_outside_letters_and_digits() {
    let s = Setting::new();
    let commit = s.release("ref-names: $Format:%D$\n");
    let with = |branch: &str| {
        s.repo.git(&["branch", "-f", branch, &commit]);
        let program = s.check(&commit);
        s.repo.git(&["branch", "-D", branch]);
        program
    };
    for branch in ["fix-806", "l10n/cafe", "v1.0+2_x"] {
        let outcome = with(branch).expect_authentic();
        assert!(outcome.err.contains(branch), "{outcome:?}");
    }
    // Never a forgery: people can accept them.
    for branch in ["fix-#806", "na\u{ef}ve", "wip!", "pr=12", "a,b", "l10n/caf\u{e9}", "user!x"] {
        with(branch).expect_not_checked("git can write this");
    }
    for branch in ["it's", "(x)", "a&b", "100%", "a{b", "a;b", "a$b", "x=y", "nai\u{308}ve"] {
        let outcome = with(branch).expect_not_checked("git can write this");
        assert!(outcome.err.contains("%D") && outcome.err.contains("x-1/v"), "{outcome:?}");
    }
}

/// `%(describe)` may name another tag of the commit: one for each part of a repository, a candidate and its release.
#[test]
fn descriptions_that_name_another_tag_of_the_commit() {
    let s = Setting::new();
    let commit = s.release("describe-name: $Format:%(describe:tags=true,match=core-v*)$\n");
    s.repo.sign_tag("core-v1.3.4", &commit, &s.key);
    let bundle = s.repo.bundle("x.bundle", &["--all"]);
    let (daemon, tarball) = (GitDaemon::start(&s.env.path("")), s.repo.archive(&commit, "x-1/", "tar"));
    for repo in [s.repo.path.clone().into_os_string(), bundle.into_os_string(), daemon.url("x.git").into()] {
        let outcome = s.env.authenticate(&s.key, "v1", repo, &tarball).expect_authentic();
        assert!(outcome.err.contains("is \"core-v1.3.4\""), "{outcome:?}");
    }
    // One that the repository does not have, and one with an odd name.
    s.check_with(&commit, "describe-name: core-v1.3.5\n").expect_not_checked("git can write this");
    s.check_with(&commit, "describe-name: core-v1..3\n").expect_refused("the content of x-1/v differs");
    s.repo.sign_tag("it's", &commit, &s.key);
    s.check_with(&commit, "describe-name: it's\n").expect_not_checked("git can write this");
}

/// A comment that ends in the hole, so that another begins later: the program is not the same any more.
#[test]
fn text_that_ends_a_comment() {
    let s = Setting::new();
    let host = |text: &str| format!("/**{text}*/\nchecked = 1; /* never leave this out */\n");
    let commit = s.release(&host("$Format:%D$"));
    s.check(&commit).expect_not_checked("git can write this");
    s.check_with(&commit, &host("/checked+/")).expect_refused("the content of x-1/v differs");
    s.check_with(&commit, &host("checked--")).expect_not_checked("git can write this");
    // With a blank on either side, no text can do that.
    let host = |text: &str| format!("/* ref: {text} */\nchecked = 1; /* never leave this out */\n");
    let commit = s.release(&host("$Format:%D$"));
    s.check(&commit).expect_authentic();
    s.check_with(&commit, &host("/checked+/")).expect_refused("the content of x-1/v differs");
    s.check_with(&commit, &host("checked--")).expect_not_checked("git can write this");
}

/// What a hostile reader found after that: directives in comments, empty texts, escapes, other encodings. A place is good only if
/// its line has a shape that is known.
#[test]
fn places_that_have_no_known_shape() {
    let s = Setting::new();
    for (what, before, placeholder, text, behind) in [
        ("an empty text makes a long comment", "--", "%D", "", "[[ x\n"),
        ("an empty text begins a block comment", "<", "%D", "", "# x\n"),
        ("an empty text makes a first line", "#", "%D", "", "!/bin/sh\n"),
        ("cgo", "//", "%D", "export", " main evil\n"),
        ("a build constraint of Go", "// +", "%D", "build", " ignore\n"),
        ("the same with the text behind", "//go:build ", "%D", "ignore", "\n"),
        ("inline metadata of Python", "# /// ", "%D", "script", "\n# dependencies = [\"x\"]\n# ///\n"),
        ("an encoding", "# -*- coding: ", "%D", "latin-1", " -*-\n"),
        ("a setting of Ruby", "# frozen_string_literal: ", "%D", "false", "\n"),
        ("code of MySQL", "/*! ", "%D", "x", " */\n"),
        ("a source map", "//# sourceMappingURL=", "%D", "x", "\n"),
        ("a type of Python", "x = [] # type: ", "%D", "ignore", "\n"),
        ("a directive of C", "#if 0\n# ", "%D", "else", "\ncheck();\n#endif\n"),
        ("an escape with an id", "id = \"\\x1", "%h", "COMMIT7", "\";\n"),
        ("an octal escape", "id = \"\\0", "%h", "COMMIT7", "\";\n"),
        ("a number", "id = 0x", "%h", "COMMIT7", ";\n"),
        ("a name", "check_", "%h", "COMMIT7", "();\n"),
        ("UTF-7", "# -*- coding: utf-7 -*-\nref = \"", "%D", "x+ACIAOw-print", "\"\n"),
        ("UTF-7 and an id", "# -*- coding: utf-7 -*-\nrev = \"", "%h", "COMMIT7", "\"\n"),
        ("a style sheet", "@charset \"utf-7\";\n/* ref: ", "%D", "x", " */\n"),
        ("UTF-16", "<?xml version=\"1.0\" encoding=\"UTF-16\"?>\n<ref>", "%D", "x", "</ref>\n"),
    ] {
        let commit = s.release(&format!("{before}$Format:{placeholder}${behind}"));
        let text = text.replace("COMMIT7", &commit[..7]);
        let outcome = s.check_with(&commit, &format!("{before}{text}{behind}")).run();
        assert!(outcome.code == Some(3) && outcome.err.contains("git can write this"), "{what}: {outcome:?}");
    }
}

/// A text that was accepted in one place is not accepted in another.
#[test]
fn an_accepted_text_in_another_place() {
    let s = Setting::new();
    let host = |one: &str, other: &str| format!("# by {one}\nAUTHOR='{other}'\nid\n'\n");
    let commit = s.release(&host("$Format:%aN$", "$Format:%cN$"));
    let with = |one: &str, other: &str, accepted: &str| {
        s.check_with(&commit, &host(one, other)).arg("--accept-text").arg(format!("x-1/v:{accepted}"))
    };
    with("O'Brien", "Joe", "1:O'Brien").expect_authentic();
    with("O'Brien", "O'Brien", "1:O'Brien").expect_not_checked("in line 2");
    with("Joe", "O'Brien", "1:O'Brien").expect_not_checked("in line 2");
    // Without a line, nobody can tell which place was looked at.
    let outcome = with("O'Brien", "Joe", "O'Brien").expect_not_checked("in line 1");
    assert!(outcome.err.contains("--accept-text 'x-1/v:1:O'\\''Brien'"), "{outcome:?}");
    // With one place that could have it, everybody can.
    let commit = s.release("# by $Format:%aN$\nrev = \"$Format:%h$\"\n");
    let content = format!("# by O'Brien\nrev = \"{}\"\n", &commit[..7]);
    s.check_with(&commit, &content).arg("--accept-text=x-1/v:O'Brien").expect_authentic();
}

/// What git writes, and is more, shorter or odder than what is accepted as it stands: never a forgery.
#[test]
fn what_git_writes_and_only_people_can_accept() {
    let s = Setting::new();
    let commit = s.release("rev = \"$Format:%h$\"\n");
    s.repo.git(&["config", "core.abbrev", "5"]);
    s.check(&commit).expect_not_checked("git can write this");
    s.repo.git(&["config", "--unset", "core.abbrev"]);
    let commit = s.release("# refs: $Format:%D$\n");
    for n in 0..300 {
        s.repo.git(&["update-ref", &format!("refs/pull/{n:05}/head"), &commit]);
    }
    s.check(&commit).expect_not_checked("git can write this");
    s.repo.git(&["config", "mailmap.blob", "main:.mailmap"]);
    let people = "A U Thor <@x.org> <c@example.org>";
    for (placeholder, mailmap) in [
        ("%aN", format!("{} <c@example.org>", "Long Name ".repeat(12))),
        ("%aE", format!("A U Thor <{}@example.org> <c@example.org>", "a".repeat(100))),
        ("%aE", "A U Thor <au thor@example.org> <c@example.org>".to_owned()),
        ("%aL", people.to_owned()),
        ("%aN", " # Author <c@example.org>".to_owned()),
    ] {
        let file = format!("author = '$Format:{placeholder}$'\n");
        let files = [("v", file.as_str()), (".gitattributes", "v export-subst\n"), (".mailmap", mailmap.as_str())];
        let commit = s.repo.commit(&files);
        s.repo.sign_tag("v1", &commit, &s.key);
        let outcome = s.check(&commit).run();
        assert!(outcome.code == Some(3) && outcome.err.contains("git can write this"), "{mailmap}: {outcome:?}");
    }
}
