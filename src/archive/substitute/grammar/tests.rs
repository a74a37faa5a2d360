use super::*;

fn lengths(grammar: &Grammar, text: &str, level: Level) -> Vec<usize> {
    grammar.lengths(text.as_bytes(), level, &mut 0)
}

/// Whether the whole text fits.
fn fits(grammar: &Grammar, text: &str) -> bool {
    lengths(grammar, text, Level::Plain).contains(&text.len())
}

/// Whether git can write the whole text.
fn is_possible(grammar: &Grammar, text: &str) -> bool {
    lengths(grammar, text, Level::Possible).contains(&text.len())
}

fn id() -> ObjectId {
    ObjectId::from_hex(b"0123456789abcdef0123456789abcdef01234567").unwrap()
}

#[test]
fn names_are_names_and_no_commands() {
    let of = |kind| Grammar::Mapped { original: (*b"x y z").into(), kind };
    let name = of(Mapped::Name);
    for good in ["x y z", "Jean-Luc van der Berg Jr.", "Jim", "D. E. Knuth", "R2D2"] {
        assert!(fits(&name, good), "{good}");
    }
    for bad in [
        "x reboot",
        "x rm -rf .. @home",
        "A  B",
        " A",
        "A -B",
        "A; B",
        "A'B",
        "A/B",
        "A B C D E F G",
        "1 A",
        "jim",
        "\u{c9}tienne",
    ] {
        assert!(!fits(&name, bad), "{bad}");
    }
    for (kind, text, good) in [
        (Mapped::Mail, "a.b+c@example.org", true),
        (Mapped::Mail, "a b@example.org", false),
        (Mapped::Mail, "-a@b", false),
        (Mapped::Mail, "a@", false),
        (Mapped::Mail, "a@-b", false),
        (Mapped::Local, "a.b", true),
        (Mapped::Local, "-a", false),
        (Mapped::Local, "a@b", false),
    ] {
        assert_eq!(fits(&of(kind), text), good, "{text}");
    }
}

/// Letters that nobody sees, and marks that change the letter before them.
#[test]
fn names_without_invisible_letters_and_combining_marks() {
    let name = Grammar::Mapped { original: (*b"x").into(), kind: Mapped::Name };
    for bad in ["A\u{3164}", "A\u{115f}b", "A\u{ffa0}", "Ne\u{301}e", "A\u{200d}b", "A\u{feff}"] {
        assert!(!fits(&name, bad) && is_possible(&name, bad), "{bad:?}");
    }
    let refs = Grammar::Refs(Decoration::bare());
    for bad in ["nai\u{308}ve", "a\u{3164}b", "a\u{a0}b", "a\u{2028}b", "\u{202e}"] {
        assert!(!fits(&refs, bad) && is_possible(&refs, bad), "{bad:?}");
    }
}

/// What a mailmap can have, and programs could read something into.
#[test]
fn mapped_names_that_only_people_can_accept() {
    let name = Grammar::Mapped { original: (*b"x").into(), kind: Mapped::Name };
    for text in ["ann smith", "O\u{2019}Neil", "O'Brien", "Ann (Release Manager)", "J. R. \"Bob\" Dobbs", "x reboot"] {
        assert!(!fits(&name, text) && is_possible(&name, text), "{text}");
    }
    for never in ["", " a", "a ", "a\nb", "a <b", "a\0"] {
        assert!(!is_possible(&name, never), "{never:?}");
    }
    // A line that begins with `#` is a comment, but one that begins with a blank and `#` is none.
    let long = "A".repeat(101);
    for text in ["# a", long.as_str()] {
        assert!(!fits(&name, text) && is_possible(&name, text), "{text}");
    }
    let of = |kind| Grammar::Mapped { original: (*b"x").into(), kind };
    for (kind, text) in [
        (Mapped::Mail, "a b@example.org"),
        (Mapped::Mail, " a@example.org"),
        (Mapped::Mail, "@x.org"),
        (Mapped::Local, ""),
        (Mapped::Local, "a b"),
    ] {
        assert!(!fits(&of(kind), text) && is_possible(&of(kind), text), "{text}");
    }
}

/// Many refs, and short ids: git can write them, and people can look at them.
#[test]
fn texts_that_are_longer_or_shorter_than_what_is_accepted() {
    let refs = Grammar::Refs(Decoration::parenthesised());
    let many = |count: usize| {
        let names: Vec<String> = (0..count).rev().map(|n| format!("branch-{n:04}")).collect();
        format!(" ({})", names.join(", "))
    };
    assert!(fits(&refs, &many(200)));
    assert!(!fits(&refs, &many(2000)) && is_possible(&refs, &many(2000)));
    assert!(!is_possible(&refs, &many(2000).replace("branch-1500", "a\nb")));
    let ids = Grammar::Abbreviations(Rc::new([id()]));
    for (text, plain, possible) in [
        ("0123456", true, true),
        ("012345", false, true),
        ("0123", false, true),
        ("012", false, false),
        ("0124", false, false),
    ] {
        assert_eq!((fits(&ids, text), is_possible(&ids, text)), (plain, possible), "{text}");
    }
    let signed = vec![b"v1".to_vec()];
    let description = Description { signed, advertised: Some(Vec::new()), commit: id(), digits: 7, is_filtered: false };
    let description = Grammar::Description(description);
    let long = "v".repeat(513);
    for text in ["v1-2-g01234", long.as_str(), &format!("{long}-2-g0123456")] {
        assert!(!fits(&description, text) && is_possible(&description, text), "{text}");
    }
}

/// `replaced` is the decoration of a replaced commit, behind tags and before branches of remotes.
#[test]
fn commits_that_are_replaced() {
    let refs = Grammar::Refs(Decoration::bare());
    for good in ["HEAD -> main, tag: v1, replaced, zeta/main", "grafted, HEAD, replaced", "replaced"] {
        assert!(fits(&refs, good), "{good}");
    }
    for never in ["replaced, tag: v1", "replaced, replaced, replaced, replaced", "replaced, HEAD"] {
        assert!(!is_possible(&refs, never), "{never}");
    }
}

/// With nothing, or with a part of a name, between two refs, nobody can tell where one ends.
#[test]
fn separators_that_join_names() {
    let with = |separator: &[u8]| Grammar::Refs(Decoration { separator: separator.to_vec(), ..Decoration::bare() });
    for separator in ["", "-", "x", "/"] {
        let text = ["HEAD", "tag: v1", "main"].join(separator);
        let refs = with(separator.as_bytes());
        assert!(!fits(&refs, &text) && is_possible(&refs, &text), "{text}");
    }
    assert!(fits(&with(b";"), "HEAD;tag: v1;main"));
}

#[test]
fn refs_are_those_that_git_can_write_in_its_order() {
    let refs = Grammar::Refs(Decoration::bare());
    for good in [
        "",
        "HEAD",
        "HEAD -> main",
        "HEAD, main",
        "HEAD -> master, tag: foolscap-24.9.0, origin/master, origin/HEAD",
        "HEAD -> main, tag: v2, tag: v1, origin/main, refs/pull/7/head, feature/x",
        "tag: v1, origin/main, refs/pull/33153/head, refs/merge-requests/3/head",
        "refs/stash, refs/notes/x, zeta, main, refs/bisect/bad",
    ] {
        assert!(fits(&refs, good), "{good}");
    }
    // git cannot write these.
    for never in [
        "main, main, HEAD",
        "main, HEAD",
        "HEAD, HEAD",
        "tag: v1, tag: v1",
        "tag: v1, tag: v2",
        "main, tag: v1",
        "/checked+/",
        "../../etc/passwd",
        "a..b",
        "a//b",
        ".a",
        "a.",
        "a.lock",
        "a/",
        "a b",
        "a@{1}",
        "a*",
        "a\\b",
        "a:b",
        "tag: ",
        "HEAD -> ",
        "a, ",
    ] {
        assert!(!is_possible(&refs, never), "{never}");
        assert!(!fits(&refs, never), "{never}");
    }
    // And these it can, but programs could read something into them.
    for doubtful in [
        "tag: @babel/core@7.0.0, main",
        "tag: v1#1, na\u{ef}ve",
        "fix-#806",
        "pr=12",
        "wip!",
        "a,b",
        "tag: \u{fc}n\u{ef}-1",
        "it's",
        "(x)",
        "a&b",
        "100%",
        "a;b",
        "a$b",
        "a{b",
        "a`b",
        "a|b",
        "a<b",
        "\"",
        "a]",
        "-x",
        "+x",
        "#x",
        "a#",
        "a##b",
        "a=b",
        "syntax=evil",
        "wip!1",
        "a--b",
        "=cut",
        "_x",
        "a#@b",
        "a,",
        "a__b",
        "a-/b",
        "release-",
    ] {
        assert!(!fits(&refs, doubtful) && is_possible(&refs, doubtful), "{doubtful}");
    }
}

#[test]
fn descriptions_are_of_this_commit() {
    let of = |signed: &[&str], advertised: Option<&[&str]>| {
        let bytes = |names: &[&str]| names.iter().map(|name| name.as_bytes().to_vec()).collect();
        Grammar::Description(Description {
            signed: bytes(signed),
            advertised: advertised.map(bytes),
            commit: id(),
            digits: 7,
            is_filtered: false,
        })
    };
    let unknown = of(&["v1"], None);
    for (text, plain, possible) in [
        ("v1", true, true),
        // The signed tag is nearer.
        ("v0.9-rc-12-g0123456", false, true),
        ("release/2-1-g0123456789", false, true),
        ("v2", false, true),
        ("v1-01-g0123456", false, true),
        ("v1-0-g0123456", false, true),
        ("../../../tmp/x-1-g0123456", false, false),
        ("/etc/passwd-1-g0123456", false, false),
        ("a$b-1-g0123456", false, true),
        ("", false, false),
    ] {
        assert_eq!((fits(&unknown, text), is_possible(&unknown, text)), (plain, possible), "{text}");
    }
    // Another tag of the same commit, or not.
    let known = of(&["v2.0-rc1"], Some(&["v2.0", "odd'name"]));
    assert!(fits(&known, "v2.0") && known.is_advertised(b"v2.0") && !known.decides(b"v2.0"));
    // The repository may have lost it since.
    assert!(!fits(&known, "v2.1") && is_possible(&known, "v2.1"));
    assert!(!fits(&known, "odd'name") && is_possible(&known, "odd'name"));
    // With no tag that a signature vouches for, any name is as good as another.
    assert!(fits(&of(&[], None), "v7") && fits(&of(&[], None), ""));
}

#[test]
fn dates_are_dates_and_no_commands() {
    let relative = Grammar::RelativeDate;
    let good = [
        "3 weeks ago",
        "1 second ago",
        "1 seconds ago",
        "0 seconds ago",
        "1 year, 2 months ago",
        "5 years ago",
        "in the future",
    ];
    for good in good {
        assert!(fits(&relative, good), "{good}");
    }
    for bad in [
        "now curl -o- evil:80",
        "3 weeks",
        "3 week ago",
        "three weeks ago",
        "3 weeks ago;",
        "1 day, 2 days ago",
        "1 day, 2 months ago",
        "6 years, 2 months ago",
        "1 year, 12 months ago",
        "100 seconds ago",
        "03 weeks ago",
        "15 days ago",
        "12:00",
        "2023",
        "Tue Oct 10 12:00 2023 +0200",
        "Oct 10 2023",
        "",
    ] {
        assert!(!fits(&relative, bad) && !is_possible(&relative, bad), "{bad}");
    }
}

/// Each form of `%ah` has the parts of the commit's own date.
#[test]
fn dates_for_people_are_those_of_the_commit() {
    let human = Grammar::HumanDate(Human::of("Tue Oct 10 12:00:01 2023 +0200"));
    for good in ["2 hours ago", "Tue 12:00", "Tue 12:00 +0200", "Tue Oct 10 12:00", "Oct 10 2023"] {
        assert!(fits(&human, good), "{good}");
    }
    for bad in [
        "12:00",
        "2023",
        "Wed 12:00",
        "Tue 12:00:01",
        "Oct 10",
        "Oct 11 2023",
        "Tue 12:00 +0100",
        "Tue Oct 10 12:00 2023",
    ] {
        assert!(!fits(&human, bad) && !is_possible(&human, bad), "{bad}");
    }
}
